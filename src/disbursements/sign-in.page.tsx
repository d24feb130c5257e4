import type { ComponentChildren, JSX } from "preact";
import { page, type FundFrame, type PageFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { SeatSigned } from "../treasurers/genesis.service.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";

const SCRIPT = "desk.page.js";
const PRACTICE_TREASURERS = ["Ana", "Ben", "Chris"];

/** What the script says when something goes wrong, in the page's language. */
const PROBLEMS = [
  "passkey",
  "sign-in",
  "statement-out-of-date",
  "already-approved",
  "in-progress",
  "lease-over",
  "reference-used",
  "not-enough-free",
  "wrong-state",
  "too-many",
  "busy",
  "broken",
  "needs-three",
] as const;

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

export function signInPage(voice: Voice, frame: FundFrame): string {
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("desk.title")}</h1>
      <p class="lead">{voice.say("desk.signin.lead")}</p>
      <p class="actions">
        <button class="big" data-act="sign-in">
          {voice.say("desk.signin")}
        </button>
      </p>
      {frame.practice && (
        <section class="card" id="practice-treasurers" hidden>
          <h2>{voice.say("desk.practice")}</h2>
          <div class="actions">
            {PRACTICE_TREASURERS.map((name) => (
              <button class="quiet" data-act="be" data-name={name}>
                {voice.say("desk.be", { name })}
              </button>
            ))}
          </div>
        </section>
      )}
    </Shell>,
  );
}

export function foundingPage(voice: Voice, frame: FundFrame, me: TreasurerRow, seats: readonly SeatSigned[]): string {
  const mine = seats.find((seat) => seat.treasurerId === me.treasurerId);
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("desk.founding", { name: frame.name })}</h1>
      <You voice={voice} me={me} />
      <p class="lead">{voice.say("desk.founding.lead")}</p>
      <h2>{voice.say("desk.seats")}</h2>
      <ul class="people">
        {seats.map((seat) => (
          <li class="row">
            <strong>{seat.name}</strong>
            <span class="tag">{voice.say(seat.signed ? "desk.seat.signed" : "desk.seat.waits")}</span>
          </li>
        ))}
      </ul>
      {seats.length < 3 ? (
        <p>{voice.say("desk.genesis.needs", { slug: frame.slug })}</p>
      ) : (
        mine?.signed === false && (
          <p>
            <button class="big" data-act="genesis">
              {voice.say("desk.sign.genesis")}
            </button>
          </p>
        )
      )}
    </Shell>,
  );
}

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
