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
  ended_day        date check (ended_day is null or frequency = 'monthly'),
  primary key (fund_id, donation_id),
  unique (fund_id, key_hash),
  foreign key (fund_id, charter_version) references charter (fund_id, version)
);

-- Stored and committed before Stripe hears 200.
create table stripe_event (
  event_id    text primary key,
  type        text not null,
  object_id   text,
  created_at  timestamptz not null,
  received_at timestamptz not null,
  -- Only a hash: what Stripe says of a donor is not ours to keep, and jobs fetch the object again.
  body_hash   bytea not null check (octet_length(body_hash) = 32)
);

-- Something that people must look at: an amount or a fund that does not fit, say.
create table alarm (
  fund_id  uuid not null references fund,
  alarm_id uuid not null,
  kind     text not null check (kind in ('gift-mismatch', 'payout-without-hold', 'cards-refused', 'cards-paused')),
  about    text not null,
  day      date not null,
  primary key (fund_id, alarm_id),
  unique (fund_id, kind, about)
);

call make_append_only('stripe_event');

grant select on all tables in schema public to commonpot_app, commonpot_worker;
grant insert on donation, stripe_event, alarm to commonpot_app, commonpot_worker;
grant update (checkout_session, checkout_url, display_name, subscription, ended_day) on donation to commonpot_app, commonpot_worker;
