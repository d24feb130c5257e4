import type { JSX } from "preact";
import { page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../../treasurers/desk-shell.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import type { Draw } from "./draws.service.js";

export interface DrawsView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  /** The charter's rule is the lottery. */
  readonly isRule: boolean;
  /** A draw of fewer tickets is none. */
  readonly least: number;
  readonly waiting: number;
  readonly draws: readonly Draw[];
  readonly nameOf: (treasurerId: string) => string;
}

export function drawsPage(view: DrawsView): string {
  const { voice, frame, isRule, draws } = view;
  const open = draws.find((draw) => draw.state === "opened" || draw.state === "announced") ?? null;
  const before = draws.filter((draw) => draw !== open);
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("draw.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("draw.why")}</p>
      {!isRule && <p class="note">{voice.say("draw.other-rule")}</p>}
      {isRule && (
        <section class="card" id="draw" data-recipient={view.treasurer.recipient}>
          {open?.state === "announced" ? <Announced view={view} draw={open} /> : <PutIn view={view} open={open} />}
        </section>
      )}
      {before.length > 0 && (
        <section>
          <h2>{voice.say("draw.before")}</h2>
          <ul class="people">
            {before.map((draw) => (
              <li>
                {draw.state === "drawn"
                  ? voice.say("draw.drawn", { day: voice.day(draw.drawnDay ?? draw.day), count: draw.tickets })
                  : voice.say("draw.void", { day: voice.day(draw.day) })}
              </li>
            ))}
          </ul>
        </section>
      )}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

function PutIn({ view, open }: { view: DrawsView; open: Draw | null }): JSX.Element {
  const { voice, treasurer, nameOf } = view;
  if (view.waiting < view.least) return <p>{voice.say("draw.few", { waiting: view.waiting, least: view.least })}</p>;
  const first = open?.secrets[0];
  if (first?.treasurerId === treasurer.treasurerId) return <p class="good">{voice.say("draw.second-awaited")}</p>;
  return (
    <>
      <p class="lead">{voice.say("draw.waiting", { count: view.waiting })}</p>
      {first !== undefined && <p>{voice.say("draw.first-in", { name: nameOf(first.treasurerId) })}</p>}
      <button class="big" data-act="draw-secret">
        {voice.say(first === undefined ? "draw.begin" : "draw.join")}
      </button>
      <p class="soft small">{voice.say("draw.how")}</p>
    </>
  );
}

function Announced({ view, draw }: { view: DrawsView; draw: Draw }): JSX.Element {
  const { voice, treasurer, nameOf } = view;
  const mine = draw.secrets.find((secret) => secret.treasurerId === treasurer.treasurerId);
  const missing = draw.secrets.filter((secret) => !secret.isOpen).map((secret) => nameOf(secret.treasurerId));
  return (
    <>
      <p class="lead">{voice.say("draw.announced", { count: draw.tickets })}</p>
      {!draw.isPublic && <p>{voice.say("draw.not-public")}</p>}
      {draw.isPublic && mine?.isOpen === false ? (
        <button class="big" data-act="draw-open" data-hash={mine.hash}>
          {voice.say("draw.open")}
        </button>
      ) : (
        draw.isPublic && <p class="good">{voice.say("draw.awaited", { names: missing.join(", ") })}</p>
      )}
      <p class="soft small">{voice.say("draw.void-when")}</p>
    </>
  );
}
