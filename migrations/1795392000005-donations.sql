-- Giving. Whether a gift is booked is told by the journal alone (key `gift:<donation_id>`), and so is its balance transaction at Stripe (`source`):
-- there is no second flag here.

create table donation (
  fund_id          uuid not null references fund,
  donation_id      uuid not null,
  amount           bigint not null check (amount > 0),
  -- What the card is asked for: the amount, and the fee where the donor covers it.
  charged          bigint not null check (charged >= amount and charged <= 10000000000),
  frequency        text not null check (frequency in ('once', 'monthly')),
  day              date not null,
  -- The purpose that it was given for.
  charter_version  int not null,
  -- Only where the donor asked to be named; gone again when they ask for that.
  display_name     text check (length(display_name) between 1 and 60),
  -- The fund's own account at Stripe, where it has one.
  card_account     text,
  key_hash         bytea not null check (octet_length(key_hash) = 32),
  fingerprint      bytea not null check (octet_length(fingerprint) = 32),
  receipt_token    text not null unique check (length(receipt_token) = 43),
  checkout_session text unique,
  checkout_url     text,
  -- Of a monthly gift: Stripe's name for it, and the day that it ended.
  subscription     text unique check (subscription is null or frequency = 'monthly'),
  renewal_failed_day date check (renewal_failed_day is null or frequency = 'monthly'),
  ended_day        date check (ended_day is null or frequency = 'monthly'),
  primary key (fund_id, donation_id),
  unique (fund_id, key_hash),
  foreign key (fund_id, charter_version) references charter (fund_id, version)
);

-- A fund's own account at Stripe (direct charges); funds without one share the server's.
create table card_account (
  fund_id uuid primary key references fund,
  account text not null unique check (account ~ '^acct_[A-Za-z0-9_]{1,100}$'),
  day     date not null
);
call make_append_only('card_account');
-- Whoever could change it could take a fund's gifts: from its opening on, nobody can by themselves.
call add_guard('card_account', 'card_account_only_while_founding', 'before insert on %I for each row', 'only_while_founding(''a card account'')');

-- Stored and committed before Stripe hears 200.
create table stripe_event (
  event_id    text primary key,
  -- The connected account that it came from; empty for the server's own.
  account     text not null,
  type        text not null,
  object_id   text,
  created_at  timestamptz not null,
  received_at timestamptz not null,
  -- Only a hash: what Stripe says of a donor is not ours to keep, and jobs fetch the object again. Null for an event that the sweep found.
  body_hash   bytea check (octet_length(body_hash) = 32)
);
call make_append_only('stripe_event');

-- Stores a group of events and enqueues what the new ones ask for, in one commit. `p_tasks` is a list of {event, task, payload, key}. Returns how many were new.
create function store_events(
  p_ids text[], p_accounts text[], p_types text[], p_objects text[], p_created timestamptz[], p_received timestamptz, p_hashes bytea[], p_tasks jsonb
) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare v_new text[];
begin
  with stored as (
    insert into stripe_event (event_id, account, type, object_id, created_at, received_at, body_hash)
    select distinct on (e.id) e.id, e.account, e.type, e.object, e.created, p_received, e.hash
    from unnest(p_ids, p_accounts, p_types, p_objects, p_created, p_hashes) as e (id, account, type, object, created, hash) order by e.id
    on conflict do nothing returning event_id
  ) select coalesce(array_agg(event_id), '{}') into v_new from stored;
  perform enqueue_jobs((select jsonb_agg(t) from jsonb_array_elements(p_tasks) t where t ->> 'event' = any (v_new)));
  return cardinality(v_new);
end $$;

-- Every balance transaction of Stripe that was ever looked at, as Stripe says it: nothing of a person. Whether it is booked is told by the journal alone (`transaction.source`).
create table stripe_line (
  account      text not null,
  line_id      text not null check (line_id ~ '^txn_\w{1,90}$'),
  -- `fund`: of one fund. `shared`: a payout, of all funds whose money it took. `foreign`: of another program on the account. `unassigned`: the account's own, and several funds share it.
  standing     text not null check (standing in ('fund', 'shared', 'foreign', 'unassigned')),
  fund_id      uuid references fund,
  type         text not null,
  object_id    text,
  amount       bigint not null,
  fee          bigint not null,
  currency     text not null,
  converted    boolean not null,
  created_at   timestamptz not null,
  available_at timestamptz not null,
  -- The payout that took it to the bank.
  payout_id    text,
  primary key (account, line_id),
  check ((standing = 'fund') = (fund_id is not null))
);
create index stripe_line_release on stripe_line (account, available_at) where standing = 'fund' and available_at > created_at;
create index stripe_line_payout on stripe_line (account, payout_id);
create index stripe_line_fund on stripe_line (fund_id, created_at);

