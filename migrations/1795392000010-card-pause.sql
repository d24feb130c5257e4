-- Against abuse of the card form: when card gifts of a fund rest, and which proofs of work were used.

-- Failed payments since the last success, so that one that is told of twice counts once. Swept after a day.
create table card_failure (
  fund_id   uuid not null references fund,
  -- Stripe's name of the charge.
  charge_id text not null check (length(charge_id) <= 255),
  at        timestamptz not null,
  primary key (fund_id, charge_id)
);

-- A row exists from a fund's first failed payment on.
create table card_pause (
  fund_id      uuid primary key references fund,
  paused_until timestamptz,
  -- How long the last pause was; 0 after a success, or when a treasurer resumed.
  minutes      int not null check (minutes between 0 and 120),
  -- How many failures in a row led to it.
  failures     int not null check (failures >= 0),
  -- Failures up to here do not count: a success, a pause or a treasurer's word came after them.
  counts_from  timestamptz not null
);

-- Proofs and tickets that were used, until they would have expired anyway. A hash says nothing of who.
create table spent_mark (
  fund_id    uuid not null references fund,
  mark       bytea not null check (octet_length(mark) = 32),
  -- The gift that it was used for (its key's hash): the same form sent twice at once is no second use.
  used_for   bytea not null check (octet_length(used_for) = 32),
  expires_at timestamptz not null,
  primary key (fund_id, mark)
);
create index spent_mark_expiry on spent_mark (expires_at);

-- One key for all web processes, so that a challenge of one is good at the others and after a restart. Whoever stole it could skip the work, and nothing else.
create table abuse_key (
  one boolean primary key check (one),
  key bytea not null check (octet_length(key) = 32)
);

grant select on card_failure, card_pause, spent_mark, abuse_key to commonpot_app, commonpot_worker;
grant insert, delete on card_failure, spent_mark to commonpot_app, commonpot_worker;
grant update (used_for) on spent_mark to commonpot_app;
grant insert, update on card_pause to commonpot_app, commonpot_worker;
grant insert on abuse_key to commonpot_app;
