import type { JSX } from "preact";
import { newToken } from "../../kernel/ids.js";
import { EMPTY_FORM, fieldAttributes, FormErrors, Note, Wrong, type FormState } from "../../pages/fields.js";
import { link, page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../../treasurers/desk-shell.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import type { Flood } from "./floods.service.js";

export interface LineView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly waiting: number;
  readonly pausedUntil: string | null;
  readonly tomorrow: string;
  readonly lastDay: string;
  readonly floods: readonly Flood[];
  readonly form?: FormState;
}

/** The line itself: opening and resting, and floods. Works without script; signing is on the page of decisions. */
export function linePage(view: LineView): string {
  const { voice, frame, form = EMPTY_FORM } = view;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("line.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="lead">{voice.say("line.waiting", { count: view.waiting })}</p>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      {view.floods.length > 0 && (
        <section>
          <h2>{voice.say("line.floods")}</h2>
          <p class="soft">{voice.say("line.floods.lead")}</p>
          <ul class="people">
            {view.floods.map((flood) => (
              <FloodItem view={view} flood={flood} />
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>{voice.say("line.pause")}</h2>
        {view.pausedUntil === null ? (
          <PauseForm view={view} form={form} />
        ) : (
          <Paused view={view} day={view.pausedUntil} />
        )}
      </section>
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

function FloodItem({ view, flood }: { view: LineView; flood: Flood }): JSX.Element {
  const { voice } = view;
  return (
    <li>
      <p>
        {voice.say("line.flood", { day: voice.day(flood.day), waiting: flood.waiting })}
        {flood.aside > 0 && ` ${voice.say("line.flood.aside", { aside: flood.aside })}`}
      </p>
      <div class="actions">
        {flood.waiting > 0 && (
          <Act view={view} act="noise" fields={{ flood: flood.floodId }}>
            {voice.say("line.noise")}
          </Act>
        )}
        {flood.aside > 0 && (
          <Act view={view} act="bring-back" fields={{ flood: flood.floodId }}>
            {voice.say("line.bringback")}
          </Act>
        )}
      </div>
    </li>
  );
}

function PauseForm({ view, form }: { view: LineView; form: FormState }): JSX.Element {
  const { voice } = view;
  return (
    <form method="post" action={actionOf(view)} class="card">
      <p class="soft">{voice.say("line.pause.lead")}</p>
      <input type="hidden" name="key" value={newToken()} />
      <input type="hidden" name="act" value="pause" />
      <div class="field">
        <label for="until">{voice.say("line.pause.until")}</label>
        <Wrong form={form} name="until" />
        <input
          type="date"
          {...fieldAttributes(form, "until")}
          min={view.tomorrow}
          max={view.lastDay}
          value={form.typed["until"]}
          required
        />
      </div>
      <button class="quiet">{voice.say("line.pause.ask")}</button>
    </form>
  );
}

function Paused({ view, day }: { view: LineView; day: string }): JSX.Element {
  const { voice } = view;
  return (
    <>
      <Note>{voice.say("line.paused", { day: voice.day(day) })}</Note>
      <Act view={view} act="reopen">
        {voice.say("line.reopen")}
      </Act>
    </>
  );
}

function Act({
  view,
  act,
  fields = {},
  children,
}: {
  view: LineView;
  act: string;
  fields?: Readonly<Record<string, string>>;
  children: string;
}): JSX.Element {
  return (
    <form method="post" action={actionOf(view)}>
      <input type="hidden" name="key" value={newToken()} />
      <input type="hidden" name="act" value={act} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <button class="quiet">{children}</button>
    </form>
  );
}

const actionOf = ({ voice, frame }: LineView): string => link(voice.language, `/${frame.slug}/desk/line`);
