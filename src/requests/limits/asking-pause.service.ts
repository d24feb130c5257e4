import { Injectable } from "@nestjs/common";
import { addDays, Clock, dayIn, isDay, type Day } from "../../kernel/clock.js";
import type { Json } from "../../kernel/canonical-json.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { changed, row, type Tx } from "../../platform/database/database.js";
import { Decisions } from "../../treasurers/decisions.service.js";

/** Longer than this, a fund winds down instead. */
export const PAUSE_DAYS_MAX = 60;

type PauseSubject = { readonly until: Day } & { readonly [key: string]: Json };

/** Asking rests until a day that everybody is told. Several treasurers decide it, so that none can shut the door alone; any one may open it sooner. */
@Injectable()
export class AskingPause {
  constructor(
    private readonly decisions: Decisions,
    private readonly clock: Clock,
  ) {
    this.decisions.register<PauseSubject>({
      name: "pause-asking",
      needed: (_tx, fund) => Promise.resolve(fund.charter.quorum),
      decided: (tx, fund, decisionId, subject) => this.begin(tx, fund, decisionId, subject.until),
      says: (voice, _fund, subject) => voice.say("line.pause.says", { day: voice.day(subject.until) }),
    });
  }

  /** The day that asking opens again; null while it is open. */
  async until(tx: Tx, fund: Fund): Promise<Day | null> {
    const found = await row<{ until: Day }>(
      tx,
      "select max(until)::text as until from asking_pause where fund_id = $1 and ended_day is null and until > $2",
      [fund.fundId, this.today(fund)],
    );
    return found?.until ?? null;
  }

  /** Asks the others. Refuses `invalid` for a day that is no day to come, or too far. */
  async propose(tx: Tx, fund: Fund, treasurerId: string, until: string): Promise<void> {
    const today = this.today(fund);
    if (!isDay(until) || until <= today || until > addDays(today, PAUSE_DAYS_MAX))
      throw new Refusal("invalid", { field: "until" });
    await this.decisions.open(tx, fund, treasurerId, "pause-asking", { until });
  }

  /** Opens the door again, at once. */
  async end(tx: Tx, fund: Fund): Promise<void> {
    await changed(
      tx,
      "update asking_pause set ended_day = $2 where fund_id = $1 and ended_day is null and until > $2 returning 1",
      [fund.fundId, this.today(fund)],
    );
  }

  private async begin(tx: Tx, fund: Fund, decisionId: string, until: Day): Promise<void> {
    await tx.query("insert into asking_pause (fund_id, decision_id, until) values ($1, $2, $3)", [
      fund.fundId,
      decisionId,
      until,
    ]);
  }

  private today(fund: Fund): Day {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }
}
