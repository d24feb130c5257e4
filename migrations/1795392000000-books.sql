-- The fund and its books. Every table of a fund's life leads its keys with fund_id: the fund is the unit of consistency.
-- No column defaults to now(): time is handed in.

create table fund (
  fund_id     uuid primary key,
  slug        text not null unique
    check (slug ~ '^[a-z][a-z0-9-]{2,39}$')
    check (slug not in ('api', 'log', 'webhooks', 'healthz', 'readyz', 'metrics', 'static', 'assets', 'robots', 'favicon', 'well-known', 'admin',
      'www', 'mail', 'docs', 'help', 'about', 'fund', 'funds', 'give', 'ask', 'status', 'books', 'join', 'charter', 'desk', 'login', 'practice')),
  practice    boolean not null,
  template    text not null check (template in ('general', 'rent', 'bail', 'strike', 'clinic', 'commissary', 'disaster', 'supplies')),
  currency    char(3) not null check (currency ~ '^[a-z]{3}$'),
  state       text not null check (state in ('founding', 'open', 'winding-down', 'closed')),
  created_day date not null
);

-- `practice` never changes: a practice passkey must never come to act on a real fund. Neither do slug, currency and template.
create function fund_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then raise exception 'a fund is never deleted' using errcode = 'CP001'; end if;
  if (new.fund_id, new.slug, new.practice, new.template, new.currency, new.created_day)
     is distinct from (old.fund_id, old.slug, old.practice, old.template, old.currency, old.created_day) then
    raise exception 'only the state of a fund may change' using errcode = 'CP001';
  end if;
  if array_position(array['founding', 'open', 'winding-down', 'closed'], new.state) < array_position(array['founding', 'open', 'winding-down', 'closed'], old.state) then
    raise exception 'the life of a fund goes one way' using errcode = 'CP001';
  end if;
  return new;
end $$;
create trigger fund_guard before update or delete on fund for each row execute function fund_guard();
alter table fund enable always trigger fund_guard;

-- Once a fund is open, nobody adds a rule, a seat or a key past its treasurers: until there are proposals, not at all.
create function only_while_founding() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from fund where fund_id = new.fund_id and state = 'founding' for share;
  if not found then raise exception '% is closed once a fund is open', tg_argv[0] using errcode = 'CP001'; end if;
  return new;
end $$;

create table charter (
  fund_id uuid not null references fund,
  version int not null check (version >= 1),
  charter jsonb not null,
  hash    bytea not null check (octet_length(hash) = 32),
  day     date not null,
  primary key (fund_id, version)
);

create table roster (
  fund_id uuid not null references fund,
  version int not null check (version >= 1),
  roster  jsonb not null,
  hash    bytea not null check (octet_length(hash) = 32),
  day     date not null,
  primary key (fund_id, version)
);

-- The fund's lock, its next seq and its balances. Free to promise = settled - reserve - held.
create table book (
  fund_id    uuid primary key references fund,
  next_seq   bigint not null default 1,
  settled    bigint not null default 0,
  in_transit bigint not null default 0,
  on_deposit bigint not null default 0,
  reserve    bigint not null default 0 check (reserve >= 0),
  held       bigint not null default 0 check (held >= 0)
) with (fillfactor = 20);

create table account (
  fund_id    uuid not null references book,
  account_no smallint not null check (account_no >= 1),
  code       text not null check (code ~ '^[a-z]+(:[a-z0-9-]{1,24}){0,3}$'),
  type       text not null check (type in ('asset', 'income', 'expense', 'equity')),
  -- Which of the five balances a posting on this account moves.
  bucket     text not null check (bucket in ('settled', 'in-transit', 'on-deposit', 'none')),
  balance    bigint not null default 0,
  primary key (fund_id, account_no),
  unique (fund_id, code)
) with (fillfactor = 40);

-- The closed set of kinds. A decision must be covered by what is free; a fact is always booked.
create table transaction_kind (
  kind        text primary key,
  is_decision boolean not null
);
insert into transaction_kind values
  ('gift', false), ('available', false), ('refund', false), ('bank', false), ('payout', false), ('payout-returned', false),
  ('import', false), ('reversal', false), ('moved', true);

create table transaction (
  fund_id     uuid not null,
  seq         bigint not null,
  kind        text not null,
  day         date not null check (day between '1990-01-01' and '2200-01-01'),
  recorded_at timestamptz not null check (isfinite(recorded_at)),
  key         text not null check (length(key) between 1 and 200),
  content     bytea not null check (octet_length(content) = 32),
  lines       smallint not null check (lines >= 2),
  reverses    bigint,
  primary key (fund_id, seq),
  unique (fund_id, key)
);
create unique index transaction_reverses on transaction (fund_id, reverses) where reverses is not null;
create index transaction_kind_seq on transaction (fund_id, kind, seq);

