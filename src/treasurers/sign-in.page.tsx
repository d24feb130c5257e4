import { page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { frameFor, Shell, You } from "./desk-shell.js";
import type { SeatSigned } from "./genesis.service.js";
import type { TreasurerRow } from "./treasurer.entity.js";

const PRACTICE_TREASURERS = ["Ana", "Ben", "Chris"];

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
