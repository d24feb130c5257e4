-- Erasure has a guard and one exception: a court that asks in time. Several treasurers decide that, and several end it.
create table legal_hold (
  fund_id     uuid not null,
  decision_id uuid not null,
  request_id  uuid not null,
  from_day    date not null,
  -- The decision that lifted it.
  lifted_by   uuid,
  lifted_day  date,
  primary key (fund_id, decision_id),
  foreign key (fund_id, decision_id) references joint_decision,
  foreign key (fund_id, lifted_by) references joint_decision,
  check ((lifted_by is null) = (lifted_day is null))
);
create unique index legal_hold_open on legal_hold (fund_id, request_id) where lifted_by is null;

create function legal_hold_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'a legal hold is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'UPDATE' and ((new.fund_id, new.decision_id, new.request_id, new.from_day) is distinct from (old.fund_id, old.decision_id, old.request_id, old.from_day) or old.lifted_by is not null) then
    raise exception 'a legal hold is lifted, once' using errcode = 'CP001';
  end if;
  perform from joint_decision d where d.fund_id = new.fund_id and d.decision_id = case tg_op when 'INSERT' then new.decision_id else new.lifted_by end
    and d.kind = 'legal-hold' and d.state = 'decided' and d.subject::jsonb ->> 'request' = new.request_id::text
    and (d.subject::jsonb ->> 'hold')::boolean = (tg_op = 'INSERT');
  if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('legal_hold', 'legal_hold_guard', 'before insert or update or delete on %I for each row', 'legal_hold_guard()');

-- What somebody asked for is erased when it has ended, and not while a court has asked for it.
create function erasure_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if old.state not in ('paid', 'withdrawn', 'aside') then raise exception 'a request that has not ended is not erased' using errcode = 'CP001'; end if;
  perform from legal_hold h where h.fund_id = old.fund_id and h.request_id = old.request_id and h.lifted_by is null;
  if found then raise exception 'a legal hold keeps it' using errcode = 'CP423'; end if;
  return old;
end $$;
call add_guard('aid_request', 'erasure_guard', 'before delete on %I for each row', 'erasure_guard()');

grant select on legal_hold to commonpot_app, commonpot_worker;
grant insert, update (lifted_by, lifted_day) on legal_hold to commonpot_app;
-- Whoever asked may have it erased at once (`Erasure.eraseNow`); the guard says when.
grant delete on aid_request to commonpot_app;
revoke all on function legal_hold_guard, erasure_guard from public;
