import type { JSX } from "preact";
import type { Charter } from "../funds/charter.js";
import { EMPTY_FORM, FormErrors, MoneyField, Note } from "../pages/fields.js";
import { link, page, safeHref } from "../pages/layout.js";
import { STEP_UP_SCRIPT, StepUpFields, StepUpNote } from "../pages/step-up.js";
import type { Voice } from "../pages/words.js";
import type { AskView } from "./ask-view.js";
import { More, PayToFields, Tick } from "./ask-more.js";

/** How much, how, to whom, and the button: one screen on a small phone. All else is below, or folded away. */
export function askPage(view: AskView): string {
  const { voice, fund, charter } = view;
  return page(
    {
      language: voice.language,
      title: voice.say("ask.title", { name: fund.name }),
      fund,
      here: "ask",
      leave: true,
      script: [...(view.stepUp ? [STEP_UP_SCRIPT] : []), ...(view.sealing ? [ASK_SCRIPT] : [])],
    },
    <>
      <h1>{voice.say("ask.title", { name: fund.name })}</h1>
      <p>{voice.say("ask.lead")}</p>
      {!view.open && <Note>{voice.say("ask.closed")}</Note>}
      {view.pausedUntil !== null && <Note>{voice.say("ask.paused", { day: voice.day(view.pausedUntil) })}</Note>}
      {((view.open && view.pausedUntil === null) || view.form !== undefined) && <AskForm view={view} />}
      <h2>{voice.say("ask.how")}</h2>
      <p>{voice.say("ask.how.text")}</p>
      <p>
        <a href={link(voice.language, `/${fund.slug}/ask/paper`)}>{voice.say("ask.paper")}</a>
      </p>
      <h2>{voice.say("ask.kept")}</h2>
      <p class="small">
        {voice.say("ask.kept.text", { days: charter.retentionDays })}{" "}
        <span id="sealing" data-here={voice.say("ask.kept.here", { fingerprint: "{fingerprint}" })}>
          {voice.say("ask.kept.noscript")}
        </span>
      </p>
      <Onward voice={voice} charter={charter} />
    </>,
  );
}

function AskForm({ view }: { view: AskView }): JSX.Element {
  const { voice, fund, charter, form = EMPTY_FORM } = view;
  return (
    <form
      method="post"
      action={link(voice.language, `/${fund.slug}/ask`)}
      class="card"
      autocomplete="off"
      {...sealingData(view)}
    >
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <p class="wrong" role="alert" id="seal-problem" hidden />
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
      <StepUpFields voice={voice} stepUp={view.stepUp} />
      <button class="big">{voice.say("ask.button")}</button>
      <More view={view} form={form} />
      {charter.rule === "never-helped-first" && <Tick voice={voice} form={form} name="firstHelp" label="ask.first" />}
      <Tick voice={voice} form={form} name="noCode" label="ask.nocode" />
      <Tick voice={voice} form={form} name="someone" label="ask.someone" />
    </form>
  );
}

const ASK_SCRIPT = "ask.page.js";

/** What the script says when something does not fit, in the page's language. */
const SENTENCES = [
  "problem.amount", "problem.amount.cap", "problem.rail", "problem.to", "problem.leg", "problem.short", "problem.contact", "problem.words", "problem.choose", "problem.needed",
  "problem.invalid", "problem.busy", "problem.broken", "problem.too-many", "problem.asking-closed", "problem.asking-paused", "problem.wrong-keys", "problem.working", "problem.key-used-before",
] as const; // prettier-ignore

function sealingData(view: AskView): Record<string, string> {
  const { voice, fund, charter, sealing } = view;
  if (sealing === null) return {};
  const cap = charter.capPerRequest;
  const values = { example: voice.money(cap), cap: voice.money(cap), seconds: 60 };
  return {
    "data-seal": JSON.stringify({
      ...sealing,
      fund: fund.slug,
      currency: fund.currency,
      locale: voice.locale,
      language: voice.language,
      cap: cap.toString(),
    }),
    "data-sentences": JSON.stringify(Object.fromEntries(SENTENCES.map((key) => [key, voice.say(key, values)]))),
  };
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
