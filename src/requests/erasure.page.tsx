import type { JSX } from "preact";
import { addDays } from "../kernel/clock.js";
import { newToken } from "../kernel/ids.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../treasurers/desk-shell.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import type { Ended } from "./legal-holds.service.js";

export interface ErasureView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly retentionDays: number;
  readonly ended: readonly Ended[];
}

/** What has ended and is still here, with the day that it goes; and the way to keep one where a court asked in time. */
export function erasurePage(view: ErasureView): string {
  const { voice, frame } = view;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("hold.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("hold.lead", { days: view.retentionDays })}</p>
      {view.ended.length === 0 ? (
        <p class="good">{voice.say("hold.none")}</p>
      ) : (
        <ul class="people">
          {view.ended.map((one) => (
            <One view={view} one={one} />
          ))}
        </ul>
      )}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

function One({ view, one }: { view: ErasureView; one: Ended }): JSX.Element {
  const { voice, frame } = view;
  return (
    <li>
      <div class="row">
        <span class="amount">{voice.money(one.amount)}</span>
        <span>{voice.day(one.day)}</span>
        <span class="tag">
          {one.held
            ? voice.say("hold.held")
            : voice.say("hold.goes", { day: voice.day(addDays(one.endedDay, view.retentionDays)) })}
        </span>
      </div>
      <details>
        <summary>{voice.say(one.held ? "hold.lift" : "hold.keep")}</summary>
        <form method="post" action={link(voice.language, `/${frame.slug}/desk/erasure`)}>
          <input type="hidden" name="key" value={newToken()} />
          <input type="hidden" name="request" value={one.requestId} />
          <input type="hidden" name="hold" value={one.held ? "no" : "yes"} />
          <p class="soft">{voice.say(one.held ? "hold.lift.lead" : "hold.keep.lead")}</p>
          <button class="quiet">{voice.say("line.pause.ask")}</button>
        </form>
      </details>
    </li>
  );
}
