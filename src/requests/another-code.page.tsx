import { EMPTY_FORM, FormErrors, type FormState } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../treasurers/desk-shell.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import { FindForm, FoundItem } from "./find-request.js";
import type { Granted } from "./another-code.service.js";
import type { FoundRequest } from "./found-requests.service.js";

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
              <FoundItem
                voice={voice}
                action={actionOf(view)}
                one={one}
                fields={{ act: "make", decision: one.decisionId }}
              >
                {voice.say("another.make")}
              </FoundItem>
            ))}
          </ul>
        </section>
      )}
      <FindForm
        voice={voice}
        action={actionOf(view)}
        form={form}
        today={view.today}
        title={voice.say("another.find")}
      />
      {found !== null && (
        <section>
          {found.length === 0 ? (
            <p>{voice.say("another.none")}</p>
          ) : (
            <ul class="people">
              {found.map((one) => (
                <FoundItem
                  voice={voice}
                  action={actionOf(view)}
                  one={one}
                  fields={{ act: "ask", request: one.requestId }}
                >
                  {voice.say("line.pause.ask")}
                </FoundItem>
              ))}
            </ul>
          )}
        </section>
      )}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
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
