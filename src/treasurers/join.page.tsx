import type { JSX } from "preact";
import { Note } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { Fund } from "../funds/funds.service.js";

/** How to become one of the group; and, behind an invitation's link, how to take a seat. */
export function joinPage(voice: Voice, frame: FundFrame, fund: Fund, asked = false): string {
  const takesSeats = fund.state === "founding" || fund.state === "open";
  const meeting = fund.charter.nextMeeting;
  return page(
    {
      language: voice.language,
      title: voice.say("join.title", { name: frame.name }),
      fund: frame,
      here: "join",
      ...(takesSeats ? { script: "join.page.js" } : {}),
    },
    <>
      <h1>{voice.say("join.title", { name: frame.name })}</h1>
      {asked && <Note kind="good">{voice.say("join.asked")}</Note>}
      <p class="lead">{voice.say("join.lead")}</p>
      <p>{meeting === null ? voice.say("join.nomeeting") : voice.say("join.meeting", { meeting })}</p>
      <p class="actions">
        <a class="button quiet" href={link(voice.language, `/${frame.slug}/give`)}>
          {voice.say("nav.give")}
        </a>
        <a class="button quiet" href={link(voice.language, `/${frame.slug}/ask`)}>
          {voice.say("nav.ask")}
        </a>
      </p>
      {takesSeats && <Seat voice={voice} frame={frame} />}
    </>,
  );
}

const PROBLEMS = [
  "passkey",
  "invitation-over",
  "name-taken",
  "fund-is-open",
  "invalid",
  "too-many",
  "busy",
  "broken",
] as const;

/** Hidden until the script has found an invitation behind the #. */
function Seat({ voice, frame }: { voice: Voice; frame: FundFrame }): JSX.Element {
  const problems = JSON.stringify(
    Object.fromEntries(PROBLEMS.map((code) => [code, voice.say(`problem.${code}`, { seconds: 60 })])),
  );
  return (
    <section
      id="seat"
      class="card"
      hidden
      data-fund={frame.slug}
      data-desk={link(voice.language, `/${frame.slug}/desk`)}
      data-asked={`${link(voice.language, `/${frame.slug}/join`)}&asked=1`}
      data-problems={problems}
    >
      <h2>{voice.say("join.seat")}</h2>
      <p>{voice.say("join.seat.lead")}</p>
      <p class="wrong" role="alert" id="seat-problem" hidden />
      <form id="seat-form">
        <label for="seat-name">
          {voice.say("join.name")} <small>({voice.say("join.name.hint")})</small>
        </label>
        <input id="seat-name" name="name" required maxLength={40} autocomplete="off" />
        <p>
          <button class="big">{voice.say("join.button")}</button>
        </p>
      </form>
      <div id="seat-paper" hidden>
        <h3>{voice.say("join.paper.title")}</h3>
        <p>{voice.say("join.paper")}</p>
        <p class="words" id="seat-identity" />
        <div id="seat-passphrase-part" hidden>
          <p>{voice.say("join.passphrase")}</p>
          <p class="words" id="seat-passphrase" />
        </div>
        <button class="big" id="seat-kept">
          {voice.say("join.paper.kept")}
        </button>
      </div>
      <noscript>{voice.say("join.noscript")}</noscript>
    </section>
  );
}
