import { Injectable } from "@nestjs/common";
import { addDays, mondayOf, type Day } from "../kernel/clock.js";
import { bucketOf } from "../ledger/account.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { decodeEntry } from "../publication/entry-format.js";
import type { ConfirmationsEntry, Entry, EntryKind, ImportedEntry, Placed, QueueEntry } from "../publication/entry.js";

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
  /** Everything that was ever posted as bail: the same money may have gone out several times. */
  readonly bailPosted: bigint;
  /** Null where the number is below k. */
  readonly waiting: bigint | null;
  readonly asked: bigint | null;
  /** How often the quorum let somebody go before the line; 0 until it is k times. */
  readonly outOfTurn: bigint;
  readonly paid: bigint;
  readonly confirmed: bigint;
  readonly accounts: ReadonlyMap<string, bigint>;
}

export interface Week {
  readonly monday: Day;
  readonly in: bigint;
  readonly out: bigint;
}

export const PAGE_SIZE_MAX = 50;
/** A fund moves in once or twice; the books page names the newest sections. */
const SECTIONS_MAX = 12;

/** What the log shows, as far as its published checkpoint goes. */
const PUBLISHED = "from log_entry e join published p on p.fund_id = e.fund_id and e.idx < p.size where e.fund_id = $1";

@Injectable()
export class Figures {
  async of(tx: Tx, fundId: string): Promise<PublicFigures> {
    const sums = await rows<{ account: string; amount: string }>(
      tx,
      "select account, sum(amount)::text as amount from public_total where fund_id = $1 group by 1 order by 1",
      [fundId],
    );
    const accounts = new Map(sums.map((s) => [s.account, BigInt(s.amount)]));
    const total = (of: (code: string) => boolean): bigint =>
      [...accounts].filter(([code]) => of(code)).reduce((sum, [, amount]) => sum + amount, 0n);
    const told = await row<{ as_of: string }>(tx, "select as_of::text as as_of from publication where fund_id = $1", [
      fundId,
    ]);
    const queue = await this.last<QueueEntry>(tx, fundId, "queue");
    const confirmations = await this.last<ConfirmationsEntry>(tx, fundId, "confirmations");
    const bail = await row<{ sum: string }>(
      tx,
      `select coalesce(sum((convert_from(e.body, 'UTF8')::jsonb ->> 'sum')::bigint), 0)::text as sum ${PUBLISHED} and e.kind = 'deposits'`,
      [fundId],
    );
    const count = (n: number | null | undefined): bigint | null => (n === null ? null : BigInt(n ?? 0));
    const settled = total((code) => bucketOf(code) === "settled");
    const held = BigInt(queue?.held ?? 0);
    return {
      asOf: accounts.size > 0 || queue !== null ? (told?.as_of ?? null) : null,
      settled,
      inTransit: total((code) => bucketOf(code) === "in-transit"),
      reserve: 0n,
      held,
      onDeposit: total((code) => bucketOf(code) === "on-deposit"),
      freeToPromise: settled - held,
      given: -total((code) => code.startsWith("income:")),
      paidOut: total((code) => code.startsWith("expenses:aid:")),
      bailPosted: BigInt(bail?.sum ?? 0),
      waiting: count(queue?.waiting),
      asked: count(queue?.asked),
      outOfTurn: BigInt(queue?.outOfTurn ?? 0),
      paid: BigInt(confirmations?.paid ?? 0),
      confirmed: BigInt(confirmations?.confirmed ?? 0),
      accounts,
    };
  }

  private async last<T extends Entry>(tx: Tx, fundId: string, kind: T["kind"]): Promise<T | null> {
    const found = await row<{ body: Buffer }>(
      tx,
      `select e.body ${PUBLISHED} and e.kind = $2 order by e.idx desc limit 1`,
      [fundId, kind],
    );
    const entry = found === null ? "" : decodeEntry(found.body);
    return typeof entry === "string" ? null : (entry as T);
  }

  /** Oldest first, from an index on. */
  async entries(tx: Tx, fundId: string, from: number, limit: number): Promise<Placed[]> {
    const found = await rows<{ idx: string; body: Buffer }>(
      tx,
      `select e.idx, e.body ${PUBLISHED} and e.idx >= $2 order by e.idx limit $3`,
      [fundId, from, limit],
    );
    return found.flatMap(placed);
  }

  /** Newest first, one page; `before` is an index, exclusive; `month` is like "2026-11". */
  async page(
    tx: Tx,
    fundId: string,
    wanted: { before: number | null; kind: EntryKind | null; month: string | null },
  ): Promise<Placed[]> {
    const found = await rows<{ idx: string; body: Buffer }>(
      tx,
      `select e.idx, e.body ${PUBLISHED} and ($2::bigint is null or e.idx < $2) and ($3::text is null or e.kind = $3)
         and ($4::date is null or (e.day >= $4 and e.day < $4::date + interval '1 month')) order by e.idx desc limit $5`,
      [fundId, wanted.before, wanted.kind, wanted.month === null ? null : `${wanted.month}-01`, PAGE_SIZE_MAX],
    );
    return found.flatMap(placed);
  }

  /** What was moved in from elsewhere, oldest first. */
  async imported(tx: Tx, fundId: string): Promise<(Placed & { entry: ImportedEntry })[]> {
    const found = await rows<{ idx: string; body: Buffer }>(
      tx,
      `select e.idx, e.body ${PUBLISHED} and e.kind = 'imported' order by e.idx desc limit $2`,
      [fundId, SECTIONS_MAX],
    );
    const sections = found.flatMap(placed).reverse();
    return sections.flatMap(({ index, entry }) => (entry.kind === "imported" ? [{ index, entry }] : []));
  }

  /** What there is to choose from: the kinds and months that have entries, newest month first. */
  async choices(tx: Tx, fundId: string): Promise<{ kinds: EntryKind[]; months: string[] }> {
    const kinds = await rows<{ kind: EntryKind }>(tx, `select distinct e.kind ${PUBLISHED} order by 1`, [fundId]);
    const months = await rows<{ month: string }>(
      tx,
      `select distinct to_char(e.day, 'YYYY-MM') as month ${PUBLISHED} order by 1 desc`,
      [fundId],
    );
    return { kinds: kinds.map((k) => k.kind), months: months.map((m) => m.month) };
  }

  /** Money in and out by week of publication, the last `count` weeks that saw any, without gaps. */
  async weeks(tx: Tx, fundId: string, count: number): Promise<Week[]> {
    const found = await rows<{ monday: string; money_in: string; money_out: string }>(
      tx,
      `select monday::text as monday, coalesce(-sum(amount) filter (where account like 'income:%'), 0)::text as money_in,
              coalesce(sum(amount) filter (where account like 'expenses:aid:%'), 0)::text as money_out
       from public_total where fund_id = $1 group by 1 order by 1`,
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

function placed({ idx, body }: { idx: string; body: Buffer }): Placed[] {
  const entry = decodeEntry(body);
  return typeof entry === "string" ? [] : [{ index: Number(idx), entry }];
}
