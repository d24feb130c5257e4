import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import type { CardFund } from "../booking/card-funds.service.js";
import { changed, row, rows, type Tx } from "../../platform/database/database.js";
import { Alarms } from "../../treasurers/alarms.service.js";
import { FAILURES_MAX, isPaused, pauseAfter, type Pause } from "./card-pause.js";

const FAILURES_KEPT_HOURS = 24;

interface PauseRow {
  paused_until: Date | null;
  minutes: number;
  counts_from: Date;
}

/** The pause of card gifts, kept where every process sees it. Facts come from the payment as the job fetched it, never from an event's words. */
@Injectable()
export class CardPause {
  constructor(
    private readonly alarms: Alarms,
    private readonly clock: Clock,
  ) {}

  /** Until when card gifts rest; null when they do not. */
  async until(tx: Tx, fundId: string): Promise<Date | null> {
    const pause = await row<{ paused_until: Date | null }>(
      tx,
      "select paused_until from card_pause where fund_id = $1 and paused_until > $2",
      [fundId, this.clock.now()],
    );
    return pause?.paused_until ?? null;
  }

  /** Refuses `cards-paused` with the seconds that are left. */
  async mustNotBe(tx: Tx, fundId: string): Promise<void> {
    const until = await this.until(tx, fundId);
    if (until === null) return;
    const ms = until.getTime() - this.clock.now().getTime();
    throw new Refusal("cards-paused", { values: { seconds: (ms - (ms % 1000)) / 1000 + 1 } });
  }

  /** A payment failed. Told twice of one charge, it counts once. */
  async failed(tx: Tx, fund: Pick<CardFund, "fundId" | "timeZone">, chargeId: string, at: Date): Promise<void> {
    const { fundId } = fund;
    await tx.query(
      "insert into card_pause (fund_id, minutes, failures, counts_from) values ($1, 0, 0, to_timestamp(0)) on conflict do nothing",
      [fundId],
    );
    // Failures of one fund are counted one after the other.
    const kept = await row<PauseRow>(
      tx,
      "select paused_until, minutes, counts_from from card_pause where fund_id = $1 for update",
      [fundId],
    );
    const isNew = await changed(
      tx,
      "insert into card_failure (fund_id, charge_id, at) values ($1, $2, $3) on conflict do nothing returning charge_id",
      [fundId, chargeId, at],
    );
    if (kept === null || isNew.length === 0) return;
    await tx.query("delete from card_failure where fund_id = $1 and at < $2", [
      fundId,
      new Date(at.getTime() - FAILURES_KEPT_HOURS * 3_600_000),
    ]);
    const failures = await rows<{ at: Date }>(
      tx,
      "select at from card_failure where fund_id = $1 and at > $2 order by at desc limit $3",
      [fundId, kept.counts_from, FAILURES_MAX],
    );
    const before: Pause = { pausedUntil: kept.paused_until, minutes: kept.minutes };
    const after = pauseAfter(before, failures.map((f) => f.at)); // prettier-ignore
    await (after === null
      ? tx.query("update card_pause set failures = failures + 1 where fund_id = $1", [fundId])
      : this.begin(tx, fund, after, failures[0]?.at ?? at));
  }

  /** A payment succeeded: failures until then are no longer in a row. A pause that is in force stays, because a stolen card succeeds too. */
  async succeeded(tx: Tx, fundId: string, at: Date): Promise<void> {
    await tx.query(
      `update card_pause set counts_from = $2, failures = 0, minutes = case when paused_until > $3 then minutes else 0 end
       where fund_id = $1 and counts_from < $2 and (failures > 0 or minutes > 0)`,
      [fundId, at, this.clock.now()],
    );
  }

  /** A treasurer's word. Refuses `wrong-state` when nothing is paused. */
  async resume(tx: Tx, fundId: string): Promise<void> {
    const now = this.clock.now();
    const resumed = await changed(
      tx,
      "update card_pause set paused_until = null, minutes = 0, failures = 0, counts_from = $2 where fund_id = $1 and paused_until > $2 returning fund_id",
      [fundId, now],
    );
    if (resumed.length === 0) throw new Refusal("wrong-state");
  }

  /** The run that led to it is used up; its last failure is where counting begins anew. */
  private async begin(tx: Tx, fund: Pick<CardFund, "fundId" | "timeZone">, pause: Pause, last: Date): Promise<void> {
    await tx.query(
      "update card_pause set paused_until = $2, minutes = $3, failures = failures + 1, counts_from = $4 where fund_id = $1",
      [fund.fundId, pause.pausedUntil, pause.minutes, last],
    );
    // One that is over before we hear of it (a webhook that came late) is nothing to look at.
    if (!isPaused(pause, this.clock.now())) return;
    const day = dayIn(fund.timeZone, this.clock.now());
    await this.alarms.raise(tx, fund.fundId, "cards-paused", day, day);
  }
}
