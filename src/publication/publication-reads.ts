import type { Json } from "../kernel/canonical-json.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import type { TransactionKind } from "../ledger/transaction.js";
import type { Unpublished } from "./batch.js";
import type { Entry, EntryKind, KeyEntry } from "./entry.js";
import { decodeEntry } from "./entry-format.js";

/** At most this many transactions move in one tick; the rest follows with the next. */
const TICK_SIZE_MAX = 50_000;

/** What waits to be published, in the order of the journal. */
export async function unpublishedOf(tx: Tx, fundId: string): Promise<Unpublished[]> {
  const found = await rows<{
    seq: string;
    kind: TransactionKind;
    day: string;
    hold_id: string | null;
    about: string | null;
    accounts: string[];
    amounts: string[];
  }>(
    tx,
    // Row by row through the indexes, whatever the planner believes of a table that is empty most of the time (measured: 16 s for 10,000 instead of 0.1).
    `select t.seq, t.kind, t.day::text as day, t.hold_id, t.about, p.accounts, p.amounts
     from (select seq from unpublished where fund_id = $1 order by seq limit $2) u
     cross join lateral (select * from transaction t where t.fund_id = $1 and t.seq = u.seq offset 0) t
     cross join lateral (select array_agg(a.code order by p.line) as accounts, array_agg(p.amount::text order by p.line) as amounts
                         from posting p join account a on a.fund_id = $1 and a.account_no = p.account_no where p.fund_id = $1 and p.seq = u.seq) p
     order by t.seq`,
    [fundId, TICK_SIZE_MAX],
  );
  return found.map((t) => ({
    seq: BigInt(t.seq),
    kind: t.kind,
    day: t.day,
    hold: t.hold_id,
    about: t.about,
    postings: t.accounts.map((account, i) => ({ account, amount: BigInt(t.amounts[i] ?? 0) })),
  }));
}

/** A release by Stripe that waits, and what it releases, with that one's batch where it is in the log already. */
export interface Release {
  readonly seq: string;
  readonly of: string;
  readonly index: number | null;
  /** How many of that batch were kept back by Stripe. */
  readonly batchSize: number;
}

export async function releasesOf(tx: Tx, fundId: string): Promise<Release[]> {
  const found = await rows<{ seq: string; of: string; idx: string | null; n: string }>(
    tx,
    `select v.seq, g.seq as of, m.idx, (select count(*) from batch_member b where b.fund_id = $1 and b.idx = m.idx and exists (
              select from posting p join account a using (fund_id, account_no) where p.fund_id = $1 and p.seq = b.seq and a.code = 'assets:stripe:pending')) as n
     from unpublished u join transaction v using (fund_id, seq) join transaction g on g.fund_id = v.fund_id and g.key = substr(v.key, 11)
     left join batch_member m on m.fund_id = g.fund_id and m.seq = g.seq where u.fund_id = $1 and u.entry_kind = 'available' order by v.seq`,
    [fundId],
  );
  return found.map(({ seq, of, idx, n }) => ({
    seq,
    of,
    index: idx === null ? null : Number(idx),
    batchSize: Number(n),
  }));
}

/** What was approved for holds: the commitment, and the approvals behind it, each with its place in the log if it is there. */
export interface Decision {
  readonly commitment: string;
  readonly approvals: readonly { readonly submissionId: string; readonly index: number | null; readonly entry: Json }[];
}

export async function decisionsOf(tx: Tx, fundId: string, holds: readonly string[]): Promise<Map<string, Decision>> {
  const found = await rows<{
    hold_id: string;
    commitment: string;
    submission_id: string | null;
    idx: string | null;
    entry: Json;
  }>(
    tx,
    `select d.hold_id, encode(d.commitment, 'hex') as commitment, s.submission_id, e.idx, m.entry
     from decision d left join support s using (fund_id, commitment) left join submission m using (fund_id, submission_id)
     left join log_entry e on e.fund_id = d.fund_id and e.submission_id = s.submission_id
     where d.fund_id = $1 and d.hold_id = any ($2) order by m.submission_no`,
    [fundId, holds],
  );
  const decisions = new Map<string, Decision>();
  for (const { hold_id: hold, commitment, submission_id: submissionId, idx, entry } of found) {
    const approvals = decisions.get(hold)?.approvals ?? [];
    const more = submissionId === null ? [] : [{ submissionId, index: idx === null ? null : Number(idx), entry }];
    decisions.set(hold, { commitment, approvals: [...approvals, ...more] });
  }
  return decisions;
}

/** Entries that were handed down and go out with the next tick; the fund's own first. */
export async function submissionsOf(
  tx: Tx,
  fundId: string,
): Promise<{ submissionId: string; entry: { kind: EntryKind } }[]> {
  const found = await rows<{ submission_id: string; entry: { kind: EntryKind } }>(
    tx,
    `select s.submission_id, s.entry from submission s left join log_entry e using (fund_id, submission_id)
     where s.fund_id = $1 and not s.waits and e.idx is null order by s.entry ->> 'kind' <> 'genesis', s.submission_no`,
    [fundId],
  );
  return found.map(({ submission_id: submissionId, entry }) => ({ submissionId, entry }));
}

/** Imported lines that sections in the log tell of and that no batch holds yet. */
export async function importsToTell(tx: Tx, fundId: string): Promise<number> {
  const found = await row<{ n: string }>(
    tx,
    `select (select coalesce(sum((convert_from(body, 'UTF8')::jsonb ->> 'booked')::bigint), 0) from log_entry where fund_id = $1 and kind = 'imported')
          - (select count(*) from batch_member m join transaction t using (fund_id, seq) where m.fund_id = $1 and t.kind = 'import') as n`,
    [fundId],
  );
  return Number(found?.n ?? 0);
}

/** The newest entry of a kind, or null. */
export async function lastOf<T extends Entry>(tx: Tx, fundId: string, kind: T["kind"]): Promise<T | null> {
  const found = await row<{ body: Buffer }>(
    tx,
    "select body from log_entry where fund_id = $1 and kind = $2 order by idx desc limit 1",
    [fundId, kind],
  );
  const entry = found === null ? "" : decodeEntry(found.body);
  return typeof entry === "string" ? null : (entry as T);
}

/** The log's keys as it announced them, beginning with the one that it began with. */
export async function knownKeys(tx: Tx, fundId: string, first: string): Promise<Set<string>> {
  const found = await rows<{ body: Buffer }>(
    tx,
    "select body from log_entry where fund_id = $1 and kind = 'key' order by idx",
    [fundId],
  );
  const known = new Set([first]);
  for (const { body } of found) {
    const entry = decodeEntry(body) as KeyEntry;
    if (entry.state === "added") known.add(entry.vkey);
    else known.delete(entry.vkey);
  }
  return known;
}
