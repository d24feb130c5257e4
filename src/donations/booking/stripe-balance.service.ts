import { Injectable } from "@nestjs/common";
import type Stripe from "stripe";
import { Clock, type Day } from "../../kernel/clock.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database, row, rows, type Tx } from "../../platform/database/database.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";

/** Sums in minor units, as Stripe splits them. */
export interface Split {
  readonly available: bigint;
  readonly pending: bigint;
}

/** What Stripe said at the last look, and our side of it at that moment. */
export interface BalanceRead {
  readonly readAt: Date;
  readonly stripe: Split;
  /** The books of all funds on the account. */
  readonly books: Split;
  /** On the account before us, another program's, or nobody's yet. */
  readonly notOurs: Split;
  readonly differsSince: Date | null;
  /** Do other funds use this account too? */
  readonly shared: boolean;
}

/** One thing that one side knows and the other does not. `line` is Stripe's name of it, or ours; null when it is another fund's. */
export interface Unmatched {
  readonly day: Day;
  readonly line: string | null;
  readonly type: string;
  readonly amount: bigint | null;
  readonly why: "not-booked" | "booked-otherwise" | "nobodys" | "not-at-stripe";
}

const SHOWN_MAX = 20;

/** The books of an account's funds: $1 account, $2 currency. */
const BOOKS = `select coalesce(sum(a.balance) filter (where a.code = 'assets:stripe'), 0) as available, coalesce(sum(a.balance) filter (where a.code = 'assets:stripe:pending'), 0) as pending
  from account a join fund f using (fund_id) left join card_account c using (fund_id) where coalesce(c.account, '') = $1 and f.currency = $2`;

/**
 * Stripe's balance beside ours. A look is kept only when Stripe said the same before and after its lines were read, so that what is on its way at that moment makes no
 * difference of its own.
 */
