import type { JSX } from "preact";
import type { Charter } from "../funds/charter.js";
import { categoryName } from "../funds/fund.pages.js";
import { EMPTY_FORM, fieldAttributes, FormErrors, MoneyField, Note, Wrong, type FormState } from "../pages/fields.js";
import { link, page, safeHref, type FundFrame } from "../pages/layout.js";
import { STEP_UP_SCRIPT, StepUpFields, StepUpNote, type StepUpView } from "../pages/step-up.js";
import type { Voice } from "../pages/words.js";
import { RAILS, TO_CHARACTERS_MAX, WORDS_CHARACTERS_MAX } from "./aid-request.js";

export interface AskView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly charter: Charter;
  readonly open: boolean;
  /** The day that asking opens again; null while it is open. */
  readonly pausedUntil: string | null;
  readonly today: string;
  /** A random Idempotency-Key of at least 128 bits: sending the form twice asks once. */
  readonly key: string;
  readonly form?: FormState;
  /** While many ask. */
  readonly stepUp?: StepUpView;
}

export function askPage(view: AskView): string {
  const { voice, fund } = view;
  return page(
    {
      language: voice.language,
      title: voice.say("ask.title", { name: fund.name }),
      fund,
      here: "ask",
      leave: true,
      ...(view.stepUp ? { script: STEP_UP_SCRIPT } : {}),
    },
    <>
      <h1>{voice.say("ask.title", { name: fund.name })}</h1>
      <p>{voice.say("ask.intro")}</p>
      {!view.open && <Note>{voice.say("ask.closed")}</Note>}
      {view.pausedUntil !== null && <Note>{voice.say("ask.paused", { day: voice.day(view.pausedUntil) })}</Note>}
      {((view.open && view.pausedUntil === null) || view.form !== undefined) && <AskForm view={view} />}
      <Onward voice={voice} charter={view.charter} />
    </>,
  );
}

function AskForm({ view }: { view: AskView }): JSX.Element {
  const { voice, fund, charter, form = EMPTY_FORM } = view;
  return (
    <form method="post" action={link(voice.language, `/${fund.slug}/ask`)} class="card" autocomplete="off">
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <StepUpNote voice={voice} stepUp={view.stepUp} />
      <input type="hidden" name="key" value={form.typed["key"] ?? view.key} />
      <MoneyField
        voice={voice}
        form={form}
        name="amount"
        label={voice.say("ask.amount")}
        hint={voice.say("ask.amount.hint", { cap: voice.money(charter.capPerRequest) })}
        required
      />
      <PayToFields voice={voice} form={form} />
      <details
        open={["category", "neededBy", "words"].some(
          (f) => form.wrong[f] !== undefined || (form.typed[f] ?? "") !== "",
        )}
      >
        <summary>{voice.say("ask.more")}</summary>
        <More view={view} form={form} />
      </details>
      <label class="tick">
        <input type="checkbox" name="noCode" checked={form.typed["noCode"] !== undefined} />
        <span>{voice.say("ask.nocode")}</span>
      </label>
      <StepUpFields voice={voice} stepUp={view.stepUp} />
      <button class="big">{voice.say("ask.button")}</button>
      <h2>{voice.say("ask.kept")}</h2>
      <p class="small">
        {voice.say("ask.kept.text", { days: charter.retentionDays })} {voice.say("ask.kept.noscript")}
      </p>
    </form>
  );
}

export function PayToFields({ voice, form }: { voice: Voice; form: FormState }): JSX.Element {
  return (
    <>
      <div class="field">
        <label for="rail">{voice.say("ask.rail")}</label>
        <Wrong form={form} name="rail" />
        <select {...fieldAttributes(form, "rail")} required>
          <option value="" />
          {RAILS.map((rail) => (
            <option value={rail} selected={form.typed["rail"] === rail}>
              {voice.say(`ask.rail.${rail}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="to">
          {voice.say("ask.to")} <small>({voice.say("ask.to.hint")})</small>
        </label>
        <Wrong form={form} name="to" />
        <input
          {...fieldAttributes(form, "to")}
          maxLength={TO_CHARACTERS_MAX}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={form.typed["to"]}
          required
        />
      </div>
    </>
  );
}

function More({ view, form }: { view: AskView; form: FormState }): JSX.Element {
  const { voice, charter } = view;
  return (
    <>
      <div class="field">
        <label for="category">{voice.say("ask.category")}</label>
        <select {...fieldAttributes(form, "category")}>
          <option value="">{voice.say("ask.category.none")}</option>
          {[...charter.categories, "other"].map((category) => (
            <option value={category} selected={form.typed["category"] === category}>
              {categoryName(voice, category)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="neededBy">{voice.say("ask.needed")}</label>
        <Wrong form={form} name="neededBy" />
        <input type="date" {...fieldAttributes(form, "neededBy")} min={view.today} value={form.typed["neededBy"]} />
      </div>
      {charter.words && (
        <div class="field">
          <label for="words">{voice.say("ask.words")}</label>
          <Wrong form={form} name="words" />
          <textarea {...fieldAttributes(form, "words")} maxLength={WORDS_CHARACTERS_MAX}>
            {form.typed["words"]}
          </textarea>
        </div>
      )}
    </>
  );
}

/** Other groups that may help, wherever the fund may say not now. */
export function Onward({ voice, charter }: { voice: Voice; charter: Charter }): JSX.Element | null {
  if (charter.onward.length === 0) return null;
  return (
    <section>
      <h2>{voice.say("ask.onward")}</h2>
      <ul>
        {charter.onward.map((group) => (
          <li>
            <a href={safeHref(group.url)} rel="noreferrer">
              {group.name}
            </a>{" "}
            <small>({voice.say("ask.checked", { day: voice.day(group.checked) })})</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
