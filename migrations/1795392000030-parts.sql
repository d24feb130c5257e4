-- What was sent for a request: all of it at once, or parts, with the rest kept in line at its old place.
create table sent_part (
  fund_id        uuid not null,
  request_id     uuid not null,
  part           int not null check (part >= 1),
  amount         bigint not null check (amount > 0),
  day            date not null,
  -- What opens the payout's commitment in the public books, for the person alone; it goes with the row.
  commitment     bytea not null check (octet_length(commitment) = 32),
  salt           bytea check (octet_length(salt) = 32),
  sealed_hash    bytea not null check (octet_length(sealed_hash) = 32),
  -- The person's own word about it.
  outcome        text check (outcome in ('received', 'other-amount', 'not-received')),
  outcome_amount bigint check (outcome_amount > 0),
  primary key (fund_id, request_id, part),
  unique (fund_id, commitment),
  foreign key (fund_id, request_id) references aid_request on delete cascade,
  check ((outcome_amount is not null) = (outcome is not distinct from 'other-amount'))
);

-- What was sent so far: kept by the trigger alone.
alter table aid_request add column sent bigint not null default 0 check (sent >= 0);

create function sent_part_counts() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update aid_request set sent = sent + new.amount where fund_id = new.fund_id and request_id = new.request_id;
  return null;
end $$;
call add_guard('sent_part', 'sent_part_counts', 'after insert on %I for each row', 'sent_part_counts()');
revoke all on function sent_part_counts from public;

insert into sent_part (fund_id, request_id, part, amount, day, commitment, salt, sealed_hash, outcome, outcome_amount)
  select fund_id, request_id, 1, sent_amount, sent_day, receipt_commitment, receipt_salt, sealed_hash, outcome, outcome_amount
  from aid_request where sent_amount is not null and receipt_commitment is not null;
alter table aid_request drop column sent_amount, drop column sent_day, drop column receipt_commitment, drop column receipt_salt, drop column outcome, drop column outcome_amount;

grant select on sent_part to commonpot_app, commonpot_worker;
grant insert, update (outcome, outcome_amount) on sent_part to commonpot_app;
