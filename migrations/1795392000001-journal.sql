-- The journal: one double-entry book per fund. The next file holds the only way into it.

-- The fund's lock, its next seq and its balances. Free to promise = settled - reserve - held.
create table book (
  fund_id     uuid primary key references fund,
  next_seq    bigint not null default 1,
  next_aside  bigint not null default 1,
  -- When the last transaction was recorded: the next one is never recorded earlier.
  recorded_at timestamptz not null default '-infinity',
  settled     bigint not null default 0,
  in_transit  bigint not null default 0,
  on_deposit  bigint not null default 0,
  reserve     bigint not null default 0 check (reserve >= 0),
  held        bigint not null default 0 check (held >= 0)
) with (fillfactor = 20);

-- What an account is follows from its code alone.
create function account_type(code text) returns text immutable language sql as $$
  select case split_part(code, ':', 1) when 'assets' then 'asset' when 'income' then 'income' when 'expenses' then 'expense' when 'equity' then 'equity' when 'suspense' then 'asset' end
$$;
-- Which of the five balances a posting moves.
create function account_bucket(code text) returns text immutable language sql as $$
  select case when code = 'assets:stripe:pending' then 'in-transit' when code = 'assets:deposits' then 'on-deposit' when code = 'assets:disputed' then 'none'
              when code like 'assets:%' then 'settled' else 'none' end
$$;
-- Accounts that every kind of transaction treats alike.
create function account_family(code text) returns text immutable language sql as $$
  select case when code in ('assets:stripe', 'assets:stripe:pending', 'assets:deposits', 'assets:disputed', 'suspense') then code
              when code like 'assets:%' then 'assets:by-hand'
              when code like 'income:gifts%' then 'income:gifts' when code in ('income:dues', 'income:levies') then 'income:dues'
              when code like 'expenses:aid:%' then 'expenses:aid' when code like 'expenses:fees:%' then 'expenses:fees'
              when code like 'expenses:deposits:%' then 'expenses:deposits' when code like 'equity:%' then 'equity' else code end
$$;
-- Families as bits, so that "may this kind touch this account" is one AND. Null (and so refused) for a family that is not on the list.
create function family_bits(families text[]) returns int immutable language sql as $$
  select case when bool_and(at is not null) then sum(1 << (at - 1))::int end from (
    select array_position(array['assets:stripe', 'assets:stripe:pending', 'assets:by-hand', 'assets:deposits', 'assets:disputed', 'suspense', 'income:gifts', 'income:transfers',
      'income:dues', 'expenses:aid', 'expenses:fees', 'expenses:chargebacks', 'expenses:deposits', 'expenses:reimbursements', 'expenses:transfers', 'equity'], f) as at
    from unnest(families) f) n
$$;

create table account (
  fund_id    uuid not null references book,
  account_no smallint not null check (account_no >= 1),
  code       text not null check (code ~ '^[a-z]+(:[a-z0-9-]{1,24}){0,3}$'),
  -- These follow from the code; `open_accounts` fills them in. (Generated columns would be worked out anew at each change of the balance.)
  type       text not null,
  bucket     text not null,
  family_bit int not null,
  balance    bigint not null default 0,
  -- The most that a keeper may be handed by a decision; gifts and other facts are booked all the same.
  cap        bigint check (cap > 0),
  primary key (fund_id, account_no),
  unique (fund_id, code)
) with (fillfactor = 20);

-- The closed set of kinds.
create type transaction_kind as enum (
  'gift', 'available', 'refund', 'dispute', 'dispute-won', 'dispute-lost', 'bank', 'fee', 'dues', 'levy', 'transfer-in', 'opening', 'import',
  'payout', 'reimbursement', 'deposit', 'deposit-returned', 'deposit-applied', 'deposit-forfeited', 'deposit-reinstated',
  'moved', 'transfer-out', 'suspense', 'cleared', 'payout-returned', 'reversal');

