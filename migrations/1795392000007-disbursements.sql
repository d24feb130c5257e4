-- Choosing, approving, paying.

create table selection (
  fund_id         uuid not null references fund,
  selection_id    uuid not null,
  day             date not null,
  charter_version int not null,
  -- SHA-256 of the canonical queue, room and rule that the pick was made from.
  inputs_hash     bytea not null check (octet_length(inputs_hash) = 32),
  picked          int not null check (picked >= 1),
  primary key (fund_id, selection_id)
);

-- The fund's decision to give. `request_id` goes when the request is erased; the sum stays.
create table disbursement (
  fund_id         uuid not null references fund,
  disbursement_id uuid not null,
  request_id      uuid,
  request_version int not null,
  selection_id    uuid not null,
  amount          bigint not null check (amount > 0),
  category        text not null,
  state           text not null check (state in ('proposed', 'approved', 'paid', 'void')),
  sealed_hash     bytea not null check (octet_length(sealed_hash) = 32),
  -- HMAC-SHA256(salt, canonical details); deleting the salt makes it say nothing.
  salt            bytea check (octet_length(salt) = 32),
  commitment      bytea not null check (octet_length(commitment) = 32),
  chosen_day      date not null,
  primary key (fund_id, disbursement_id),
  foreign key (fund_id, selection_id) references selection,
  unique (fund_id, commitment)
);
create index disbursement_state on disbursement (fund_id, state);
-- A request has one living disbursement at most.
create unique index disbursement_living on disbursement (fund_id, request_id) where state in ('proposed', 'approved');

create table approval (
  fund_id         uuid not null,
  disbursement_id uuid not null,
  treasurer_id    uuid not null,
  statement_id    uuid not null,
  commitment      bytea not null,
  primary key (fund_id, disbursement_id, treasurer_id),
  foreign key (fund_id, disbursement_id) references disbursement,
  foreign key (fund_id, statement_id) references signed_statement
);
call make_append_only('approval');

-- One attempt to move the money. Leased to one treasurer, then sent or passed on.
create table payout (
  fund_id          uuid not null,
  payout_id        uuid not null,
  disbursement_id  uuid not null,
  attempt          int not null check (attempt >= 1),
  state            text not null check (state in ('leased', 'passed-on', 'sent')),
  payer            uuid not null,
  lease_until      timestamptz not null,
  rail             text check (rail in ('cash', 'venmo', 'cash-app', 'zelle', 'paypal', 'cheque', 'bank', 'money-order', 'landlord', 'court')),
  holding          text,
  reference_mac    bytea,
  reference_sealed text check (reference_sealed like '-----BEGIN AGE ENCRYPTED FILE-----%'),
  sent_day         date,
  primary key (fund_id, payout_id),
  unique (fund_id, disbursement_id, attempt),
  foreign key (fund_id, disbursement_id) references disbursement,
  -- The rail goes when the request is erased.
  check ((state = 'sent') = (holding is not null and sent_day is not null))
);
-- Nobody pays twice: one living attempt, and one reference per rail.
create unique index payout_living on payout (fund_id, disbursement_id) where state in ('leased', 'sent');
create unique index payout_reference on payout (fund_id, rail, reference_mac) where reference_mac is not null;

create table opening (
  fund_id         uuid not null,
  opening_id      uuid not null,
  disbursement_id uuid not null,
  treasurer_id    uuid not null,
  day             date not null,
  primary key (fund_id, opening_id),
  foreign key (fund_id, disbursement_id) references disbursement,
  foreign key (fund_id, treasurer_id) references treasurer
);
call make_append_only('opening');

-- One secret per fund, for the HMAC of references; it opens nothing.
create table fund_secret (
  fund_id uuid primary key references fund,
  secret  bytea not null check (octet_length(secret) = 32)
);

-- Answers of treasurers' acts, so that a repeated POST gets the first answer.
create table act (
  fund_id     uuid not null references fund,
  principal   uuid not null,
  key_hash    bytea not null check (octet_length(key_hash) = 32),
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  answer      jsonb not null,
  primary key (fund_id, principal, key_hash)
);

grant select on all tables in schema public to commonpot_app, commonpot_worker;
grant insert on selection, disbursement, approval, payout, opening, fund_secret, act to commonpot_app, commonpot_worker;
grant update (state, request_id, salt) on disbursement to commonpot_app, commonpot_worker;
grant update on payout to commonpot_app, commonpot_worker;
grant update (answer) on act to commonpot_app;
