import type { JSX } from "preact";
import { newToken } from "../kernel/ids.js";
import { RULES } from "../funds/rule.js";
import { EMPTY_FORM, fieldAttributes, FormErrors, MoneyField, Note, Wrong, type FormState } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { MessageKey } from "../pages/languages/en.js";
import type { Voice } from "../pages/words.js";
import { frameFor, Shell, You } from "./desk-shell.js";
import type { Seat } from "./seats.service.js";
import type { TreasurerRow } from "./treasurer.entity.js";
import { MEETING_CHARACTERS_MAX, type TypedRules } from "./typed-rules.js";

export interface RulesView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  /** What was decided and is not in force yet: what it says, and from when on. */
  readonly waiting: { readonly says: string; readonly from: string; readonly days: number } | null;
  readonly seats: readonly Seat[];
  /** Until when somebody's passkeys are shut, by their seat. */
  readonly suspended: ReadonlyMap<string, { readonly suspensionId: string; readonly until: string }>;
  readonly candidates: readonly { readonly candidateId: string; readonly name: string; readonly day: string }[];
  readonly typed: TypedRules;
  /** So many sign a change. */
  readonly needed: number;
  readonly form?: FormState;
  /** An invitation's link, this once. */
  readonly invitation?: string;
}

/** The rules and the seats of a fund that is open: how they change, and what is about to. Works without script; signing is on the page of decisions. */
export function rulesPage(view: RulesView): string {
  const { voice, frame, form = EMPTY_FORM } = view;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("change.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("change.lead", { needed: view.needed })}</p>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      {view.waiting !== null && <Waits view={view} waiting={view.waiting} />}
      <Seats view={view} />
      {view.waiting === null && <RulesForm view={view} form={form} />}
      <p>
        <a href={link(voice.language, `/${frame.slug}/desk`)}>{voice.say("decide.back")}</a>
      </p>
    </Shell>,
  );
}

function Waits({ view, waiting }: { view: RulesView; waiting: NonNullable<RulesView["waiting"]> }): JSX.Element {
  const { voice } = view;
  return (
    <section class="card">
      <h2>{voice.say("change.waits")}</h2>
      <p class="lead">{waiting.says}</p>
      <p>{voice.say("change.waits.from", { day: waiting.from, days: waiting.days })}</p>
      <Act view={view} act="stop">
        <button class="quiet">{voice.say("change.stop")}</button>
      </Act>
      <p class="soft small">{voice.say("change.stop.how")}</p>
    </section>
  );
}

