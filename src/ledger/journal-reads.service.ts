import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { rows, type Tx } from "../platform/database/database.js";
import type { Reason, Transaction, TransactionKind } from "./transaction.js";

export const JOURNAL_PAGE_SIZE_MAX = 100;

/** Money in and out of one account in one month, both positive, by the kind of transaction. */
export interface MonthTotal {
  /** "2026-11" */
  readonly month: string;
  readonly account: string;
  readonly kind: TransactionKind;
  readonly debit: bigint;
  readonly credit: bigint;
}

/** Bail that is expected back, or could be once more. */
export interface Outstanding {
  readonly depositId: string;
  readonly postedDay: Day;
  readonly amount: bigint;
  readonly outstanding: bigint;
  /** Forfeited, and perhaps to be reinstated. */
  readonly forfeited: bigint;
}

interface Row {
  readonly seq: string;
  readonly kind: TransactionKind;
  readonly day: Day;
  readonly recorded_at: Date;
  readonly key: string;
  readonly reverses: string | null;
  readonly reason: Reason | null;
  readonly hold_id: string | null;
  readonly about: string | null;
  readonly source: string | null;
  readonly undone_by: string | null;
  readonly accounts: string[];
  readonly amounts: string[];
}

/** Reading the journal. Each of these costs the same however long the journal has become (bench `journal-reads`). */
@Injectable()
export class JournalReads {
  /** Newest first; `before` is a seq, exclusive. */
  async page(tx: Tx, fundId: string, before: bigint | null, limit = JOURNAL_PAGE_SIZE_MAX): Promise<Transaction[]> {
    const found = await rows<Row>(
      tx,
      `select t.seq, t.kind, t.day::text as day, t.recorded_at, t.key, t.reverses, t.reason, t.hold_id, t.about, t.source, p.accounts, p.amounts,
              (select r.seq from transaction r where r.fund_id = t.fund_id and r.reverses = t.seq) as undone_by
       from (select * from transaction where fund_id = $1 and seq < coalesce($2::bigint, 9223372036854775807) order by seq desc limit $3) t
       cross join lateral (select array_agg(a.code order by p.line) as accounts, array_agg(p.amount::text order by p.line) as amounts
                           from posting p join account a using (fund_id, account_no) where p.fund_id = t.fund_id and p.seq = t.seq) p
       order by t.seq desc`,
      [fundId, before?.toString() ?? null, limit],
    );
    return found.map(transactionOf);
  }

  /** One transaction, or null. */
  async at(tx: Tx, fundId: string, seq: bigint): Promise<Transaction | null> {
    const [found] = await this.page(tx, fundId, seq + 1n, 1);
    return found?.seq === seq ? found : null;
  }

  /** Balances by account at the end of a day of the fund: today's, less what came after it. */
  async balancesOn(tx: Tx, fundId: string, day: Day): Promise<Map<string, bigint>> {
    const found = await rows<{ code: string; balance: string }>(
      tx,
      `select a.code, a.balance - coalesce(sum(d.debit - d.credit), 0) as balance
       from account a left join account_day d on d.fund_id = a.fund_id and d.account_no = a.account_no and d.day > $2
       where a.fund_id = $1 group by a.code, a.balance order by a.code`,
      [fundId, day],
    );
    return new Map(found.map((a) => [a.code, BigInt(a.balance)]));
  }

  /** Balances by account right after a seq: the mark before it, and the few transactions since. */
  async balancesAt(tx: Tx, fundId: string, seq: bigint): Promise<Map<string, bigint>> {
    // Two steps, so that the second one's range is known when it is planned: else it is taken for a part of the whole journal.
    const [mark] = await rows<{ seq: string }>(
      tx,
      "select coalesce(max(seq), 0) as seq from balance_mark where fund_id = $1 and seq <= $2",
      [fundId, seq.toString()],
    );
    const found = await rows<{ code: string; balance: string }>(
      tx,
      `select a.code, coalesce(m.balance, 0) + coalesce(s.amount, 0) as balance
       from account a left join balance_mark m on m.fund_id = a.fund_id and m.seq = $2 and m.account_no = a.account_no
            left join (select p.account_no, sum(p.amount) as amount from posting p where p.fund_id = $1 and p.seq > $2 and p.seq <= $3 group by 1) s on s.account_no = a.account_no
       where a.fund_id = $1 order by a.code`,
      [fundId, mark?.seq ?? "0", seq.toString()],
    );
    return new Map(found.map((a) => [a.code, BigInt(a.balance)]));
  }

  /** The totals of the months from the one that `from` is in, oldest first. */
  async monthTotals(tx: Tx, fundId: string, from: Day): Promise<MonthTotal[]> {
    const found = await rows<{ month: string; code: string; kind: TransactionKind; debit: string; credit: string }>(
      tx,
      `select to_char(d.day, 'YYYY-MM') as month, a.code, d.kind, sum(d.debit)::text as debit, sum(d.credit)::text as credit
       from account_day d join account a using (fund_id, account_no)
       where d.fund_id = $1 and d.day >= date_trunc('month', $2::date)::date group by 1, 2, 3 order by 1, 2, 3`,
      [fundId, from],
    );
    return found.map(({ code, debit, credit, ...rest }) => ({
      ...rest,
      account: code,
      debit: BigInt(debit),
      credit: BigInt(credit),
    }));
  }

  /** What is out on deposit, or was forfeited and may be reinstated; oldest first. */
  async outstandingDeposits(tx: Tx, fundId: string): Promise<Outstanding[]> {
    const found = await rows<{
      deposit_id: string;
      posted_day: string;
      amount: string;
      outstanding: string;
      forfeited: string;
    }>(
      tx,
      `select deposit_id, posted_day::text as posted_day, amount, outstanding, forfeited from deposit
       where fund_id = $1 and (outstanding > 0 or forfeited > 0) order by posted_day, deposit_id`,
      [fundId],
    );
    return found.map((d) => ({
      depositId: d.deposit_id,
      postedDay: d.posted_day,
      amount: BigInt(d.amount),
      outstanding: BigInt(d.outstanding),
      forfeited: BigInt(d.forfeited),
    }));
  }
}

function transactionOf(found: Row): Transaction {
  return {
    seq: BigInt(found.seq),
    kind: found.kind,
    day: found.day,
    recordedAt: found.recorded_at,
    key: found.key,
    postings: found.accounts.map((account, i) => ({ account, amount: BigInt(found.amounts[i] ?? 0) })),
    ...(found.reverses !== null && found.reason !== null
      ? { undoes: { seq: BigInt(found.reverses), reason: found.reason } }
      : {}),
    ...(found.hold_id === null ? {} : { hold: found.hold_id }),
    ...(found.about === null ? {} : { about: found.about }),
    ...(found.source === null ? {} : { source: found.source }),
    ...(found.undone_by === null ? {} : { undoneBy: BigInt(found.undone_by) }),
  };
}
