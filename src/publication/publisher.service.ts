import { Injectable } from "@nestjs/common";
import { Clock, dayIn, mondayOf, type Day } from "../kernel/clock.js";
import type { PublicationClock } from "../funds/charter.js";
import type { Fund } from "../funds/funds.service.js";
import type { TransactionKind } from "../ledger/transaction.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { cutBatches, cutByMonth, publicEntry, type Unpublished } from "./batch.js";

/** Counts that upper rooms hand down; publication knows nothing of the people behind them. */
export interface HandedDown {
  readonly waiting: bigint;
  readonly asked: bigint;
  readonly paid: bigint;
  readonly confirmed: bigint;
}

/** At most this many transactions of one kind move in one tick; the rest follows with the next. */
const TICK_SIZE_MAX = 5000;

/** Journal to public: on the charter's clock, also when nothing happened, so that the hour of a change tells nothing. */
@Injectable()
export class Publisher {
  constructor(private readonly clock: Clock) {}

  /** Publishes when a new period of the fund's clock has begun. Returns the number of batches, or null when it is not time yet. */
  async tick(tx: Tx, fund: Fund, handedDown: HandedDown): Promise<number | null> {
    const now = this.clock.now();
    const period = periodOf(fund.charter.publication.clock, fund.charter.timeZone, now);
    const last = await row<{ period: string }>(tx, "select period from public_figures where fund_id = $1", [
      fund.fundId,
    ]);
    if (last?.period === period) return null;
    const day = dayIn(fund.charter.timeZone, now);
    const kinds = await rows<{ kind: TransactionKind }>(
      tx,
      "select distinct t.kind from transaction t left join batch_member m using (fund_id, seq) where t.fund_id = $1 and m.seq is null",
      [fund.fundId],
    );
    let batches = 0;
    for (const { kind } of kinds) batches += await this.publishKind(tx, fund, kind, day);
    await this.figures(tx, fund, day, period, handedDown);
    return batches;
  }

  private async publishKind(tx: Tx, fund: Fund, kind: TransactionKind, day: Day): Promise<number> {
    const { k } = fund.charter.publication;
    const waiting = await this.unpublished(tx, fund.fundId, kind);
    const batches = kind === "import" ? cutByMonth(waiting, k) : cutBatches(waiting, k);
    for (const items of batches) {
      const of = kind === "import" ? (items.at(-1)?.day ?? day) : day;
      await tx.query("select publish_batch($1, $2, $3, $4, $5, $6)", [
        fund.fundId,
        kind,
        of,
        k,
        items.map((i) => i.seq.toString()),
        JSON.stringify(publicEntry(kind, of, items, k)),
      ]);
    }
    return batches.length;
  }

  private async unpublished(tx: Tx, fundId: string, kind: TransactionKind): Promise<Unpublished[]> {
    const found = await rows<{ seq: string; day: string; accounts: string[]; amounts: string[] }>(
      tx,
      `select t.seq, t.day::text as day, array_agg(a.code order by p.line) as accounts, array_agg(p.amount::text order by p.line) as amounts
       from (select t.* from transaction t left join batch_member m using (fund_id, seq) where t.fund_id = $1 and t.kind = $2 and m.seq is null order by t.seq limit $3) t
       join posting p using (fund_id, seq) join account a using (fund_id, account_no)
       group by t.seq, t.day order by t.seq`,
      [fundId, kind, TICK_SIZE_MAX],
    );
    return found.map((t) => ({
      seq: BigInt(t.seq),
      day: t.day,
      postings: t.accounts.map((account, i) => ({ account, amount: BigInt(t.amounts[i] ?? 0) })),
    }));
  }

  /** What is promised, paid and confirmed moves in public only when k of them changed; a count below k is not said. */
  private async figures(tx: Tx, fund: Fund, day: Day, period: string, counts: HandedDown): Promise<void> {
    const k = BigInt(fund.charter.publication.k);
    const hidden = (n: bigint): string | null => (n > 0n && n < k ? null : n.toString());
    await tx.query(
      `insert into public_figures as f (fund_id, as_of, period, waiting, asked) values ($1, $2, $3, $4, $5)
       on conflict (fund_id) do update set as_of = $2, period = $3, waiting = $4, asked = $5`,
      [fund.fundId, day, period, hidden(counts.waiting), hidden(counts.asked)],
    );
    await tx.query(
      `update public_figures set paid = $2::bigint, confirmed = $3::bigint
       where fund_id = $1 and (abs($2::bigint - paid) >= $4::bigint or abs($3::bigint - confirmed) >= $4::bigint)`,
      [fund.fundId, counts.paid.toString(), counts.confirmed < k ? "0" : counts.confirmed.toString(), k.toString()],
    );
    await tx.query(
      `update public_figures f set held = b.held, holds_seen = h.seen
       from book b, (select count(*) + count(*) filter (where released = amount) as seen from hold where fund_id = $1) h
       where f.fund_id = $1 and b.fund_id = $1 and h.seen - f.holds_seen >= $2`,
      [fund.fundId, k.toString()],
    );
  }
}

/** The name of the period that `now` is in: a new name means that it is time to publish. */
export function periodOf(clock: PublicationClock, timeZone: string, now: Date): string {
  const day = dayIn(timeZone, now);
  switch (clock) {
    case "ten-seconds":
      return `${now.toISOString().slice(0, 18)}0`;
    case "hour":
      return now.toISOString().slice(0, 13);
    case "day":
      return day;
    case "week":
      return mondayOf(day);
    case "month":
      return day.slice(0, 7);
  }
}
