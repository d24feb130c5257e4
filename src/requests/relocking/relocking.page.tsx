import { page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../../treasurers/desk-shell.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import type { SealingKeys } from "../sealing-keys.service.js";

export interface RelockingView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly waits: { readonly toLock: number; readonly toTry: number };
  /** Null while the new seats are not in the public log yet. */
  readonly sealing: SealingKeys | null;
}

export function relockingPage({ voice, frame, treasurer, waits, sealing }: RelockingView): string {
  const idle = waits.toLock + waits.toTry === 0;
  // The script puts the numbers in.
  const texts = { cannot: voice.say("locks.cannot", { n: "{n}" }), progress: voice.say("locks.progress", { n: "{n}", all: "{all}" }) }; // prettier-ignore
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("locks.title")}</h1>
      <You voice={voice} me={treasurer} />
      <p class="soft">{voice.say("locks.why")}</p>
      {idle && <p class="good">{voice.say("locks.none")}</p>}
      {!idle && sealing === null && <p class="note">{voice.say("locks.not-yet")}</p>}
      {!idle && sealing !== null && (
        <section
          class="card"
          id="locks"
          data-seal={JSON.stringify({ ...sealing, fund: frame.slug })}
          data-texts={JSON.stringify(texts)}
        >
          {waits.toLock > 0 && <p class="lead">{voice.say("locks.to-lock", { count: waits.toLock })}</p>}
          {waits.toTry > 0 && <p class="lead">{voice.say("locks.to-try", { count: waits.toTry })}</p>}
          <button class="big" data-act="relock">
            {voice.say(waits.toLock > 0 ? "locks.lock" : "locks.try")}
          </button>
          <p id="locks-told" role="status" hidden></p>
          <p class="soft small">{voice.say("locks.how")}</p>
        </section>
      )}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}
