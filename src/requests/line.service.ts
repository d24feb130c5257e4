import { Injectable } from "@nestjs/common";
import { In } from "typeorm";
import { mondayOf, type Day } from "../kernel/clock.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import type { Waiting } from "../funds/rule.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { AidRequestRow } from "./aid-request.entity.js";
import type { RequestState } from "./aid-request.js";
import { SentParts, type Sent } from "./sent-parts.service.js";

export interface QueueCounts {
  readonly waiting: bigint;
  readonly asked: bigint;
  readonly paid: bigint;
  readonly confirmed: bigint;
  /** How often the quorum let somebody go before the line. */
  readonly outOfTurn: bigint;
}

/** Which lottery's places count; null before there was one. */
export const LAST_DRAW =
  "select draw_id from draw where fund_id = $1 and state = 'drawn' order by drawn_day desc, week desc limit 1";

/** The line as the fund's later rooms see it: ordinals and amounts, nothing about people. */
@Injectable()
export class Line {
  constructor(private readonly parts: SentParts) {}

  async waiting(tx: Tx, fund: Fund): Promise<Waiting[]> {
    const found = await rows<{
      request_id: string;
      arrival: string;
      amount: string;
      needed_by: string | null;
      first_help: boolean;
      drawn: number | null;
    }>(
      tx,
      `select r.request_id, r.arrival, least(r.amount, $2::bigint) - r.sent as amount, r.needed_by::text as needed_by, r.first_help, t.place as drawn
       from aid_request r left join ticket t on t.fund_id = r.fund_id and t.request_id = r.request_id and t.draw_id = (${LAST_DRAW})
       where r.fund_id = $1 and r.state = 'waiting' and least(r.amount, $2::bigint) > r.sent order by r.arrival`,
      [fund.fundId, fund.charter.capPerRequest],
    );
    return found.map((r) => ({
      requestId: r.request_id,
      arrival: Number(r.arrival),
      amount: BigInt(r.amount),
      neededBy: r.needed_by,
      firstHelp: r.first_help,
      drawn: r.drawn,
    }));
  }

  /** What this week's envelope has given out or promised so far. The fund's own decisions say it, because they outlive the requests. */
  async chosenThisWeek(tx: Tx, fund: Fund, today: Day): Promise<bigint> {
    const found = await row<{ sum: string }>(
      tx,
      "select coalesce(sum(amount), 0) as sum from disbursement where fund_id = $1 and state <> 'void' and chosen_day >= $2",
      [fund.fundId, mondayOf(today)],
    );
    return BigInt(found?.sum ?? 0);
  }

  /** The rule picked them, or the quorum let one go before the line. */
  async choose(
    tx: Tx,
    fundId: string,
    requestIds: readonly string[],
    how: { readonly chosenDay: Day; readonly outOfTurn: boolean },
  ): Promise<void> {
    await tx.query(
      "update aid_request set state = 'chosen', chosen_day = $3, out_of_turn = $4 where fund_id = $1 and request_id = any ($2)",
      [fundId, requestIds, how.chosenDay, how.outOfTurn],
    );
  }

  async counts(tx: Tx, fundId: string): Promise<QueueCounts> {
    const found = await row<Record<keyof QueueCounts, string>>(
      tx,
      `select asked, paid, confirmed, (select count(*) from aid_request r where r.fund_id = q.fund_id and r.state = 'waiting') as waiting, (select count(*) from selection s where s.fund_id = q.fund_id and s.rule = 'out-of-turn') as "outOfTurn" from queue q where fund_id = $1`,
      [fundId],
    );
    return {
      waiting: BigInt(found?.waiting ?? 0),
      asked: BigInt(found?.asked ?? 0),
      paid: BigInt(found?.paid ?? 0),
      confirmed: BigInt(found?.confirmed ?? 0),
      outOfTurn: BigInt(found?.outOfTurn ?? 0),
    };
  }

  /** Locks one request first, as the lock order wants. Null when it was erased meanwhile. */
  async lock(tx: Tx, fundId: string, requestId: string): Promise<AidRequestRow | null> {
    return tx.findOne(AidRequestRow, { where: { fundId, requestId }, lock: { mode: "pessimistic_write" } });
  }

  /** Locks some requests in the order of their ids. */
  async lockAll(tx: Tx, fundId: string, requestIds: readonly string[]): Promise<AidRequestRow[]> {
    return tx.find(AidRequestRow, {
      where: { fundId, requestId: In([...requestIds]) },
      order: { requestId: "ASC" },
      lock: { mode: "pessimistic_write" },
    });
  }

  async move(tx: Tx, request: AidRequestRow, state: RequestState): Promise<void> {
    await tx.update(AidRequestRow, { fundId: request.fundId, requestId: request.requestId }, { state });
  }

  /** What was sent is a fact. With it the request has ended, or its rest waits at its old place. */
  async markSent(tx: Tx, fund: Fund, request: AidRequestRow, sent: Sent): Promise<void> {
    if (request.state === "paid") throw new Refusal("wrong-state");
    await this.parts.add(tx, request, sent);
    const { capPerRequest } = fund.charter;
    const whole = request.amount < capPerRequest ? request.amount : capPerRequest;
    const ended = request.state === "withdrawn" || request.sent + sent.amount >= whole;
    await tx.update(
      AidRequestRow,
      { fundId: request.fundId, requestId: request.requestId },
      ended ? { state: "paid", endedDay: sent.day } : { state: "waiting" },
    );
  }
}
