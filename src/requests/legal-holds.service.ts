import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import type { Json } from "../kernel/canonical-json.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { Decisions } from "../treasurers/decisions.service.js";

/** A request that has ended and is still here: what treasurers see of it before it is erased. */
export interface Ended {
  readonly requestId: string;
  readonly day: Day;
  readonly endedDay: Day;
  readonly amount: bigint;
  readonly held: boolean;
}

type HoldSubject = { readonly request: string; readonly hold: boolean; readonly day: Day; readonly amount: number } & {
  readonly [key: string]: Json;
};

const SHOWN_MAX = 100;

/** Erasure waits where a court asked in time: the quorum says so, and the quorum ends it. The person is told when they look. */
@Injectable()
export class LegalHolds {
  constructor(
    private readonly decisions: Decisions,
    private readonly clock: Clock,
  ) {
    this.decisions.register<HoldSubject>({
      name: "legal-hold",
      needed: (_tx, fund) => Promise.resolve(fund.charter.quorum),
      decided: (tx, fund, decisionId, subject) => this.decided(tx, fund, decisionId, subject),
      says: (voice, _fund, subject) =>
        voice.say(subject.hold ? "hold.says" : "hold.says.lift", {
          amount: voice.money(BigInt(subject.amount)),
          day: voice.day(subject.day),
        }),
    });
  }

  async isHeld(tx: Tx, fundId: string, requestId: string): Promise<boolean> {
    const found = await row(
      tx,
      "select 1 from legal_hold where fund_id = $1 and request_id = $2 and lifted_by is null",
      [fundId, requestId],
    );
    return found !== null;
  }

  /** What the clock will erase, soonest first. */
  async ended(tx: Tx, fund: Fund): Promise<Ended[]> {
    const found = await rows<Omit<Ended, "amount"> & { amount: string }>(
      tx,
      `select r.request_id as "requestId", r.day::text as day, r.ended_day::text as "endedDay", case when r.sent > 0 then r.sent else r.amount end as amount,
         exists (select from legal_hold h where h.fund_id = r.fund_id and h.request_id = r.request_id and h.lifted_by is null) as held
       from aid_request r where r.fund_id = $1 and r.state in ('paid', 'withdrawn') order by r.ended_day, r.arrival limit ${SHOWN_MAX}`,
      [fund.fundId],
    );
    return found.map((e) => ({ ...e, amount: BigInt(e.amount) }));
  }

  /** Asks the others. Refuses `no-such-page` for what is not here any more. */
  async propose(tx: Tx, fund: Fund, treasurerId: string, requestId: string, hold: boolean): Promise<void> {
    const found = await row<{ day: Day; amount: string }>(
      tx,
      "select day::text as day, case when sent > 0 then sent else amount end as amount from aid_request where fund_id = $1 and request_id = $2",
      [fund.fundId, requestId],
    );
    if (found === null) throw new Refusal("no-such-page");
    const subject = { request: requestId, hold, day: found.day, amount: toJsonAmount(BigInt(found.amount)) };
    await this.decisions.open(tx, fund, treasurerId, "legal-hold", subject);
  }

  private async decided(tx: Tx, fund: Fund, decisionId: string, { request, hold }: HoldSubject): Promise<void> {
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    if (hold)
      await tx.query(
        "insert into legal_hold (fund_id, decision_id, request_id, from_day) values ($1, $2, $3, $4) on conflict (fund_id, request_id) where lifted_by is null do nothing",
        [fund.fundId, decisionId, request, today],
      );
    else
      await tx.query(
        "update legal_hold set lifted_by = $3, lifted_day = $4 where fund_id = $1 and request_id = $2 and lifted_by is null",
        [fund.fundId, request, decisionId, today],
      );
  }
}
