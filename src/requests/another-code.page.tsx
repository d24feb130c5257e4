import type { JSX } from "preact";
import { categoryName } from "../funds/category-name.js";
import { newToken } from "../kernel/ids.js";
import { EMPTY_FORM, fieldAttributes, FormErrors, MoneyField, Wrong, type FormState } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { frameFor, Shell, You } from "../treasurers/desk-shell.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import type { FoundRequest, Granted } from "./another-code.service.js";

export interface AnotherView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly today: string;
  readonly granted: readonly Granted[];
  /** What was looked for; null before. */
  readonly found: readonly FoundRequest[] | null;
  readonly form?: FormState;
}

export function anotherCodePage(view: AnotherView): string {
  const { voice, frame, form = EMPTY_FORM, found } = view;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("another.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">
        {voice.say("another.why")} {voice.say("another.redirect")}
      </p>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      {view.granted.length > 0 && (
        <section>
          <h2>{voice.say("another.granted")}</h2>
          <ul class="people">
            {view.granted.map((one) => (
              <One view={view} one={one} act="make" name="decision" value={one.decisionId} button="another.make" />
            ))}
          </ul>
        </section>
      )}
      <form method="post" action={actionOf(view)} class="card">
        <h2>{voice.say("another.find")}</h2>
        <input type="hidden" name="act" value="find" />
        <div class="field">
          <label for="day">{voice.say("another.day")}</label>
          <Wrong form={form} name="day" />
          <input type="date" {...fieldAttributes(form, "day")} max={view.today} value={form.typed["day"]} required />
        </div>
        <MoneyField voice={voice} form={form} name="amount" label={voice.say("another.amount")} required />
        <button class="quiet">{voice.say("refund.find")}</button>
      </form>
      {found !== null && (
        <section>
          {found.length === 0 ? (
            <p>{voice.say("another.none")}</p>
          ) : (
            <ul class="people">
              {found.map((one) => (
                <One view={view} one={one} act="ask" name="request" value={one.requestId} button="line.pause.ask" />
              ))}
            </ul>
          )}
        </section>
      )}
      <p>
        <a href={link(voice.language, `/${frame.slug}/desk`)}>{voice.say("decide.back")}</a>
      </p>
    </Shell>,
  );
}

function One(props: {
  view: AnotherView;
  one: FoundRequest;
  act: string;
  name: string;
  value: string;
  button: "another.make" | "line.pause.ask";
}): JSX.Element {
  const { voice } = props.view;
  return (
    <li>
      <div class="row">
        <span class="amount">{voice.money(props.one.amount)}</span>
        <span>{voice.day(props.one.day)}</span>
        <span>{categoryName(voice, props.one.category)}</span>
      </div>
      <form method="post" action={actionOf(props.view)}>
        <input type="hidden" name="key" value={newToken()} />
        <input type="hidden" name="act" value={props.act} />
        <input type="hidden" name={props.name} value={props.value} />
        <button class="quiet">{voice.say(props.button)}</button>
      </form>
    </li>
  );
}

/** The words, this once, for the treasurer who hands them over. */
export function anotherCodeMadePage(voice: Voice, frame: FundFrame, code: string): string {
  return page(
    frameFor(voice, frame),
    <>
      <h1>{voice.say("another.title")}</h1>
      <p>{voice.say("another.once")}</p>
      <ol class="words notranslate" lang="en" dir="ltr">
        {code.split(" ").map((word) => (
          <li>{word}</li>
        ))}
      </ol>
      <p>
        <a class="button" href={link(voice.language, `/${frame.slug}/desk`)}>
          {voice.say("decide.back")}
        </a>
      </p>
    </>,
  );
}

const actionOf = ({ voice, frame }: AnotherView): string => link(voice.language, `/${frame.slug}/desk/words`);
