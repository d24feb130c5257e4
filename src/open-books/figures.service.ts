import { Injectable } from "@nestjs/common";
import { addDays, mondayOf, type Day } from "../kernel/clock.js";
import { bucketOf } from "../ledger/account.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import type { PublicEntry } from "../publication/batch.js";

export interface PublishedBatch extends PublicEntry {
  readonly batchNo: number;
}

/** The public figures: the sums of what is published, and nothing that is not. Minor units. */
export interface PublicFigures {
  readonly asOf: Day | null;
  readonly settled: bigint;
  readonly inTransit: bigint;
  readonly reserve: bigint;
  readonly held: bigint;
  readonly onDeposit: bigint;
  readonly freeToPromise: bigint;
  readonly given: bigint;
  readonly paidOut: bigint;
  /** Null where the number is below k. */
  readonly waiting: bigint | null;
  readonly asked: bigint | null;
  readonly paid: bigint | null;
  readonly confirmed: bigint | null;
  readonly accounts: ReadonlyMap<string, bigint>;
}

export interface Week {
  readonly monday: Day;
  readonly in: bigint;
  readonly out: bigint;
}

export const PAGE_SIZE_MAX = 50;

@Injectable()
export class Figures {
  async of(tx: Tx, fundId: string): Promise<PublicFigures> {
    const sums = await rows<{ account: string; amount: string }>(
      tx,
      `select p ->> 'account' as account, sum((p ->> 'amount')::numeric)::text as amount from batch b, jsonb_array_elements(b.entry -> 'postings') p where b.fund_id = $1 group by 1 order by 1`,
      [fundId],
    );
    const accounts = new Map(sums.map((s) => [s.account, BigInt(s.amount)]));
    const bucket = (name: string): bigint =>
      [...accounts].filter(([code]) => bucketOf(code) === name).reduce((sum, [, amount]) => sum + amount, 0n);
    const told = await row<{
      as_of: string;
      held: string;
      waiting: string | null;
      asked: string | null;
      paid: string | null;
      confirmed: string | null;
    }>(
      tx,
      "select as_of::text as as_of, held, waiting, asked, paid, confirmed from public_figures where fund_id = $1",
      [fundId],
    );
    const count = (text: string | null | undefined): bigint | null => (text === null ? null : BigInt(text ?? 0));
    const settled = bucket("settled");
    const held = BigInt(told?.held ?? 0);
    const starting = (prefix: string): bigint =>
      [...accounts].filter(([code]) => code.startsWith(prefix)).reduce((sum, [, amount]) => sum + amount, 0n);
    return {
      asOf: told?.as_of ?? null,
      settled,
      inTransit: bucket("in-transit"),
      reserve: 0n,
      held,
      onDeposit: bucket("on-deposit"),
      freeToPromise: settled - held,
      given: -starting("income:"),
      paidOut: starting("expenses:aid:"),
      waiting: count(told?.waiting),
      asked: count(told?.asked),
      paid: count(told?.paid),
      confirmed: count(told?.confirmed),
      accounts,
    };
  }

  /** Newest first, one page; `before` is a batch number, exclusive. */
  async batches(tx: Tx, fundId: string, before: number | null): Promise<PublishedBatch[]> {
    const found = await rows<{ batch_no: number; entry: PublicEntry }>(
      tx,
      "select batch_no, entry from batch where fund_id = $1 and ($2::int is null or batch_no < $2) order by batch_no desc limit $3",
      [fundId, before, PAGE_SIZE_MAX],
    );
    return found.map(({ batch_no, entry }) => ({ ...entry, batchNo: batch_no }));
  }

  /** Money in and out by week of publication, the last `count` weeks that saw any, without gaps. */
  async weeks(tx: Tx, fundId: string, count: number): Promise<Week[]> {
    const found = await rows<{ monday: string; money_in: string; money_out: string }>(
      tx,
      `select date_trunc('week', b.day)::date::text as monday,
              coalesce(-sum((p ->> 'amount')::numeric) filter (where p ->> 'account' like 'income:%'), 0)::text as money_in,
              coalesce(sum((p ->> 'amount')::numeric) filter (where p ->> 'account' like 'expenses:aid:%'), 0)::text as money_out
       from batch b, jsonb_array_elements(b.entry -> 'postings') p where b.fund_id = $1 group by 1 order by 1`,
      [fundId],
    );
    const last = found.at(-1);
    if (!last) return [];
    const byMonday = new Map(found.map((w) => [w.monday, w]));
    const from = found[0]?.monday ?? last.monday;
    const weeks: Week[] = [];
    for (let monday = mondayOf(last.monday); monday >= from && weeks.length < count; monday = addDays(monday, -7)) {
      const week = byMonday.get(monday);
      weeks.unshift({ monday, in: BigInt(week?.money_in ?? 0), out: BigInt(week?.money_out ?? 0) });
    }
    return weeks;
  }
}