create table posting (
  fund_id    uuid not null,
  seq        bigint not null,
  line       smallint not null check (line >= 1),
  account_no smallint not null,
  amount     bigint not null check (amount <> 0) check (amount between -10000000000 and 10000000000),
  primary key (fund_id, seq, line)
);

-- Money that is promised and has not gone out.
create table hold (
  fund_id  uuid not null references book,
  hold_id  uuid not null,
  amount   bigint not null check (amount > 0),
  released bigint not null default 0 check (released between 0 and amount),
  primary key (fund_id, hold_id)
);

-- What went into which public batch. A transaction is published once.
create table batch (
  fund_id  uuid not null references fund,
  batch_no int not null check (batch_no >= 1),
  kind     text not null references transaction_kind,
  day      date not null,
  entry    jsonb not null,
  primary key (fund_id, batch_no)
);
create table batch_member (
  fund_id  uuid not null,
  seq      bigint not null,
  batch_no int not null,
  primary key (fund_id, seq),
  foreign key (fund_id, batch_no) references batch,
  foreign key (fund_id, seq) references transaction
);

-- Append-only: nobody changes or removes what is written, the owner included.
create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_argv[0], tg_op using errcode = 'CP001';
end $$;
do $$
declare name text;
begin
  foreach name in array array['transaction', 'posting', 'batch', 'batch_member', 'charter', 'roster'] loop
    execute format('create trigger %I before update or delete or truncate on %I for each statement execute function append_only(%L)', name || '_append_only', name, name);
    execute format('alter table %I enable always trigger %I', name, name || '_append_only');
  end loop;
end $$;

create trigger charter_only_while_founding before insert on charter for each row execute function only_while_founding('charter');
alter table charter enable always trigger charter_only_while_founding;
create trigger roster_only_while_founding before insert on roster for each row execute function only_while_founding('roster');
alter table roster enable always trigger roster_only_while_founding;

-- A transaction and its postings come in one statement, whole and balanced. Both triggers look at the whole statement.
create function transaction_is_whole() returns trigger language plpgsql as $$
begin
  if exists (
    select from written t
    where t.lines <> (select count(*) from posting p where p.fund_id = t.fund_id and p.seq = t.seq)
       or 0 <> (select coalesce(sum(p.amount), 1) from posting p where p.fund_id = t.fund_id and p.seq = t.seq)
  ) then
    raise exception 'a transaction must come with all its postings, and they must add up to zero' using errcode = 'CP001';
  end if;
  return null;
end $$;
create trigger transaction_is_whole after insert on transaction referencing new table as written
  for each statement execute function transaction_is_whole();
alter table transaction enable always trigger transaction_is_whole;

create function posting_is_whole() returns trigger language plpgsql as $$
begin
  if exists (
    select from (select w.fund_id, w.seq, count(*) as lines, sum(w.amount) as total from written w group by w.fund_id, w.seq) n
    left join transaction t on t.fund_id = n.fund_id and t.seq = n.seq
    where t.lines is distinct from n.lines or n.total <> 0
       or t.lines <> (select count(*) from posting p where p.fund_id = n.fund_id and p.seq = n.seq)
  ) then
    raise exception 'postings come together with their transaction, complete, and add up to zero' using errcode = 'CP001';
  end if;
  if exists (select from written w left join account a on a.fund_id = w.fund_id and a.account_no = w.account_no where a.account_no is null) then
    raise exception 'a posting names an account that this fund does not have' using errcode = 'CP001';
  end if;
  return null;
end $$;
create trigger posting_is_whole after insert on posting referencing new table as written
  for each statement execute function posting_is_whole();
alter table posting enable always trigger posting_is_whole;

-- A fund has its book from the first moment.
create function open_book() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into book (fund_id) values (new.fund_id);
  return null;
end $$;
create trigger open_book after insert on fund for each row execute function open_book();

