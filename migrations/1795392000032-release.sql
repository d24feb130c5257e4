-- What may be paid: another process, under a role of its own, has replayed who may sign from the first entry on and checked every signature again.

alter table alarm drop constraint alarm_kind_check;
alter table alarm add constraint alarm_kind_check check (kind in (
  'gift-mismatch', 'payout-without-hold', 'cards-refused', 'cards-paused', 'other-currency', 'unknown-at-stripe', 'lost-events', 'not-booked', 'flood', 'not-released'));

create table release (
  fund_id         uuid not null,
  disbursement_id uuid not null,
  day             date not null,
  primary key (fund_id, disbursement_id),
  foreign key (fund_id, disbursement_id) references disbursement
);
call make_append_only('release');

-- Nobody becomes the payer of what was not checked.
create function payout_is_released() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from release r where r.fund_id = new.fund_id and r.disbursement_id = new.disbursement_id;
  if not found then raise exception 'nobody has checked the signatures of this payout yet' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('payout', 'payout_is_released', 'before insert on %I for each row', 'payout_is_released()');
revoke all on function payout_is_released from public;

-- What was being paid when this came stays so.
insert into release (fund_id, disbursement_id, day) select distinct p.fund_id, p.disbursement_id, d.chosen_day from payout p join disbursement d using (fund_id, disbursement_id);

grant select on release to commonpot_app, commonpot_worker;
grant insert on release to commonpot_worker;