function Seats({ view }: { view: RulesView }): JSX.Element {
  const { voice, seats, candidates, invitation } = view;
  return (
    <section>
      <h2>{voice.say("change.seats")}</h2>
      <ul class="people">
        {seats.map((seat) => (
          <li>
            <strong>{seat.name}</strong>
            <Shut view={view} seat={seat} />
            {view.waiting === null && (
              <details>
                <summary>{voice.say("change.leave")}</summary>
                <p class="soft small">{voice.say("change.leave.how")}</p>
                <Act view={view} act="roster" fields={{ remove: seat.treasurerId }}>
                  {candidates.length > 0 && (
                    <div class="field">
                      <label for={`in-place-${seat.treasurerId}`}>{voice.say("change.instead")}</label>
                      <select id={`in-place-${seat.treasurerId}`} name="add">
                        <option value="">{voice.say("change.instead.nobody")}</option>
                        {candidates.map((candidate) => (
                          <option value={candidate.candidateId}>{candidate.name}</option>
                        ))}
                      </select>
                    </div>
                  )}
                  <button class="quiet">{voice.say("line.pause.ask")}</button>
                </Act>
              </details>
            )}
          </li>
        ))}
      </ul>
      {candidates.length > 0 && (
        <>
          <h3>{voice.say("change.candidates")}</h3>
          <ul class="people">
            {candidates.map((candidate) => (
              <li>
                <strong>{candidate.name}</strong> <span class="soft">{voice.day(candidate.day)}</span>
                {view.waiting === null && (
                  <Act view={view} act="roster" fields={{ add: candidate.candidateId }}>
                    <button class="quiet">{voice.say("change.candidate.ask")}</button>
                  </Act>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {invitation === undefined ? (
        <Act view={view} act="invite">
          <button class="quiet">{voice.say("change.invite")}</button>
        </Act>
      ) : (
        <Note kind="good">
          <p>{voice.say("change.invited")}</p>
          <p class="notranslate">
            <code id="invitation">{invitation}</code>
          </p>
        </Note>
      )}
      <p class="soft small">{voice.say("change.invite.how")}</p>
    </section>
  );
}

/** Passkeys that are shut for some days, or the way to shut them. */
function Shut({ view, seat }: { view: RulesView; seat: Seat }): JSX.Element | null {
  const { voice } = view;
  const suspended = view.suspended.get(seat.treasurerId);
  if (suspended !== undefined)
    return (
      <>
        <p class="wrong">{voice.say("suspend.until", { day: suspended.until })}</p>
        <Act view={view} act="lift" fields={{ suspension: suspended.suspensionId }}>
          <button class="quiet">{voice.say("suspend.lift")}</button>
        </Act>
      </>
    );
  if (seat.treasurerId === view.treasurer.treasurerId) return null;
  return (
    <details>
      <summary>{voice.say("suspend.title")}</summary>
      <p class="soft small">{voice.say("suspend.how", { name: seat.name })}</p>
      <Act view={view} act="suspend" fields={{ treasurer: seat.treasurerId }}>
        <button class="quiet">{voice.say("suspend.now")}</button>
      </Act>
    </details>
  );
}

function RulesForm({ view, form }: { view: RulesView; form: FormState }): JSX.Element {
  const { voice } = view;
  const shown: FormState = { ...form, typed: { ...view.typed, ...form.typed } };
  const again = form.typed["act"] === "charter";
  return (
    <details open={again}>
      <summary>{voice.say("change.rules")}</summary>
      <form method="post" action={actionOf(view)} class="card">
        <input type="hidden" name="key" value={newToken()} />
        <input type="hidden" name="act" value="charter" />
        <div class="field">
          <label for="rule">{voice.say("charter.rule")}</label>
          <Wrong form={shown} name="rule" />
          <select {...fieldAttributes(shown, "rule")}>
            {RULES.map((rule) => (
              <option value={rule} selected={shown.typed["rule"] === rule}>
                {voice.say(`change.rule.${rule}`)}
              </option>
            ))}
          </select>
        </div>
        <MoneyField voice={voice} form={shown} name="capPerRequest" label={voice.say("charter.cap")} required />
        <MoneyField voice={voice} form={shown} name="envelopePerWeek" label={voice.say("charter.envelope")} required />
        <MoneyField
          voice={voice}
          form={shown}
          name="leastPart"
          label={voice.say("change.part")}
          hint={voice.say("change.part.hint")}
        />
        <Whole view={view} form={shown} name="quorum" label="charter.quorum" />
        <Whole view={view} form={shown} name="retentionDays" label="charter.retention" />
        <MoneyField
          voice={voice}
          form={shown}
          name="monthlyGoal"
          label={voice.say("charter.goal")}
          hint={voice.say("change.goal.hint")}
        />
        <div class="field">
          <label for="nextMeeting">{voice.say("change.meeting")}</label>
          <Wrong form={shown} name="nextMeeting" />
          <input
            {...fieldAttributes(shown, "nextMeeting")}
            maxLength={MEETING_CHARACTERS_MAX}
            dir="auto"
            value={shown.typed["nextMeeting"]}
          />
        </div>
        <label class="tick">
          <input
            type="checkbox"
            name="words"
            checked={shown.typed["words"] !== undefined && (!again || form.typed["words"] !== undefined)}
          />
          <span>{voice.say("charter.words")}</span>
        </label>
        <button>{voice.say("line.pause.ask")}</button>
      </form>
    </details>
  );
}

function Whole({
  view,
  form,
  name,
  label,
}: {
  view: RulesView;
  form: FormState;
  name: string;
  label: MessageKey;
}): JSX.Element {
  return (
    <div class="field">
      <label for={name}>{view.voice.say(label)}</label>
      <Wrong form={form} name={name} />
      <input {...fieldAttributes(form, name)} inputMode="numeric" maxLength={3} value={form.typed[name]} required />
    </div>
  );
}

function Act({
  view,
  act,
  fields = {},
  children,
}: {
  view: RulesView;
  act: string;
  fields?: Readonly<Record<string, string>>;
  children: JSX.Element | (JSX.Element | false)[];
}): JSX.Element {
  return (
    <form method="post" action={actionOf(view)}>
      <input type="hidden" name="key" value={newToken()} />
      <input type="hidden" name="act" value={act} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  );
}

const actionOf = ({ voice, frame }: RulesView): string => link(voice.language, `/${frame.slug}/desk/rules`);