-- Opens accounts of the chart; those that exist are left alone.
create function open_accounts(p_fund uuid, p_codes text[], p_types text[], p_buckets text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from book where fund_id = p_fund for no key update;
  insert into account (fund_id, account_no, code, type, bucket)
  select p_fund, (select coalesce(max(account_no), 0) from account where fund_id = p_fund) + row_number() over (order by n.ord), n.code, n.type, n.bucket
  from unnest(p_codes, p_types, p_buckets) with ordinality n (code, type, bucket, ord)
  where not exists (select from account a where a.fund_id = p_fund and a.code = n.code);
end $$;

-- The only way into the journal. Same key and same content: the first answer again. Same key and other content: refused (CP409).
-- A decision that is not covered is refused (CP402). A payout takes its money from a hold.
create function journal_append(
  p_fund uuid, p_kind text, p_day date, p_recorded_at timestamptz, p_key text, p_codes text[], p_amounts bigint[],
  p_reverses bigint, p_hold uuid, out o_seq bigint, out o_replayed boolean
) language plpgsql security definer set search_path = public, pg_temp as $$
declare
  b book; v_content bytea; v_decision boolean; v_hold hold; v_spent bigint := 0; v_settled bigint; v_transit bigint; v_deposit bigint; v_known int; v_first bytea;
begin
  select k.is_decision into v_decision from transaction_kind k where k.kind = p_kind;
  if not found then raise exception 'unknown kind of transaction' using errcode = 'CP001'; end if;
  if cardinality(p_codes) <> cardinality(p_amounts) or cardinality(p_codes) < 2 then raise exception 'a transaction has two postings or more' using errcode = 'CP001'; end if;
  if p_kind not in ('payout', 'payout-returned', 'import', 'reversal') and exists (select from unnest(p_codes) c where c like 'expenses:aid:%') then
    raise exception 'money reaches people by payouts alone' using errcode = 'CP001';
  end if;
  v_content := sha256(convert_to(concat_ws('|', p_kind, p_day, array_to_string(p_codes, ','), array_to_string(p_amounts, ','), coalesce(p_reverses, 0), coalesce(p_hold::text, '')), 'UTF8'));
  select * into b from book where fund_id = p_fund for no key update;
  if not found then raise exception 'no such fund' using errcode = 'CP404'; end if;
  select t.seq, t.content into o_seq, v_first from transaction t where t.fund_id = p_fund and t.key = p_key;
  if found then
    if v_first <> v_content then raise exception 'this key was used for another transaction' using errcode = 'CP409'; end if;
    o_replayed := true;
    return;
  end if;
  select count(*),
         coalesce(sum(n.amount) filter (where a.bucket = 'settled'), 0),
         coalesce(sum(n.amount) filter (where a.bucket = 'in-transit'), 0),
         coalesce(sum(n.amount) filter (where a.bucket = 'on-deposit'), 0),
         -coalesce(sum(n.amount) filter (where a.bucket = 'settled' and n.amount < 0), 0)
    into v_known, v_settled, v_transit, v_deposit, v_spent
    from unnest(p_codes, p_amounts) n (code, amount) join account a on a.fund_id = p_fund and a.code = n.code;
  if v_known <> cardinality(p_codes) then raise exception 'an account that this fund does not have' using errcode = 'CP001'; end if;
  if p_kind = 'payout' then
    select * into v_hold from hold where fund_id = p_fund and hold_id = p_hold for update;
    if not found or v_hold.amount - v_hold.released < v_spent then
      raise exception 'a payout needs a hold that covers it' using errcode = 'CP402';
    end if;
    update hold set released = released + v_spent where fund_id = p_fund and hold_id = p_hold;
    b.held := b.held - v_spent;
  elsif v_decision then
    if b.settled + v_settled - b.reserve - b.held < 0 or exists (
      select from account a join (select n.code, sum(n.amount) as amount from unnest(p_codes, p_amounts) n (code, amount) group by n.code) n on n.code = a.code
      where a.fund_id = p_fund and a.bucket = 'settled' and n.amount < 0 and a.balance + n.amount < 0
    ) then
      raise exception 'not covered by what is free' using errcode = 'CP402';
    end if;
  end if;
  o_seq := b.next_seq;
  o_replayed := false;
  update account a set balance = a.balance + n.amount
    from (select n.code, sum(n.amount) as amount from unnest(p_codes, p_amounts) n (code, amount) group by n.code) n
    where a.fund_id = p_fund and a.code = n.code;
  update book set next_seq = o_seq + 1, settled = settled + v_settled, in_transit = in_transit + v_transit, on_deposit = on_deposit + v_deposit, held = b.held
    where fund_id = p_fund;
  with t as (
    insert into transaction (fund_id, seq, kind, day, recorded_at, key, content, lines, reverses)
    values (p_fund, o_seq, p_kind, p_day, p_recorded_at, p_key, v_content, cardinality(p_codes), p_reverses)
  )
  insert into posting (fund_id, seq, line, account_no, amount)
  select p_fund, o_seq, n.line, a.account_no, n.amount
  from unnest(p_codes, p_amounts) with ordinality n (code, amount, line) join account a on a.fund_id = p_fund and a.code = n.code;
end $$;

-- A hold is the decision of a payout: refused (CP402) unless it is free now. Placing the same hold again changes nothing.
create function place_hold(p_fund uuid, p_hold uuid, p_amount bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare b book;
begin
  if p_amount is null or p_amount <= 0 then raise exception 'a hold has a positive amount' using errcode = 'CP001'; end if;
  select * into b from book where fund_id = p_fund for no key update;
  if not found then raise exception 'no such fund' using errcode = 'CP404'; end if;
  if exists (select from hold where fund_id = p_fund and hold_id = p_hold and amount = p_amount) then return; end if;
  if b.settled - b.reserve - b.held < p_amount then raise exception 'not covered by what is free' using errcode = 'CP402'; end if;
  insert into hold (fund_id, hold_id, amount) values (p_fund, p_hold, p_amount);
  update book set held = held + p_amount where fund_id = p_fund;
end $$;

-- Gives back what a hold still has. Returns the amount that became free.
create function release_hold(p_fund uuid, p_hold uuid) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_rest bigint;
begin
  perform from book where fund_id = p_fund for no key update;
  select amount - released into v_rest from hold where fund_id = p_fund and hold_id = p_hold for update;
  if coalesce(v_rest, 0) = 0 then return 0; end if;
  update hold set released = amount where fund_id = p_fund and hold_id = p_hold;
  update book set held = held - v_rest where fund_id = p_fund;
  return v_rest;
end $$;

-- Publishing: never below k, and never below three whatever the charter says; each transaction once, in the order of the journal.
create function publish_batch(p_fund uuid, p_kind text, p_day date, p_k int, p_seqs bigint[], p_entry jsonb) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_no int; v_sum numeric;
begin
  perform from book where fund_id = p_fund for no key update;
  if cardinality(p_seqs) < greatest(p_k, 3) or (p_entry ->> 'count')::int <> cardinality(p_seqs) then
    raise exception 'a batch is never smaller than k' using errcode = 'CP001';
  end if;
  if (select count(*) from transaction t where t.fund_id = p_fund and t.kind = p_kind and t.seq = any (p_seqs)) <> cardinality(p_seqs) then
    raise exception 'a batch holds transactions of one kind' using errcode = 'CP001';
  end if;
  select coalesce(sum((p ->> 'amount')::numeric), 1) into v_sum from jsonb_array_elements(p_entry -> 'postings') p;
  if v_sum <> 0 then raise exception 'a public entry adds up to zero' using errcode = 'CP001'; end if;
  select coalesce(max(batch_no), 0) + 1 into v_no from batch where fund_id = p_fund;
  insert into batch (fund_id, batch_no, kind, day, entry) values (p_fund, v_no, p_kind, p_day, p_entry);
  insert into batch_member (fund_id, seq, batch_no) select p_fund, unnest(p_seqs), v_no;
  return v_no;
end $$;

-- The only way in for jobs: enqueued in the transaction of the act that wants them.
create function enqueue_job(p_task text, p_payload json, p_run_at timestamptz default null, p_job_key text default null) returns void
language sql security definer set search_path = public, pg_temp as $$
  select graphile_worker.add_job(p_task, p_payload, run_at => p_run_at, max_attempts => 25, job_key => p_job_key) where true;
$$;

revoke all on all functions in schema public from public;
grant usage on schema public to commonpot_app, commonpot_worker;
grant select on all tables in schema public to commonpot_app, commonpot_worker;
grant insert on fund, charter, roster to commonpot_app, commonpot_worker;
grant update (state) on fund to commonpot_app, commonpot_worker;
grant execute on function journal_append, place_hold, release_hold, open_accounts, enqueue_job to commonpot_app, commonpot_worker;
grant execute on function publish_batch to commonpot_worker;

-- graphile-worker guards its tables with row level security; the worker's role may pass, the app's may only enqueue through our function.
grant usage on schema graphile_worker to commonpot_worker;
grant select, insert, update, delete on all tables in schema graphile_worker to commonpot_worker;
grant usage on all sequences in schema graphile_worker to commonpot_worker;
grant execute on all functions in schema graphile_worker to commonpot_worker;
do $$
declare t record;
begin
  for t in select tablename from pg_tables where schemaname = 'graphile_worker' and rowsecurity loop
    execute format('create policy commonpot_worker on graphile_worker.%I to commonpot_worker using (true) with check (true)', t.tablename);
  end loop;
end $$;
