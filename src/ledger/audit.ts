import { rows, type Tx } from "../platform/database/database.js";

/** One invariant of docs/architecture.md, checked with SQL of its own and none of the journal's code. */
export interface Finding {
  readonly invariant: string;
  readonly checked: number;
  readonly violations: number;
  readonly first: string | null;
}

const CHECKS: readonly { invariant: string; sql: string }[] = [
  {
    invariant: "1 every transaction has two postings or more, none of zero, and adds up to zero",
    sql: `select count(*) as checked, count(*) filter (where bad) as violations, min(id) filter (where bad) as first from (
            select t.fund_id || '/' || t.seq as id, count(p.line) <> t.lines or count(p.line) < 2 or coalesce(sum(p.amount), 1) <> 0 as bad
            from transaction t left join posting p using (fund_id, seq) group by t.fund_id, t.seq, t.lines) q`,
  },
  {
    invariant: "1 no posting stands without its transaction and its account",
    sql: `select count(*) as checked, count(*) filter (where bad) as violations, min(id) filter (where bad) as first from (
            select p.fund_id || '/' || p.seq as id, t.seq is null or a.account_no is null as bad from posting p
            left join transaction t using (fund_id, seq) left join account a on a.fund_id = p.fund_id and a.account_no = p.account_no) q`,
  },
  {
    invariant: "2 every stored balance equals its postings",
    sql: `select count(*) as checked, count(*) filter (where bad) as violations, min(id) filter (where bad) as first from (
            select a.fund_id || '/' || a.code as id, a.balance <> coalesce((select sum(amount) from posting p where p.fund_id = a.fund_id and p.account_no = a.account_no), 0) as bad
            from account a) q`,
  },
  {
    invariant: "2 the five balances equal their accounts and their holds",
    sql: `select count(*) as checked, count(*) filter (where bad) as violations, min(id) filter (where bad) as first from (
            select b.fund_id::text as id, (b.settled, b.in_transit, b.on_deposit, b.held) is distinct from (
              (select coalesce(sum(balance), 0)::bigint from account a where a.fund_id = b.fund_id and bucket = 'settled'),
              (select coalesce(sum(balance), 0)::bigint from account a where a.fund_id = b.fund_id and bucket = 'in-transit'),
              (select coalesce(sum(balance), 0)::bigint from account a where a.fund_id = b.fund_id and bucket = 'on-deposit'),
              (select coalesce(sum(amount - released), 0)::bigint from hold h where h.fund_id = b.fund_id)) as bad
            from book b) q`,
  },
  {
    invariant: "4 seq runs from 1 without a gap",
    sql: `select count(*) as checked, count(*) filter (where bad) as violations, min(id) filter (where bad) as first from (
            select b.fund_id::text as id, (select count(*) from transaction t where t.fund_id = b.fund_id) <> b.next_seq - 1
              or coalesce((select max(seq) from transaction t where t.fund_id = b.fund_id), 0) <> b.next_seq - 1 as bad from book b) q`,
  },
  {
    invariant: "5 every public batch holds k transactions or more, of one kind",
    sql: `select count(*) as checked, count(*) filter (where bad) as violations, min(id) filter (where bad) as first from (
            select b.fund_id || '/' || b.batch_no as id, count(m.seq) < 3 or count(m.seq) <> (b.entry ->> 'count')::int or bool_or(t.kind <> b.kind) as bad
            from batch b left join batch_member m using (fund_id, batch_no) left join transaction t on t.fund_id = m.fund_id and t.seq = m.seq
            group by b.fund_id, b.batch_no, b.entry) q`,
  },
];

/** Runs every check in one snapshot. Nothing found means every `violations` is 0. */
export async function audit(tx: Tx): Promise<Finding[]> {
  await tx.query("set transaction isolation level repeatable read read only");
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    const [found] = await rows<{ checked: string; violations: string; first: string | null }>(tx, check.sql);
    findings.push({
      invariant: check.invariant,
      checked: Number(found?.checked ?? 0),
      violations: Number(found?.violations ?? 0),
      first: found?.first ?? null,
    });
  }
  return findings;
}