create function stripe_line_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then raise exception 'a line of Stripe is never forgotten' using errcode = 'CP001'; end if;
  if (new.account, new.line_id, new.type, new.object_id, new.amount, new.fee, new.currency, new.created_at, new.available_at)
     is distinct from (old.account, old.line_id, old.type, old.object_id, old.amount, old.fee, old.currency, old.created_at, old.available_at)
     or (old.payout_id is not null and new.payout_id is distinct from old.payout_id)
     or (new.standing is distinct from old.standing and old.standing in ('fund', 'shared')) then
    raise exception 'what Stripe said does not change; a line gets its fund and its payout once' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('stripe_line', 'stripe_line_guard', 'before update or delete on %I for each row', 'stripe_line_guard()');

-- Writes lines down and says which of them the fund's journal has already. What Stripe keeps back for a while gets a job for the moment when it is released: one
-- for all lines of an account that are released at once.
create function note_lines(
  p_accounts text[], p_ids text[], p_standings text[], p_funds uuid[], p_types text[], p_objects text[], p_amounts bigint[], p_fees bigint[], p_currencies text[], p_converted boolean[],
  p_created timestamptz[], p_available timestamptz[], p_release_task text
) returns boolean[] language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into stripe_line as l (account, line_id, standing, fund_id, type, object_id, amount, fee, currency, converted, created_at, available_at)
    select distinct on (n.account, n.id) n.account, n.id, n.standing, n.fund, n.type, n.object, n.amount, n.fee, n.currency, n.converted, n.created, n.available
    from unnest(p_accounts, p_ids, p_standings, p_funds, p_types, p_objects, p_amounts, p_fees, p_currencies, p_converted, p_created, p_available)
      as n (account, id, standing, fund, type, object, amount, fee, currency, converted, created, available) order by n.account, n.id
    -- What nobody knew before may be known by now.
    on conflict (account, line_id) do update set standing = excluded.standing, fund_id = excluded.fund_id
      where l.standing in ('foreign', 'unassigned') and excluded.standing <> l.standing;
  perform enqueue_jobs((
    select jsonb_agg(jsonb_build_object('task', p_release_task, 'payload', jsonb_build_object('account', account, 'at', at), 'key', 'release:' || account || ':' || at,
        -- What is available already is released once it is booked, and not before.
        'run_at', greatest(available, clock_timestamp() + interval '500 milliseconds')))
    from (select distinct n.account, n.available, extract(epoch from n.available)::bigint::text as at from unnest(p_accounts, p_standings, p_created, p_available) as n (account, standing, created, available)
          where n.standing = 'fund' and n.available > n.created) r));
  return array(select exists (select from transaction t where t.fund_id = n.fund and t.source = n.id) from unnest(p_ids, p_funds) with ordinality as n (id, fund, ord) order by n.ord);
end $$;

-- Which payout took which lines.
create function note_paid_out(p_account text, p_payout text, p_ids text[]) returns void language sql security definer set search_path = public, pg_temp as $$
  update stripe_line set payout_id = p_payout where account = p_account and line_id = any (p_ids) and payout_id is null;
$$;

-- How far an account has been swept, and since when it could not be.
create table stripe_sweep (
  account     text primary key,
  events_to   timestamptz not null,
  lines_to    timestamptz not null,
  swept_at    timestamptz not null
);

-- Something that people must look at: an amount or a fund that does not fit, say. It stays on the desk until somebody has looked.
create table alarm (
  fund_id    uuid not null references fund,
  alarm_id   uuid not null,
  kind       text not null check (kind in ('gift-mismatch', 'payout-without-hold', 'other-currency', 'unknown-at-stripe', 'lost-events', 'not-booked', 'cards-refused', 'cards-paused', 'flood')),
  about      text not null,
  day        date not null,
  seen_by    uuid,
  primary key (fund_id, alarm_id),
  unique (fund_id, kind, about)
);

grant select on all tables in schema public to commonpot_app, commonpot_worker;
grant select on stripe_line, stripe_sweep, card_account to commonpot_auditor;
grant insert on donation, alarm, card_account to commonpot_app, commonpot_worker;
grant update (checkout_session, checkout_url, display_name, subscription, renewal_failed_day, ended_day) on donation to commonpot_app, commonpot_worker;
grant update (seen_by) on alarm to commonpot_app;
grant insert, update on stripe_sweep to commonpot_app, commonpot_worker;
revoke all on function store_events, note_lines, note_paid_out from public;
grant execute on function store_events, note_lines, note_paid_out to commonpot_app, commonpot_worker;
