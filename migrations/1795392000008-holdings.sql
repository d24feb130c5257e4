-- Where money is kept by hand, who keeps it, what is entered by hand, and how it was counted.

create table custody (
  fund_id    uuid not null,
  account_no smallint not null,
  keeper     uuid not null,
  since_day  date not null,
  primary key (fund_id, account_no),
  foreign key (fund_id, account_no) references account,
  foreign key (fund_id, keeper) references treasurer
);

-- What one treasurer enters is booked when another says yes. `content` is the draft of a transaction, or a change of custody: accounts, sums and days.
create table hand_entry (
  fund_id      uuid not null references fund,
  entry_id     uuid not null,
  what         text not null check (what in ('gift', 'refund', 'dues', 'levy', 'fee', 'opening', 'moved', 'unknown', 'clear-gift', 'clear-given-back', 'clear-aid', 'clear-fee',
    'clear-came-back', 'bail-returned', 'bail-applied', 'bail-forfeited', 'bail-reinstated', 'undo', 'custody',
    'sponsor-asked', 'sponsor-held', 'sponsor-freed')),
  amount       bigint not null check (amount >= 0),
  day          date not null,
  content      jsonb not null,
  state        text not null check (state in ('waiting', 'booked', 'taken-back')),
  entered_by   uuid not null,
  confirmed_by uuid,
  seq          bigint,
  primary key (fund_id, entry_id),
  foreign key (fund_id, entered_by) references treasurer,
  foreign key (fund_id, confirmed_by) references treasurer,
  -- Two people, always.
  check (confirmed_by <> entered_by),
  check ((state = 'booked') = (confirmed_by is not null)),
  check (state = 'booked' or seq is null)
);
create index hand_entry_waiting on hand_entry (fund_id, day) where state = 'waiting';
-- Memos about a fiscal sponsor's account move no money; what is held back is kept out of what can be promised (`keep_reserve`).
create index hand_entry_sponsor on hand_entry (fund_id, what) where state = 'booked' and what in ('sponsor-asked', 'sponsor-held', 'sponsor-freed');

-- What was entered never changes; its life goes one way.
create function hand_entry_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then raise exception 'a hand entry is never deleted' using errcode = 'CP001'; end if;
  if old.state <> 'waiting' or (new.what, new.amount, new.day, new.content, new.entered_by) is distinct from (old.what, old.amount, old.day, old.content, old.entered_by) then
    raise exception 'a hand entry is confirmed or taken back, once, as it was entered' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('hand_entry', 'hand_entry_guard', 'before update or delete on %I for each row', 'hand_entry_guard()');

create table holding_count (
  fund_id    uuid not null,
  count_id   uuid not null,
  account_no smallint not null,
  day        date not null,
  counted    bigint not null check (counted >= 0),
  -- What the book said at that moment.
  booked     bigint not null,
  counted_by uuid not null,
  primary key (fund_id, count_id),
  foreign key (fund_id, account_no) references account,
  foreign key (fund_id, counted_by) references treasurer
);
create index holding_count_latest on holding_count (fund_id, account_no, day);
call make_append_only('holding_count');

create function counted_by_another() returns trigger language plpgsql as $$
begin
  if exists (select from custody c where c.fund_id = new.fund_id and c.account_no = new.account_no and c.keeper = new.counted_by) then
    raise exception 'a holding is counted by somebody who does not keep it' using errcode = 'CP403';
  end if;
  return new;
end $$;
call add_guard('holding_count', 'counted_by_another', 'before insert on %I for each row', 'counted_by_another()');

grant select on custody, hand_entry, holding_count to commonpot_app, commonpot_worker, commonpot_auditor;
grant insert, update on custody to commonpot_app;
grant insert, update (state, confirmed_by, seq) on hand_entry to commonpot_app;
grant insert on holding_count to commonpot_app;
