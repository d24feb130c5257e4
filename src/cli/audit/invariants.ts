import type { Invariant } from "./invariant.js";
import { LOG_INVARIANTS } from "./log-invariants.js";

/** Postings with what their accounts are; the one thing that most checks start from. */
const LINES = `select p.fund_id, p.seq, p.line, p.account_no, p.amount, a.code, a.bucket, t.kind, t.day, t.hold_id, t.about
  from posting p join account a using (fund_id, account_no) join transaction t using (fund_id, seq)`;

export const INVARIANTS: readonly Invariant[] = [
  {
    number: 1,
    says: "every transaction has two postings or more, numbered from 1, none of zero or beyond the limit, and adds up to zero",
    rows: `select t.fund_id || '/' || t.seq as id,
        count(p.line) <> t.lines or count(p.line) < 2 or coalesce(max(p.line), 0) <> t.lines or coalesce(sum(p.amount), 1) <> 0
        or coalesce(bool_or(p.amount = 0 or abs(p.amount) > 10000000000), true) as bad
      from transaction t left join posting p using (fund_id, seq) group by t.fund_id, t.seq, t.lines`,
  },
  {
    number: 1,
    says: "no posting stands without its transaction and its account",
    rows: `select p.fund_id || '/' || p.seq as id, t.seq is null or a.account_no is null as bad
      from posting p left join transaction t using (fund_id, seq) left join account a on a.fund_id = p.fund_id and a.account_no = p.account_no`,
  },
  {
    number: 1,
    says: "each kind touches its own accounts alone",
    rows: `select q.fund_id || '/' || q.seq as id, k.kind is null or (k.bits & a.family_bit) = 0 as bad
      from (select distinct on (t.fund_id, t.kind, p.account_no) t.fund_id, t.kind, p.account_no, p.seq from posting p join transaction t using (fund_id, seq)) q
      join account a on a.fund_id = q.fund_id and a.account_no = q.account_no left join kind_rule k on k.kind = q.kind`,
  },
  {
    number: 1,
    says: "accounts are numbered without a gap and are what their codes say",
    rows: `select fund_id || '/' || code as id, account_no <> row_number() over (partition by fund_id order by account_no)
        or (type, bucket) is distinct from (
          case split_part(code, ':', 1) when 'income' then 'income' when 'expenses' then 'expense' when 'equity' then 'equity' else 'asset' end,
          case when code = 'assets:stripe:pending' then 'in-transit' when code = 'assets:deposits' then 'on-deposit'
               when code like 'assets:%' and code <> 'assets:disputed' then 'settled' else 'none' end) as bad
      from account`,
  },
  {
    number: 2,
    says: "every stored balance equals its postings, and a fund's balances add up to zero",
    rows: `select a.fund_id || '/' || a.code as id, a.balance <> coalesce(s.sum, 0) or sum(a.balance) over (partition by a.fund_id) <> 0 as bad
      from account a left join (select fund_id, account_no, sum(amount) as sum from posting group by 1, 2) s using (fund_id, account_no)`,
  },
  {
    number: 2,
    says: "the five balances equal their accounts, their holds and what is reserved",
    rows: `select b.fund_id::text as id, (b.settled, b.in_transit, b.on_deposit, b.held, b.reserve) is distinct from (
        (select coalesce(sum(balance), 0)::bigint from account a where a.fund_id = b.fund_id and bucket = 'settled'),
        (select coalesce(sum(balance), 0)::bigint from account a where a.fund_id = b.fund_id and bucket = 'in-transit'),
        (select coalesce(sum(balance), 0)::bigint from account a where a.fund_id = b.fund_id and bucket = 'on-deposit'),
        (select coalesce(sum(amount - released), 0)::bigint from hold h where h.fund_id = b.fund_id),
        (select coalesce(sum(amount), 0)::bigint from set_aside s where s.fund_id = b.fund_id and what = 'reserve')) as bad
      from book b`,
  },
  {
    number: 2,
    says: "the totals of days equal their postings",
    rows: `select coalesce(d.fund_id, s.fund_id) || '/' || coalesce(d.day, s.day) as id, (d.debit, d.credit) is distinct from (s.debit::bigint, s.credit::bigint) as bad
      from account_day d full join (
        select t.fund_id, t.day, p.account_no, t.kind, coalesce(sum(p.amount) filter (where p.amount > 0), 0) as debit, coalesce(-sum(p.amount) filter (where p.amount < 0), 0) as credit
        from posting p join transaction t using (fund_id, seq) group by 1, 2, 3, 4) s using (fund_id, day, account_no, kind)`,
  },
  {
    number: 2,
    says: "the marks of balances equal the postings before them",
    rows: `select fund_id || '/' || seq as id, marked <> balance as bad from (
        select fund_id, seq, marked, sum(amount) over (partition by fund_id, account_no order by seq, marked is not null) as balance from (
          select fund_id, account_no, seq, amount, null::bigint as marked from posting
          union all select fund_id, account_no, seq, 0, balance from balance_mark) stream) q where marked is not null`,
  },
  {
    number: 3,
    says: "whatever was promised, or left the fund by a decision, was free when it was decided",
    rows: `select fund_id || '/' || at as id, decided and free < 0 as bad from (
        select fund_id, at, decided, sum(delta) over (partition by fund_id order by at, step, aside_no) as free from (
          select fund_id, seq as at, 0 as step, 0::bigint as aside_no, coalesce(sum(amount) filter (where bucket = 'settled'), 0) as delta, kind = 'transfer-out' as decided
            from (${LINES}) l group by fund_id, seq, kind
          union all select fund_id, after_seq, 1, aside_no, -amount, what = 'placed' from set_aside) steps) replay`,
  },
  {
    number: 3,
    says: "no decision took a holding below zero",
    rows: `select fund_id || '/' || seq || '/' || code as id, kind in ('moved', 'transfer-out') and net < 0 and balance < 0 as bad from (
        select fund_id, seq, code, kind, sum(amount) as net, sum(sum(amount)) over (partition by fund_id, code order by seq) as balance
        from (${LINES}) l where bucket = 'settled' group by fund_id, seq, code, kind) replay`,
  },
  {
    number: 3,
    says: "every hold is what was placed, paid, returned and released",
    rows: `select h.fund_id || '/' || h.hold_id as id, h.amount <> coalesce(s.placed, 0) or h.amount - h.released <> coalesce(s.rest, -1)
        or coalesce(s.paid, 0) <> coalesce(p.paid, 0) as bad
      from hold h
      left join (select fund_id, hold_id, sum(amount) filter (where what = 'placed') as placed, sum(amount) as rest, -sum(amount) filter (where what in ('paid', 'returned')) as paid
                 from set_aside where hold_id is not null group by 1, 2) s using (fund_id, hold_id)
      left join (select fund_id, hold_id, sum(amount) as paid from (${LINES}) l
                 where hold_id is not null and (code like 'expenses:aid:%' or code in ('assets:deposits', 'expenses:reimbursements')) group by 1, 2) p using (fund_id, hold_id)`,
  },
  {
    number: 3,
    says: "every deposit is out by what its postings say, and never by more than was posted",
    rows: `select d.fund_id || '/' || d.deposit_id as id, d.outstanding <> coalesce(p.out, 0) or coalesce(p.lowest, 0) < 0 or coalesce(p.highest, 0) > d.amount as bad
      from deposit d left join (
        select fund_id, about, min(balance) as lowest, max(balance) as highest, (array_agg(balance order by seq desc))[1] as out from (
          select fund_id, about, seq, sum(sum(amount)) over (partition by fund_id, about order by seq) as balance from (${LINES}) l
          where code = 'assets:deposits' and about is not null group by fund_id, about, seq) r group by 1, 2) p on p.fund_id = d.fund_id and p.about = d.deposit_id`,
  },
  {
    number: 3,
    says: "what is out on deposit is the sum of the deposits that are known",
    rows: `select b.fund_id::text as id, b.on_deposit <> coalesce((select sum(d.outstanding) from deposit d where d.fund_id = b.fund_id), 0) as bad from book b`,
  },
  {
    number: 4,
    says: "seq runs from 1 without a gap, and time never runs back",
    rows: `select fund_id || '/' || seq as id, seq <> row_number() over w or coalesce(recorded_at < lag(recorded_at) over w, false)
        or (lead(seq) over w is null and seq <> (select next_seq - 1 from book b where b.fund_id = t.fund_id)) as bad
      from transaction t window w as (partition by fund_id order by seq)`,
  },
  {
    number: 4,
    says: "what undoes a transaction is its mirror, once",
    rows: `select r.fund_id || '/' || r.seq as id, t.seq is null or t.seq >= r.seq or count(*) over (partition by r.fund_id, r.reverses) > 1 or exists (
        select from (select account_no, sum(amount) as sum from posting p where p.fund_id = r.fund_id and p.seq in (r.seq, t.seq) group by 1) n where sum <> 0) as bad
      from transaction r left join transaction t on t.fund_id = r.fund_id and t.seq = r.reverses where r.reverses is not null`,
  },
  ...LOG_INVARIANTS,
  {
    number: 8,
    says: "every payout that was sent is booked once, and every booked payout was sent",
    rows: `select coalesce(p.fund_id, t.fund_id) || '/' || coalesce(p.payout_id, t.key) as id, p.payout_id is null or t.seq is null as bad
      from (select fund_id, payout_id::text as payout_id from payout where state = 'sent') p
      full join (select fund_id, seq, key, substr(key, strpos(key, ':') + 1) as payout_id from transaction
        where kind in ('payout', 'reimbursement', 'deposit') and key ~ '^(payout|reimbursement|deposit):[0-9a-f-]{36}$') t using (fund_id, payout_id)`,
  },
  {
    number: 8,
    says: "a solidarity transfer is in both books, with one sum",
    rows: `select o.fund_id || '/' || o.seq as id, count(i.seq) <> 1 or bool_or(i.sum <> o.sum) as bad
      from (select t.fund_id, t.seq, t.about, sum(p.amount) filter (where p.amount > 0) as sum from transaction t join posting p using (fund_id, seq) where kind = 'transfer-out' group by 1, 2, 3) o
      left join (select t.fund_id, t.seq, t.about, sum(p.amount) filter (where p.amount > 0) as sum from transaction t join posting p using (fund_id, seq) where kind = 'transfer-in' group by 1, 2, 3) i
        on i.about = o.about and i.fund_id <> o.fund_id
      where o.about is not null group by 1`,
  },
  {
    number: 10,
    says: "every key and every outside name is booked once in its fund",
    rows: `select t.fund_id || '/' || t.seq as id, count(*) over (partition by t.fund_id, t.key) > 1 or (t.source is not null and count(*) over (partition by t.fund_id, t.source) > 1) as bad
      from transaction t`,
  },
  {
    number: 10,
    says: "every card gift in the book is one that was started, with its amount",
    rows: `select t.fund_id || '/' || t.seq as id, d.donation_id is null or (d.charged <> g.amount and not coalesce(s.converted, false))
          or (d.frequency = 'monthly') <> (split_part(t.key, ':', 3) <> '') as bad
      from transaction t join (select fund_id, seq, -sum(amount) as amount from (${LINES}) l where kind = 'gift' and code like 'income:%' group by 1, 2) g using (fund_id, seq)
      left join donation d on d.fund_id = t.fund_id and d.donation_id::text = split_part(t.key, ':', 2) left join stripe_line s on s.line_id = t.source
      where t.kind = 'gift' and t.source like 'txn\\_%'`,
  },
  {
    number: 10,
    says: "what the book says of a line of Stripe's is what Stripe said, and every line older than an hour is booked",
    rows: `select coalesce(s.line_id, t.fund_id || '/' || t.seq) as id,
        case when t.seq is null then s.amount <> s.fee and s.created_at < now() - interval '1 hour'
             when s.line_id is null then true
             when s.standing = 'shared' then t.kind <> 'bank'
             else s.standing <> 'fund' or s.amount - s.fee <> p.net end as bad
      from (select * from stripe_line where standing in ('fund', 'shared')) s
      full join (select * from transaction where source like 'txn\\_%') t on t.source = s.line_id and (s.fund_id is null or s.fund_id = t.fund_id)
      left join lateral (select coalesce(sum(p.amount), 0) as net from posting p join account a using (fund_id, account_no)
        where p.fund_id = t.fund_id and p.seq = t.seq and a.code in ('assets:stripe', 'assets:stripe:pending')) p on true`,
  },
  {
    number: 10,
    says: "Stripe's balance is what the books of its account's funds say, or has differed for less than an hour",
    rows: `select b.account || '/' || b.currency || ' Stripe ' || b.available + b.pending || ' books ' || b.books_available + b.books_pending || ' not ours ' || b.others_available + b.others_pending
        || coalesce(' from ' || (select min(l.created_at)::date::text || ' ' || (array_agg(l.line_id order by l.created_at, l.line_id))[1] from stripe_line l left join transaction t on t.source = l.line_id
             and (l.fund_id is null or t.fund_id = l.fund_id) where l.account = b.account and l.currency = b.currency and l.amount <> l.fee and (l.standing = 'unassigned' or (l.standing in ('fund', 'shared') and t.seq is null))), '') as id,
        coalesce(b.differs_since < b.read_at - interval '1 hour', false) as bad
      from stripe_balance b`,
  },
  {
    number: 12,
    says: "every guard is awake, and the app's roles write no book but through its functions",
    rows: `select g.table_name || '/' || g.trigger_name as id, t.tgenabled is distinct from 'A' as bad
      from guard g left join pg_trigger t on t.tgname = g.trigger_name and t.tgrelid = to_regclass(g.table_name)
      union all
      select r.role || '/' || b.book, has_table_privilege(r.role, b.book, p.privilege)
        or (p.privilege in ('INSERT', 'UPDATE') and has_any_column_privilege(r.role, b.book, p.privilege))
      from unnest(array['commonpot_app', 'commonpot_worker', 'commonpot_auditor']) r (role), unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p (privilege),
        unnest(array['book', 'account', 'transaction', 'posting', 'hold', 'set_aside', 'deposit', 'account_day', 'balance_mark', 'kind_rule', 'public_kind', 'log', 'log_entry', 'log_node', 'checkpoint', 'published', 'public_total', 'unpublished', 'batch_member', 'batch_salt', 'guard']) b (book)`,
  },
];
