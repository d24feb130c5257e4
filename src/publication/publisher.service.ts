import { Injectable } from "@nestjs/common";
import { Clock, dayIn, mondayOf, type Day } from "../kernel/clock.js";
import type { TransactionKind } from "../ledger/transaction.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { cutBatches, cutByMonth, publicEntry, type Unpublished } from "./batch.js";

/** How often the public books move: a fixed clock, also when nothing happened. Ten seconds is for practice. */
export type PublicationClock = "ten-seconds" | "hour" | "day" | "week" | "month";

/** What publication needs to know of a fund. */
export interface Published {
  readonly fundId: string;
  readonly charter: {
    readonly timeZone: string;
    readonly publication: { readonly clock: PublicationClock; readonly k: number };
  };
}

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
  async tick(tx: Tx, fund: Published, handedDown: HandedDown): Promise<number | null> {
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
    for (const kind of kindsInOrder(kinds.map((row) => row.kind)))
      batches += await this.publishKind(tx, fund, kind, day);
    await this.figures(tx, fund, day, period, handedDown);
    return batches;
  }

  private async publishKind(tx: Tx, fund: Published, kind: TransactionKind, day: Day): Promise<number> {
    const { k } = fund.charter.publication;
    const waiting = await this.unpublished(tx, fund.fundId, kind);
    const batches =
      kind === "import"
        ? cutByMonth(waiting, k)
        : kind === "available"
          ? await this.wholeGiftBatches(tx, fund.fundId, waiting)
          : cutBatches(waiting, k);
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

  /**
   * Releases by Stripe are published for whole batches of gifts alone: what is still on its way in public is then always a sum of whole batches,
   * and never a single gift.
   */
  private async wholeGiftBatches(tx: Tx, fundId: string, waiting: readonly Unpublished[]): Promise<Unpublished[][]> {
    const whole = await rows<{ seqs: string[] }>(
      tx,
      `select array_agg(v.seq::text) as seqs
       from batch b join batch_member m using (fund_id, batch_no) join transaction g on g.fund_id = m.fund_id and g.seq = m.seq
       join transaction v on v.fund_id = g.fund_id and v.key = 'available:' || substr(g.key, 6)
       where b.fund_id = $1 and b.kind = 'gift' and not exists (select from batch_member p where p.fund_id = v.fund_id and p.seq = v.seq)
       group by b.batch_no, b.entry having count(*) = (b.entry ->> 'count')::int`,
      [fundId],
    );
    const bySeq = new Map(waiting.map((item) => [item.seq.toString(), item]));
    return whole
      .map(({ seqs }) => seqs.flatMap((seq) => bySeq.get(seq) ?? []))
      .filter((items, i) => items.length === whole[i]?.seqs.length);
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
  private async figures(tx: Tx, fund: Published, day: Day, period: string, counts: HandedDown): Promise<void> {
    const k = BigInt(fund.charter.publication.k);
    const hidden = (n: bigint): string | null => (n > 0n && n < k ? null : n.toString());
    await tx.query(
      `insert into public_figures as f (fund_id, as_of, period, waiting, asked) values ($1, $2, $3, $4, $5)
       on conflict (fund_id) do update set as_of = $2, period = $3, waiting = $4, asked = $5`,
      [fund.fundId, day, period, hidden(counts.waiting), hidden(counts.asked)],
    );
    for (const count of ["paid", "confirmed"] as const) {
      await tx.query(
        `update public_figures set ${count} = $2::bigint where fund_id = $1 and abs($2::bigint - ${count}) >= $3::bigint`,
        [fund.fundId, counts[count].toString(), k.toString()],
      );
    }
    // k different holds were placed, or k were used up; and those that are left are none, or k.
    await tx.query(
      `update public_figures f set held = b.held, holds_placed = h.placed, holds_finished = h.finished
       from book b, (select count(*) as placed, count(*) filter (where released = amount) as finished from hold where fund_id = $1) h
       where f.fund_id = $1 and b.fund_id = $1 and greatest(h.placed - f.holds_placed, h.finished - f.holds_finished) >= $2::bigint
         and (h.placed = h.finished or h.placed - h.finished >= $2::bigint)`,
      [fund.fundId, k.toString()],
    );
  }
}

/** Moves between holdings change nothing that the public sees; gifts come before what becomes of them. */
function kindsInOrder(kinds: readonly TransactionKind[]): TransactionKind[] {
  return kinds
    .filter((kind) => kind !== "bank" && kind !== "moved")
    .sort((a, b) => Number(b === "gift") - Number(a === "gift"));
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
