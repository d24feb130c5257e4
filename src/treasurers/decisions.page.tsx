import type { JSX } from "preact";
import { newToken } from "../kernel/ids.js";
import { Note } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { OpenDecision } from "./decisions.service.js";
import { BackToDesk, frameFor, Shell, You } from "./desk-shell.js";
import type { Seat } from "./seats.service.js";
import type { TreasurerRow } from "./treasurer.entity.js";

export interface DecisionsView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly seats: readonly Seat[];
  readonly decisions: readonly { readonly decision: OpenDecision; readonly says: string }[];
  readonly done: boolean;
}

/** What waits for several signatures beside payouts. */
export function decisionsPage(view: DecisionsView): string {
  const { voice, frame, decisions } = view;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("decide.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("decide.lead")}</p>
      {view.done && <Note kind="good">{voice.say("decide.done")}</Note>}
      {decisions.length === 0 ? (
        <p class="good">{voice.say("decide.none")}</p>
      ) : (
        <ul class="people">
          {decisions.map(({ decision, says }) => (
            <Decision view={view} decision={decision} says={says} />
          ))}
        </ul>
      )}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

/** Everything that the signature covers stands in the item, for the browser to compare with what it is handed. */
function Decision({
  view,
  decision,
  says,
}: {
  view: DecisionsView;
  decision: OpenDecision;
  says: string;
}): JSX.Element {
  const { voice, frame, treasurer } = view;
  const name = (id: string): string => view.seats.find((seat) => seat.treasurerId === id)?.name ?? "";
  const mine = decision.signedBy.includes(treasurer.treasurerId);
  return (
    <li data-decision={decision.decisionId} data-kind={decision.kind} data-subject={decision.subject}>
      <p class="lead">{says}</p>
      <p class="soft">
        {voice.say("decide.asked", { name: name(decision.openedBy), day: voice.day(decision.openedDay) })}{" "}
        {voice.say("desk.signed", { have: decision.signedBy.length, need: decision.needed })}
        {decision.signedBy.length > 0 && ` (${decision.signedBy.map(name).join(", ")})`}
      </p>
      <div class="actions">
        {mine ? (
          <span class="tag">{voice.say("decide.yours")}</span>
        ) : (
          <button data-act="decide">{voice.say("decide.sign")}</button>
        )}
        {decision.openedBy === treasurer.treasurerId && (
          <form method="post" action={link(voice.language, `/${frame.slug}/desk/decisions`)}>
            <input type="hidden" name="key" value={newToken()} />
            <input type="hidden" name="decision" value={decision.decisionId} />
            <button class="quiet">{voice.say("decide.takeback")}</button>
          </form>
        )}
      </div>
    </li>
  );
}
