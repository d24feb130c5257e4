import type { ComponentChildren, JSX } from "preact";
import { link, type FundFrame, type PageFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { TreasurerRow } from "./treasurer.entity.js";

const SCRIPT = "desk.page.js";

/** What the script says when something goes wrong, in the page's language. */
const PROBLEMS = [
  "passkey",
  "sign-in",
  "statement-out-of-date",
  "already-approved",
  "in-progress",
  "lease-over",
  "suspended",
  "not-released",
  "reference-used",
  "not-enough-free",
  "wrong-state",
  "too-many",
  "busy",
  "broken",
  "needs-three",
  "wrong-keys",
  "nothing-written",
  "lock-undone",
  "drawn-this-week",
  "too-few-tickets",
  "not-approved",
] as const;

/** The words in which the browser says what it opened. */
const DETAILS = [
  "ask.payee", "ask.held.name", "ask.held.number", "ask.held.place", "ask.contact", "ask.contact.hours", "desk.contact.say", "ask.contact.message", "ask.contact.shared",
  ...(["landlord", "court", "clinic", "vendor", "funeral-home", "someone"] as const).map((payee) => `ask.payee.${payee}` as const),
  ...(["cash", "venmo", "cash-app", "zelle", "paypal", "cheque", "bank", "money-order", "landlord", "court"] as const).map((rail) => `ask.rail.${rail}` as const),
] as const; // prettier-ignore

function details(voice: Voice, frame: FundFrame): string {
  const labels = Object.fromEntries(DETAILS.map((key) => [key, voice.say(key)]));
  return JSON.stringify({ labels, currency: frame.currency, locale: voice.locale });
}

/** What stands around every page of the desk: room for what goes wrong, in the page's language. */
export function Shell({
  voice,
  frame,
  children,
}: {
  voice: Voice;
  frame: FundFrame;
  children: ComponentChildren;
}): JSX.Element {
  const problems = Object.fromEntries(PROBLEMS.map((code) => [code, voice.say(`problem.${code}`, { seconds: 60 })]));
  return (
    <div
      id="desk"
      data-fund={frame.slug}
      data-practice={frame.practice ? "yes" : undefined}
      data-problems={JSON.stringify(problems)}
      data-passphrase={voice.say("desk.passphrase")}
      data-details={details(voice, frame)}
    >
      <noscript>
        <p class="note">{voice.say("desk.noscript")}</p>
      </noscript>
      <p class="wrong" role="alert" id="problem" hidden />
      <p class="note" role="status" id="working" hidden>
        {voice.say("desk.working")}
      </p>
      {children}
    </div>
  );
}

export const frameFor = (voice: Voice, fund: FundFrame): PageFrame => ({
  language: voice.language,
  title: voice.say("desk.title"),
  fund,
  here: "desk",
  script: SCRIPT,
});

export function You({ voice, me }: { voice: Voice; me: TreasurerRow }): JSX.Element {
  return (
    <p class="row">
      <span id="me" data-name={me.name}>
        {voice.say("desk.you", { name: me.name })}
      </span>
      <button class="quiet" data-act="sign-out">
        {voice.say("desk.signout")}
      </button>
    </p>
  );
}

/** How each of the desk's other pages ends. */
export function BackToDesk({ voice, frame }: { voice: Voice; frame: FundFrame }): JSX.Element {
  return (
    <p>
      <a href={link(voice.language, `/${frame.slug}/desk`)}>{voice.say("decide.back")}</a>
    </p>
  );
}