-- What each kind may do. A decision must be covered by what is free; `from_hold` takes what was promised; `on_deposit` is about one
-- deposit; `mirrors` undoes an earlier transaction, posting for posting. All others are facts: always booked.
create table kind_rule (
  kind       transaction_kind primary key,
  decision   boolean not null default false,
  from_hold  boolean not null default false,
  on_deposit boolean not null default false,
  mirrors    boolean not null default false,
  families   text[] not null,
  bits       int not null generated always as (family_bits(families)) stored
);
insert into kind_rule (kind, families) values
  ('gift', '{assets:stripe,assets:stripe:pending,assets:by-hand,expenses:fees,income:gifts}'),
  ('available', '{assets:stripe,assets:stripe:pending}'),
  ('refund', '{income:gifts,expenses:fees,assets:stripe,assets:stripe:pending,assets:by-hand}'),
  ('dispute', '{assets:disputed,expenses:fees,assets:stripe,assets:stripe:pending}'),
  ('dispute-won', '{assets:disputed,expenses:fees,assets:stripe,assets:stripe:pending}'),
  ('dispute-lost', '{assets:disputed,expenses:chargebacks}'),
  ('bank', '{assets:stripe,assets:by-hand}'),
  ('fee', '{expenses:fees,assets:stripe,assets:stripe:pending,assets:by-hand}'),
  ('dues', '{income:dues,assets:by-hand}'),
  ('levy', '{income:dues,assets:by-hand}'),
  ('transfer-in', '{income:transfers,assets:by-hand}'),
  ('opening', '{equity,assets:stripe,assets:by-hand}'),
  ('import', '{equity,assets:by-hand,income:gifts,income:transfers,income:dues,expenses:aid,expenses:fees,expenses:chargebacks,expenses:deposits,expenses:reimbursements,expenses:transfers}'),
  ('suspense', '{suspense,assets:stripe:pending,assets:stripe,assets:by-hand,expenses:fees}'),
  ('cleared', '{suspense,income:gifts,income:dues,expenses:aid,expenses:fees,expenses:chargebacks,expenses:reimbursements,assets:stripe,assets:by-hand}');
insert into kind_rule (kind, decision, families) values
  ('moved', true, '{assets:by-hand}'),
  ('transfer-out', true, '{expenses:transfers,assets:by-hand}');
insert into kind_rule (kind, from_hold, on_deposit, families) values
  ('payout', true, false, '{expenses:aid,expenses:fees,assets:by-hand,assets:stripe}'),
  ('reimbursement', true, false, '{expenses:reimbursements,expenses:fees,assets:by-hand}'),
  ('deposit', true, true, '{assets:deposits,expenses:fees,assets:by-hand}'),
  ('deposit-returned', false, true, '{assets:deposits,expenses:deposits,assets:by-hand}'),
  ('deposit-applied', false, true, '{assets:deposits,expenses:aid}'),
  ('deposit-forfeited', false, true, '{assets:deposits,expenses:deposits}'),
  ('deposit-reinstated', false, true, '{assets:deposits,expenses:deposits}');
insert into kind_rule (kind, mirrors, families)
  select k, true, array['assets:stripe', 'assets:stripe:pending', 'assets:by-hand', 'assets:deposits', 'assets:disputed', 'suspense', 'income:gifts', 'income:transfers', 'income:dues',
    'expenses:aid', 'expenses:fees', 'expenses:chargebacks', 'expenses:deposits', 'expenses:reimbursements', 'expenses:transfers', 'equity']
  from unnest(array['payout-returned', 'reversal']::transaction_kind[]) k;

-- Why something is undone: never free text.
create type reversal_reason as enum ('wrong-amount', 'wrong-account', 'twice', 'did-not-happen', 'returned', 'failed');

create table transaction (
  fund_id     uuid not null,
  seq         bigint not null,
  kind        transaction_kind not null,
  day         date not null check (day between '1990-01-01' and '2200-01-01'),
  recorded_at timestamptz not null check (isfinite(recorded_at)),
  -- The idempotency key: a thing is booked if and only if a transaction with its key exists.
  key         text collate "C" not null check (length(key) between 1 and 200),
  lines       smallint not null check (lines >= 2),
  reverses    bigint,
  reason      reversal_reason,
  hold_id     uuid,
  -- The deposit or the solidarity transfer that this is about.
  about       uuid,
  -- The name by which the outside world knows it: Stripe's balance transaction, a statement's line.
  source      text collate "C" check (length(source) between 1 and 100),
  primary key (fund_id, seq),
  unique (fund_id, key),
  check ((reverses is null) = (reason is null)),
  -- Only what mirrors undoes, and it always says what.
  check ((reverses is not null) = (kind in ('reversal', 'payout-returned')))
);
create unique index transaction_reverses on transaction (fund_id, reverses) where reverses is not null;
create unique index transaction_source on transaction (fund_id, source) where source is not null;

create table posting (
  fund_id    uuid not null,
  seq        bigint not null,
  line       smallint not null check (line >= 1),
  account_no smallint not null,
  amount     bigint not null check (amount <> 0) check (amount between -10000000000 and 10000000000),
  primary key (fund_id, seq, line)
);

-- Money in and out of each account by day and kind: totals of months and balances as of a day cost the same however long the journal is.
create table account_day (
  fund_id    uuid not null,
  day        date not null,
  account_no smallint not null,
  kind       transaction_kind not null,
  debit      bigint not null,
  credit     bigint not null,
  primary key (fund_id, day, account_no, kind)
) with (fillfactor = 50);

