import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../../kernel/clock.js";
import type { Json } from "../../kernel/canonical-json.js";
import { newId } from "../../kernel/ids.js";
import { invariant } from "../../kernel/invariant.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { changed, row, rows, type Tx } from "../../platform/database/database.js";
import { Alarms } from "../../treasurers/alarms.service.js";
import { Decisions } from "../../treasurers/decisions.service.js";
import { BURST_MAX, BURST_SECONDS } from "./ask-step-up.js";

export interface Flood {
  readonly floodId: string;
  readonly day: Day;
  /** How many of it are in line, and set aside. */
  readonly waiting: number;
  readonly aside: number;
}

type NoiseSubject = { readonly flood: string; readonly day: Day } & { readonly [key: string]: Json };

/**
 * Thousands of requests in minutes may be a storm's, or somebody's program. What came over the fund's budget is marked as one flood; two treasurers may set it aside as noise,
 * one may bring it back, and whoever opens one of its requests with their seven words is in line again, at the same place. Nothing is thrown away.
 */
@Injectable()
export class Floods {
  constructor(
    private readonly decisions: Decisions,
    private readonly alarms: Alarms,
    private readonly clock: Clock,
  ) {
    this.decisions.register<NoiseSubject>({
      name: "noise",
      needed: () => Promise.resolve(2),
      decided: (tx, fund, _decisionId, subject) => this.setAside(tx, fund, subject.flood),
      says: (voice, _fund, subject) => voice.say("line.noise.says", { day: voice.day(subject.day) }),
    });
  }

  /** One more asks: its place in line, and the flood that it belongs to, if any. The queue's row is locked from here on. */
  async arrive(tx: Tx, fund: Fund): Promise<{ arrival: bigint; floodId: string | null }> {
    const now = this.clock.now();
    const day = dayIn(fund.charter.timeZone, now);
    const [line] = await changed<{ arrival: string; flood_id: string | null; first: boolean }>(
      tx,
      `update queue q set next_arrival = next_arrival + 1, asked = asked + 1,
         burst_began = case when b.goes_on then burst_began else $2 end,
         burst_count = case when b.goes_on then burst_count + 1 else 1 end,
         flood_id = case when b.goes_on then case when burst_count + 1 > ${BURST_MAX} then coalesce(flood_id, $3) else flood_id end
                         when burst_count > ${BURST_MAX} then flood_id end
       from (select coalesce(burst_began > $2::timestamptz - interval '${BURST_SECONDS} seconds', false) as goes_on from queue where fund_id = $1 for update) b
       where fund_id = $1 returning next_arrival - 1 as arrival, flood_id, flood_id = $3 as first`,
      [fund.fundId, now, newId()],
    );
    invariant(line !== undefined, "the fund has no queue");
    if (line.flood_id !== null)
      await tx.query(
        "insert into flood as f (fund_id, flood_id, day, count) values ($1, $2, $3, 1) on conflict (fund_id, flood_id) do update set count = f.count + 1",
        [fund.fundId, line.flood_id, day],
      );
    if (line.first) await this.alarms.raise(tx, fund.fundId, "flood", day, day);
    return { arrival: BigInt(line.arrival), floodId: line.flood_id };
  }

  /** Those that still have requests, newest first. */
  all(tx: Tx, fund: Fund): Promise<Flood[]> {
    return rows<Flood>(
      tx,
      `select f.flood_id as "floodId", f.day::text as day, count(*) filter (where r.state = 'waiting')::int as waiting, count(*) filter (where r.state = 'aside')::int as aside
       from flood f join aid_request r on r.fund_id = f.fund_id and r.flood_id = f.flood_id where f.fund_id = $1
       group by f.flood_id, f.day having count(*) filter (where r.state in ('waiting', 'aside')) > 0 order by f.day desc, f.flood_id`,
      [fund.fundId],
    );
  }

  /** Asks another treasurer. Refuses `no-such-page`. */
  async propose(tx: Tx, fund: Fund, treasurerId: string, floodId: string): Promise<void> {
    const found = await row<{ day: Day }>(
      tx,
      "select day::text as day from flood where fund_id = $1 and flood_id = $2",
      [fund.fundId, floodId],
    );
    if (found === null) throw new Refusal("no-such-page");
    await this.decisions.open(tx, fund, treasurerId, "noise", { flood: floodId, day: found.day });
  }

  /** One treasurer is enough to bring all of it back. */
  async bringBack(tx: Tx, fund: Fund, floodId: string): Promise<void> {
    await this.move(tx, fund, floodId, "aside", "waiting");
  }

  /** Somebody is there: the request is in line again, where it was. */
  async comeBack(tx: Tx, fundId: string, requestId: string): Promise<void> {
    const moved = await changed(
      tx,
      "update aid_request set state = 'waiting', ended_day = null where fund_id = $1 and request_id = $2 and state = 'aside' returning 1",
      [fundId, requestId],
    );
    if (moved.length > 0) await tx.query("update queue set asked = asked + 1 where fund_id = $1", [fundId]);
  }

  private async setAside(tx: Tx, fund: Fund, floodId: string): Promise<void> {
    await this.move(tx, fund, floodId, "waiting", "aside");
  }

  /** In the order of their ids, as everybody locks them. What is set aside is not counted as asked. */
  private async move(tx: Tx, fund: Fund, floodId: string, from: string, to: string): Promise<void> {
    await tx.query(
      "select from aid_request where fund_id = $1 and flood_id = $2 and state = $3 order by request_id for update",
      [fund.fundId, floodId, from],
    );
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const moved = await changed(
      tx,
      "update aid_request set state = $4, ended_day = $5 where fund_id = $1 and flood_id = $2 and state = $3 returning 1",
      [fund.fundId, floodId, from, to, to === "aside" ? today : null],
    );
    await tx.query("update queue set asked = asked + $2 where fund_id = $1", [
      fund.fundId,
      to === "aside" ? -moved.length : moved.length,
    ]);
  }
}
