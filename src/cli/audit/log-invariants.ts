import type { Invariant } from "./invariant.js";

/** The entries of the log as JSON, with what is behind them. */
const ENTRIES =
  "select fund_id, idx, kind, day, hash, body, submission_id, convert_from(body, 'UTF8')::jsonb as j from log_entry";
/** In public all that is settled is one account, and kinds of help may be folded into "other". */
const account = (code: string): string =>
  `case when ${code} like 'expenses:aid:%' then 'expenses:aid' when ${code} like 'assets:%' and ${code} not in ('assets:stripe:pending', 'assets:deposits', 'assets:disputed') then 'assets:holdings' else ${code} end`;

/** What journal, log and governance must say of each other. The log's own signatures, proofs and grammar are `verify`'s, which the audit runs as well. */
export const LOG_INVARIANTS: readonly Invariant[] = [
  {
    number: 5,
    says: "every transaction that publication has looked at is in one entry, or waits for its k",
    rows: `select t.fund_id || '/' || t.seq as id, (m.seq is not null)::int + (u.seq is not null)::int <> (t.seq <= p.seen_seq)::int as bad
      from transaction t join publication p using (fund_id) left join batch_member m using (fund_id, seq) left join unpublished u using (fund_id, seq)`,
  },
  {
    number: 5,
    says: "every entry of money holds k transactions or more of its kind, or one that may stand alone",
    rows: `select e.fund_id || '/' || e.idx as id, bool_or(k.entry_kind is distinct from e.kind) or (
          not (bool_and(k.single) and count(m.seq) = 1) and (count(m.seq) < 3 or count(m.seq) <> (e.j ->> 'count')::int
            or count(m.seq) < (select min((c.charter -> 'publication' ->> 'k')::int) from charter c where c.fund_id = e.fund_id))) as bad
      from (${ENTRIES}) e left join batch_member m using (fund_id, idx) left join transaction t on t.fund_id = m.fund_id and t.seq = m.seq left join public_kind k on k.kind = t.kind
      where e.j ? 'postings' group by e.fund_id, e.idx, e.kind, e.j`,
  },
  {
    number: 5,
    says: "every entry of money says the journal's own sums",
    rows: `select coalesce(j.fund_id, u.fund_id) || '/' || coalesce(j.idx, u.idx) as id, j.amount is distinct from u.amount as bad
      from (select m.fund_id, m.idx, ${account("a.code")} as account, sum(p.amount) as amount from batch_member m join posting p using (fund_id, seq) join account a using (fund_id, account_no)
            group by 1, 2, 3 having sum(p.amount) <> 0) j
      full join (select fund_id, idx, ${account("p ->> 'account'")} as account, sum((p ->> 'amount')::bigint) as amount from (${ENTRIES}) e, jsonb_array_elements(e.j -> 'postings') p
            group by 1, 2, 3 having sum((p ->> 'amount')::bigint) <> 0) u using (fund_id, idx, account)`,
  },
  {
    number: 5,
    says: "every entry commits to its own transactions, and those that were approved to what was approved",
    rows: `select e.fund_id || '/' || e.idx as id, to_jsonb(array_agg(encode(m.commitment, 'hex') order by m.commitment)) is distinct from e.j -> 'commitments'
        or bool_or(e.kind = 'payouts' and m.commitment is distinct from d.commitment) as bad
      from (${ENTRIES}) e left join batch_member m using (fund_id, idx) left join transaction t on t.fund_id = m.fund_id and t.seq = m.seq
      left join decision d on d.fund_id = t.fund_id and d.hold_id = t.hold_id where e.j ? 'commitments' group by e.fund_id, e.idx, e.kind, e.j`,
  },
  {
    number: 5,
    says: "what other rooms handed down is in the log as they handed it down, once",
    rows: `select s.fund_id || '/' || s.submission_id as id, e.idx is not null and e.j - 'day' is distinct from s.entry and not (e.j ? 'digest') as bad
      from submission s left join (${ENTRIES}) e using (fund_id, submission_id)
      union all select fund_id || '/' || idx, submission_id is null and kind in ('genesis', 'charter', 'roster', 'change', 'approval', 'statement', 'imported') from log_entry`,
  },
  {
    number: 5,
    says: "what is told of imports is what was imported: so many lines, and their sum",
    rows: `select s.fund_id::text as id, s.booked <> count(l.n) or s.sum <> coalesce(sum(l.net), 0) as bad
      from (select fund_id, sum((entry ->> 'booked')::bigint) as booked, sum((entry ->> 'sum')::bigint) as sum from submission where entry ->> 'kind' = 'imported' group by 1) s
      left join (select t.fund_id, row_number() over (partition by t.fund_id order by t.seq) as n, (select coalesce(sum(p.amount), 0) from posting p join account a using (fund_id, account_no)
            where p.fund_id = t.fund_id and p.seq = t.seq and ${account("a.code")} = 'assets:holdings') as net
          from transaction t where t.kind = 'import') l on l.fund_id = s.fund_id and l.n <= s.booked group by s.fund_id, s.booked, s.sum`,
  },
  {
    number: 6,
    says: "the log runs from 0 without a gap, every hash is its entry's, and its size is what was signed",
    rows: `select e.fund_id || '/' || e.idx as id, e.idx <> row_number() over (partition by e.fund_id order by e.idx) - 1 or e.hash <> sha256('\\x00'::bytea || e.body)
        or e.kind <> e.j ->> 'kind' or e.day <> (e.j ->> 'day')::date or (lead(e.idx) over (partition by e.fund_id order by e.idx) is null and e.idx <> l.size - 1) as bad
      from (${ENTRIES}) e join log l using (fund_id)`,
  },
  {
    number: 6,
    says: "what is published was signed here, and is no more than what the log holds",
    rows: `select l.fund_id::text as id, p.size > l.size or c.note is null or not starts_with(p.note, c.note) or not exists (select from checkpoint h where h.fund_id = l.fund_id and h.size = l.size) as bad
      from published p join log l using (fund_id) left join checkpoint c on c.fund_id = p.fund_id and c.size = p.size`,
  },
  {
    number: 6,
    says: "the public sums are those of the published entries",
    rows: `select coalesce(t.fund_id, e.fund_id) || '/' || coalesce(t.account, e.account) as id, t.amount is distinct from e.amount as bad
      from (select fund_id, account, sum(amount) as amount from public_total group by 1, 2) t
      full join (select e.fund_id, p ->> 'account' as account, sum((p ->> 'amount')::bigint) as amount from (${ENTRIES}) e join published s on s.fund_id = e.fund_id and e.idx < s.size, jsonb_array_elements(e.j -> 'postings') p
        group by 1, 2) e using (fund_id, account)`,
  },
  {
    number: 7,
    says: "who sits at the desk is who the logged roster names, with the same keys",
    rows: `select coalesce(t.fund_id, r.fund_id) || '/' || coalesce(t.treasurer_id, r.treasurer_id) as id, t.treasurer_id is null or r.treasurer_id is null or (t.recipient, t.keys) is distinct from (r.recipient, r.keys) as bad
      from (select t.fund_id, t.treasurer_id, t.recipient, array_agg(c.credential_id || ' ' || rtrim(translate(replace(encode(c.public_key, 'base64'), E'\\n', ''), '+/', '-_'), '=') order by c.credential_id) as keys
            from treasurer t join credential c using (fund_id, treasurer_id) join fund f using (fund_id) where f.state <> 'founding' and t.left_day is null group by 1, 2, 3) t
      full join (select e.fund_id, (s ->> 'treasurer')::uuid as treasurer_id, s ->> 'recipient' as recipient,
              (select array_agg((k ->> 'credential') || ' ' || (k ->> 'publicKey') order by k ->> 'credential') from jsonb_array_elements(s -> 'keys') k) as keys
            from (select distinct on (fund_id) fund_id, entry as j from submission where entry ->> 'kind' = 'roster' order by fund_id, submission_no desc) e, jsonb_array_elements(e.j -> 'roster' -> 'seats') s) r using (fund_id, treasurer_id)`,
  },
  {
    number: 7,
    says: "every later charter and roster is what more than half of the seats, and the quorum, have signed",
    rows: `select v.fund_id || '/' || v.what || '/' || v.version as id, c.decision_id is null or n.yes < greatest(n.quorum, n.seats / 2 + 1) as bad
      from (select fund_id, 'charter' as what, version, hash, charter as content from charter union all select fund_id, 'roster', version, hash, roster from roster) v
      left join fund_change c on c.fund_id = v.fund_id and c.what = v.what and c.version = v.version and c.hash = v.hash and c.content = v.content and c.state = 'in-force'
      left join lateral (
        select count(distinct y.treasurer_id) as yes, max((h.charter ->> 'quorum')::int) as quorum, max(jsonb_array_length(r.roster -> 'seats')) as seats
        from joint_decision d join charter h on h.fund_id = d.fund_id and h.version = d.charter_version join roster r on r.fund_id = d.fund_id and r.version = d.roster_version
        left join joint_decision_yes y on y.fund_id = d.fund_id and y.decision_id = d.decision_id
          and exists (select from signed_statement s where s.fund_id = y.fund_id and s.statement_id = y.statement_id and s.treasurer_id = y.treasurer_id and s.statement::jsonb -> 'subject' ->> 'hash' = encode(c.hash, 'hex'))
        where d.fund_id = c.fund_id and d.decision_id = c.decision_id and d.state = 'decided') n on true
      where v.version > 1`,
  },
  {
    number: 7,
    says: "whatever money was promised for or sent to a person had its quorum of different treasurers, over one commitment",
    rows: `select d.fund_id || '/' || d.disbursement_id as id, n.decision is distinct from d.commitment or coalesce(n.yes, 0) < (select (c.charter ->> 'quorum')::int from charter c where c.fund_id = d.fund_id and c.version = n.charter) or n.charter is null as bad
      from disbursement d left join lateral (
        select count(distinct a.treasurer_id) as yes, max((s.statement::jsonb ->> 'charter')::int) as charter, (select commitment from decision x where x.fund_id = d.fund_id and x.hold_id = d.disbursement_id) as decision
        from approval a join signed_statement s using (fund_id, statement_id) where a.fund_id = d.fund_id and a.disbursement_id = d.disbursement_id and a.commitment = d.commitment
          and s.treasurer_id = a.treasurer_id and s.purpose = 'approve' and s.statement::jsonb -> 'commitments' ? encode(d.commitment, 'hex')) n on true
      where d.state in ('approved', 'paid')`,
  },
];
