import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { Refusal } from "../kernel/refusal.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import type { Outcome } from "./aid-request.js";

/** What was sent for a request at one time, and what lets the person show that it is in the public books. */
export interface Sent {
  readonly amount: bigint;
  readonly day: Day;
  readonly commitment: Buffer;
  readonly salt: Buffer | null;
  readonly sealedHash: Buffer;
}

export interface SentPart extends Sent {
  /** Counted from 1. */
  readonly part: number;
  readonly outcome: Outcome | null;
  readonly outcomeAmount: bigint | null;
}

interface Of {
  readonly fundId: string;
  readonly requestId: string;
}

/** "Sent" is the treasurer's word, "received" the person's: both are kept, for each part. */
@Injectable()
export class SentParts {
  /** Oldest first. */
  async of(tx: Tx, { fundId, requestId }: Of): Promise<SentPart[]> {
    const found = await rows<
      Omit<SentPart, "amount" | "outcomeAmount"> & { amount: string; outcomeAmount: string | null }
    >(
      tx,
      `select part, amount, day::text as day, commitment, salt, sealed_hash as "sealedHash", outcome, outcome_amount as "outcomeAmount"
       from sent_part where fund_id = $1 and request_id = $2 order by part`,
      [fundId, requestId],
    );
    return found.map((p) => ({
      ...p,
      amount: BigInt(p.amount),
      outcomeAmount: p.outcomeAmount === null ? null : BigInt(p.outcomeAmount),
    }));
  }

  async add(tx: Tx, { fundId, requestId }: Of, sent: Sent): Promise<void> {
    await tx.query(
      `insert into sent_part (fund_id, request_id, part, amount, day, commitment, salt, sealed_hash)
       select $1, $2, coalesce(max(part), 0) + 1, $3, $4, $5, $6, $7 from sent_part where fund_id = $1 and request_id = $2`,
      [fundId, requestId, sent.amount, sent.day, sent.commitment, sent.salt, sent.sealedHash],
    );
    await tx.query("update queue set paid = paid + 1 where fund_id = $1", [fundId]);
  }

  /** The person's word about one part, the last one where none is named. The last word counts; the first "received" is counted. Refuses `wrong-state` where nothing was sent. */
  async answer(
    tx: Tx,
    { fundId, requestId }: Of,
    word: { readonly part: number | undefined; readonly outcome: Outcome; readonly amount: bigint | undefined },
  ): Promise<void> {
    const before = await row<{ part: number; outcome: Outcome | null }>(
      tx,
      "select part, outcome from sent_part where fund_id = $1 and request_id = $2 and ($3::int is null or part = $3) order by part desc limit 1",
      [fundId, requestId, word.part ?? null],
    );
    if (before === null) throw new Refusal("wrong-state");
    await tx.query(
      "update sent_part set outcome = $4, outcome_amount = $5 where fund_id = $1 and request_id = $2 and part = $3",
      [fundId, requestId, before.part, word.outcome, word.outcome === "other-amount" ? word.amount : null],
    );
    const step = (word.outcome === "received" ? 1 : 0) - (before.outcome === "received" ? 1 : 0);
    if (step !== 0) await tx.query("update queue set confirmed = confirmed + $2 where fund_id = $1", [fundId, step]);
  }
}