@Injectable()
export class StripeBalance {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly clock: Clock,
  ) {}

  retrieve(account: string): Promise<Stripe.Balance> {
    return this.cards.required().balance.retrieve({}, onAccount(account));
  }

  /** Keeps the look, unless the account moved between `before` and now. `linesFrom` is where the sweep of this account begins, in unix seconds. */
  async keep(account: string, before: Stripe.Balance, linesFrom: number): Promise<void> {
    const after = await this.retrieve(account);
    if (JSON.stringify(splits(before)) !== JSON.stringify(splits(after))) return;
    for (const [currency, { available, pending }] of Object.entries(splits(after)))
      await this.keepOne(account, currency, { available: BigInt(available), pending: BigInt(pending) }, linesFrom);
  }

  private async keepOne(account: string, currency: string, stripe: Split, linesFrom: number): Promise<void> {
    const now = this.clock.now();
    const from = new Date(linesFrom * 1000);
    await this.database.atomically(async (tx) => {
      // One snapshot of lines and books.
      await tx.query("set transaction isolation level repeatable read");
      const ours = await row(
        tx,
        "select 1 from fund f left join card_account c using (fund_id) where coalesce(c.account, '') = $1 and f.currency = $2",
        [account, currency],
      );
      if (ours === null) return;
      const kept = await row<{ opening: string; from: Date; differs: Date | null }>(
        tx,
        "select opening, lines_from as from, differs_since as differs from stripe_balance where account = $1 and currency = $2",
        [account, currency],
      );
      const since = kept?.from ?? from;
      const known = await row<{ sum: string }>(
        tx,
        "select coalesce(sum(amount - fee), 0) as sum from stripe_line where account = $1 and currency = $2 and created_at >= $3",
        [account, currency, since],
      );
      const opening =
        kept === null ? stripe.available + stripe.pending - BigInt(known?.sum ?? 0) : BigInt(kept.opening);
      const books = splitOf(await row(tx, BOOKS, [account, currency]));
      const nobodys = splitOf(
        await row(
          tx,
          `select coalesce(sum(amount - fee) filter (where available_at <= $3), 0) as available, coalesce(sum(amount - fee) filter (where available_at > $3), 0) as pending
           from stripe_line where account = $1 and currency = $2 and standing in ('foreign', 'unassigned') and created_at >= $4`,
          [account, currency, now, since],
        ),
      );
      // Of a payout, what it took of money that is not our funds'.
      const theirs = await row<{ sum: string }>(
        tx,
        `select coalesce(sum(l.amount - l.fee - b.sum), 0) as sum from stripe_line l cross join lateral (
           select sum(p.amount) as sum from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no) where t.source = l.line_id and a.code = 'assets:stripe') b
         where l.account = $1 and l.currency = $2 and l.standing = 'shared' and b.sum is not null`,
        [account, currency],
      );
      const others = { available: opening + nobodys.available + BigInt(theirs?.sum ?? 0), pending: nobodys.pending };
      const agrees =
        stripe.available === books.available + others.available && stripe.pending === books.pending + others.pending;
      await tx.query(
        `insert into stripe_balance (account, currency, available, pending, opening, lines_from, books_available, books_pending, others_available, others_pending, read_at, differs_since)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (account, currency) do update set available = excluded.available, pending = excluded.pending, books_available = excluded.books_available, books_pending = excluded.books_pending,
           others_available = excluded.others_available, others_pending = excluded.others_pending, read_at = excluded.read_at, differs_since = excluded.differs_since`,
        [
          account, currency, stripe.available, stripe.pending, opening, since, books.available, books.pending, others.available, others.pending, now,
          agrees ? null : (kept?.differs ?? now),
        ],
      ); // prettier-ignore
    });
  }

  /** The last look at the account of this fund; null before the first. */
  async of(tx: Tx, fund: Fund): Promise<BalanceRead | null> {
    const account = await this.accountOf(tx, fund);
    const read = await row<{
      available: string; pending: string; books_available: string; books_pending: string; others_available: string; others_pending: string; readAt: Date; differsSince: Date | null; funds: number;
    }>(
      tx,
      `select available, pending, books_available, books_pending, others_available, others_pending, read_at as "readAt", differs_since as "differsSince",
         (select count(*)::int from fund f left join card_account c using (fund_id) where coalesce(c.account, '') = b.account) as funds
       from stripe_balance b where account = $1 and currency = $2`,
      [account, fund.currency],
    ); // prettier-ignore
    if (read === null) return null;
    return {
      readAt: read.readAt,
      differsSince: read.differsSince,
      stripe: { available: BigInt(read.available), pending: BigInt(read.pending) },
      books: { available: BigInt(read.books_available), pending: BigInt(read.books_pending) },
      notOurs: { available: BigInt(read.others_available), pending: BigInt(read.others_pending) },
      shared: account === "" && read.funds > 1,
    };
  }

  /** What makes a difference, oldest first: there it starts. Of other funds on the account only that there is something. */
  async unmatched(tx: Tx, fund: Fund): Promise<Unmatched[]> {
    const account = await this.accountOf(tx, fund);
    const found = await rows<{
      day: Day;
      line: string;
      type: string;
      amount: string;
      why: Unmatched["why"];
      mine: boolean;
    }>(
      tx,
      `select * from (
         select (l.created_at at time zone 'UTC')::date::text as day, l.line_id as line, l.type, l.amount - l.fee as amount,
           case when l.standing = 'unassigned' then 'nobodys' when t.seq is null then 'not-booked' else 'booked-otherwise' end as why, l.fund_id is null or l.fund_id = $3 as mine, l.created_at as at
         from stripe_line l left join transaction t on t.source = l.line_id and (l.fund_id is null or t.fund_id = l.fund_id)
         left join lateral (select sum(p.amount) as net from posting p join account a using (fund_id, account_no)
           where p.fund_id = t.fund_id and p.seq = t.seq and a.code in ('assets:stripe', 'assets:stripe:pending')) p on true
         where l.account = $1 and l.currency = $2 and l.amount <> l.fee and (l.standing = 'unassigned' or (l.standing = 'shared' and t.seq is null)
           or (l.standing = 'fund' and (t.seq is null or p.net is distinct from l.amount - l.fee)))
         union all
         select t.day::text, t.key, t.kind::text, p.net, 'not-at-stripe', t.fund_id = $3, t.recorded_at
         from transaction t join fund f using (fund_id) left join card_account c using (fund_id) cross join lateral (select sum(p.amount) as net from posting p join account a using (fund_id, account_no)
           where p.fund_id = t.fund_id and p.seq = t.seq and a.code in ('assets:stripe', 'assets:stripe:pending')) p
         where coalesce(c.account, '') = $1 and f.currency = $2 and p.net <> 0 and not exists (select from stripe_line l where l.line_id = t.source)
       ) u order by at, line limit ${SHOWN_MAX}`,
      [account, fund.currency, fund.fundId],
    );
    return found.map((u) => ({
      day: u.day,
      type: u.type,
      why: u.why,
      line: u.mine ? u.line : null,
      amount: u.mine ? BigInt(u.amount) : null,
    }));
  }

  private async accountOf(tx: Tx, fund: Fund): Promise<string> {
    const found = await row<{ account: string }>(tx, "select account from card_account where fund_id = $1", [
      fund.fundId,
    ]);
    return found?.account ?? "";
  }
}

/** By currency; a currency that stands on one side alone has nothing on the other. */
function splits(balance: Stripe.Balance): Record<string, { available: number; pending: number }> {
  const found: Record<string, { available: number; pending: number }> = {};
  for (const [side, sums] of [["available", balance.available], ["pending", balance.pending]] as const)
    for (const { amount, currency } of sums) {
      const one = (found[currency] ??= { available: 0, pending: 0 });
      one[side] += amount;
    } // prettier-ignore
  return found;
}

function splitOf(found: object | null): Split {
  const { available, pending } = found as { available: string; pending: string };
  return { available: BigInt(available), pending: BigInt(pending) };
}