-- Every balance at every 1,024th seq or so: a balance as of any seq is a mark and at most so many transactions.
create table balance_mark (
  fund_id    uuid not null,
  seq        bigint not null,
  account_no smallint not null,
  balance    bigint not null,
  primary key (fund_id, seq, account_no)
);

-- Money that is promised and has not gone out.
create table hold (
  fund_id  uuid not null references book,
  hold_id  uuid not null,
  amount   bigint not null check (amount > 0),
  released bigint not null default 0 check (released between 0 and amount),
  primary key (fund_id, hold_id)
);

-- Each change of what is set aside from free money, in its order with the journal: so that anybody can replay every decision.
create table set_aside (
  fund_id   uuid not null references book,
  aside_no  bigint not null check (aside_no >= 1),
  after_seq bigint not null,
  what      text not null check (what in ('placed', 'paid', 'returned', 'released', 'reserve')),
  hold_id   uuid check ((hold_id is null) = (what = 'reserve')),
  -- Positive: more is set aside.
  amount    bigint not null check (amount <> 0),
  primary key (fund_id, aside_no)
);

-- Bail that is out in the world.
create table deposit (
  fund_id     uuid not null references book,
  deposit_id  uuid not null,
  posted_day  date not null,
  amount      bigint not null check (amount > 0),
  outstanding bigint not null check (outstanding between 0 and amount),
  -- Forfeited and not reinstated.
  forfeited   bigint not null default 0 check (forfeited between 0 and amount - outstanding),
  primary key (fund_id, deposit_id)
);
create index deposit_outstanding on deposit (fund_id, posted_day) where outstanding > 0 or forfeited > 0;

call make_append_only('transaction');
call make_append_only('posting');
call make_append_only('set_aside');
call make_append_only('balance_mark');

-- Postings come together with their transactions, in one statement, complete, numbered from 1, on accounts of the fund (which are numbered from 1
-- without a gap), and add up to zero. The trigger looks at the statement as a whole: a statement writes one fund's transactions, without a gap.
create function posting_is_whole() returns trigger language plpgsql as $$
declare v_fund uuid; v_first bigint; v_last bigint; v_lines smallint[]; v_bad boolean; v_rows bigint; v_highest smallint;
begin
  select w.fund_id into v_fund from written w limit 1;
  if v_fund is null then return null; end if;
  select array_agg(n.lines order by n.seq), bool_or(n.bad), min(n.seq), max(n.seq), sum(n.lines), max(n.highest) into v_lines, v_bad, v_first, v_last, v_rows, v_highest from (
    select w.seq, count(*)::smallint as lines, sum(w.amount) <> 0 or max(w.line) <> count(*) or min(w.account_no) < 1 or bool_or(w.fund_id <> v_fund) as bad, max(w.account_no) as highest
    from written w group by w.seq) n;
  if v_bad or v_lines is distinct from (select array_agg(t.lines order by t.seq) from transaction t where t.fund_id = v_fund and t.seq between v_first and v_last)
     or v_rows <> (select count(*) from posting p where p.fund_id = v_fund and p.seq between v_first and v_last) then
    raise exception 'postings come together with their transaction, complete, and add up to zero' using errcode = 'CP001';
  end if;
  if v_highest > (select count(*) from account a where a.fund_id = v_fund) then
    raise exception 'a posting names an account that this fund does not have' using errcode = 'CP001';
  end if;
  return null;
end $$;
-- The other half: no transaction without its postings. The trigger above lets a transaction have all of its postings or none, so the totals tell.
create function transaction_is_whole() returns trigger language plpgsql as $$
declare v_fund uuid; v_first bigint; v_last bigint; v_lines bigint; v_count bigint; v_foreign boolean;
begin
  select w.fund_id into v_fund from written w limit 1;
  if v_fund is null then return null; end if;
  select min(w.seq), max(w.seq), sum(w.lines), count(*), bool_or(w.fund_id <> v_fund) into v_first, v_last, v_lines, v_count, v_foreign from written w;
  if v_foreign or v_last - v_first + 1 <> v_count or v_lines <> (select count(*) from posting p where p.fund_id = v_fund and p.seq between v_first and v_last) then
    raise exception 'a transaction must come with all its postings, and they must add up to zero' using errcode = 'CP001';
  end if;
  return null;
end $$;
call add_guard('transaction', 'transaction_is_whole', 'after insert on %I referencing new table as written for each statement', 'transaction_is_whole()');
call add_guard('posting', 'posting_is_whole', 'after insert on %I referencing new table as written for each statement', 'posting_is_whole()');

-- A fund has its book from the first moment.
create function open_book() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into book (fund_id) values (new.fund_id);
  return null;
end $$;
call add_guard('fund', 'open_book', 'after insert on %I for each row', 'open_book()');
