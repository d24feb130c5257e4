-- Asking. Nothing here says who or why: what a person wrote is `sealed` (an age file), and goes when it has served.

create table queue (
  fund_id      uuid primary key references fund,
  next_arrival bigint not null default 1,
  -- Counts that survive erasure.
  asked        bigint not null default 0,
  paid         bigint not null default 0,
  confirmed    bigint not null default 0
);

create table aid_request (
  fund_id         uuid not null references fund,
  request_id      uuid not null,
  -- Orders the line; private, never shown, gone with the row.
  arrival         bigint not null,
  day             date not null,
  amount          bigint not null check (amount > 0 and amount <= 10000000000),
  category        text not null check (category ~ '^[a-z][a-z-]{1,15}$'),
  needed_by       date,
  state           text not null check (state in ('waiting', 'chosen', 'approved', 'sending', 'paid', 'withdrawn')),
  -- When the rule picked it: counts against that week's envelope while it is not waiting again.
  chosen_day      date,
  -- Goes up with every change of amount or of how to pay: what was signed for an older one no longer counts.
  version         int not null check (version >= 1),
  sealed          text check (sealed like '-----BEGIN AGE ENCRYPTED FILE-----%' and length(sealed) <= 32768),
  -- What a change of how to pay replaced: words that were written with it are not lost.
  sealed_before   text check (sealed_before like '-----BEGIN AGE ENCRYPTED FILE-----%' and length(sealed_before) <= 32768),
  sealed_hash     bytea not null check (octet_length(sealed_hash) = 32),
  sealed_by       text not null check (sealed_by in ('server', 'browser')),
  reply_recipient text check (reply_recipient ~ '^age1[a-z0-9]{58}$'),
  sent_amount     bigint,
  sent_day        date,
  -- What opens the payout's commitment in the public books, for the person alone; it goes with the row.
  receipt_commitment bytea,
  receipt_salt    bytea,
  outcome         text check (outcome in ('received', 'other-amount', 'not-received')),
  outcome_amount  bigint check (outcome_amount > 0),
  ended_day       date,
  primary key (fund_id, request_id),
  unique (fund_id, arrival)
);
create index aid_request_line on aid_request (fund_id, state, arrival);

-- A claim code's lookup tag, hashed: the only way from seven words to a request.
create table claim_locator (
  tag_hash   bytea primary key check (octet_length(tag_hash) = 32),
  fund_id    uuid not null,
  request_id uuid not null,
  foreign key (fund_id, request_id) references aid_request on delete cascade
);
create index claim_locator_request on claim_locator (fund_id, request_id);

create table request_message (
  fund_id    uuid not null,
  message_id uuid not null,
  request_id uuid not null,
  ordinal    int not null,
  day        date not null,
  sender     text not null check (sender in ('requester', 'fund')),
  sealed     text not null check (sealed like '-----BEGIN AGE ENCRYPTED FILE-----%' and length(sealed) <= 32768),
  primary key (fund_id, message_id),
  unique (fund_id, request_id, ordinal),
  foreign key (fund_id, request_id) references aid_request on delete cascade
);

-- For 24 hours: the same key and body get the same answer. The answer is sealed under the key itself, which is not kept.
create table request_key (
  fund_id    uuid not null references fund,
  key_hash   bytea not null check (octet_length(key_hash) = 32),
  body_mac   bytea not null check (octet_length(body_mac) = 32),
  answer     bytea not null,
  expires_at timestamptz not null,
  primary key (fund_id, key_hash)
);

create function open_queue() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into queue (fund_id) values (new.fund_id);
  return null;
end $$;
call add_guard('fund', 'open_queue', 'after insert on %I for each row', 'open_queue()');
revoke all on function open_queue from public;

grant select on all tables in schema public to commonpot_app, commonpot_worker;
grant update on queue to commonpot_app, commonpot_worker;
grant insert, update on aid_request, claim_locator, request_key to commonpot_app;
grant insert, delete on request_message to commonpot_app;
grant update, delete on aid_request, claim_locator, request_message, request_key to commonpot_worker;
