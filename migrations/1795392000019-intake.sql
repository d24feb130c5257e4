-- Asking when many ask at once: what came in a flood is marked, so that it can be set aside together, and brought back together.

alter table queue
  -- How many asked in the window that runs now; over the fund's budget they belong to a flood. One row a fund: no time of anybody's.
  add column burst_began timestamptz,
  add column burst_count int not null default 0,
  add column flood_id    uuid;

create table flood (
  fund_id   uuid not null references fund,
  flood_id  uuid not null,
  day       date not null,
  count     int not null check (count >= 0),
  -- Set aside by a joint decision; null while its requests are in line.
  aside_day date,
  primary key (fund_id, flood_id)
);

alter table aid_request
  add column flood_id uuid,
  drop constraint aid_request_state_check,
  -- `aside`: one of a flood that two treasurers took for noise. Whoever comes back with their words is in line again, at the same place.
  add constraint aid_request_state_check check (state in ('waiting', 'chosen', 'approved', 'sending', 'paid', 'withdrawn', 'aside')),
  add constraint aid_request_aside_check check (state <> 'aside' or flood_id is not null);
create index aid_request_flood on aid_request (fund_id, flood_id) where flood_id is not null;

-- Asking rests until a day; several treasurers decide it, one may end it sooner.
create table asking_pause (
  fund_id     uuid not null references fund,
  decision_id uuid not null,
  -- The day that asking opens again.
  until       date not null,
  ended_day   date,
  primary key (fund_id, decision_id),
  foreign key (fund_id, decision_id) references joint_decision
);

create function asking_pause_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'a pause is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'UPDATE' then
    if (new.fund_id, new.decision_id, new.until) is distinct from (old.fund_id, old.decision_id, old.until) or old.ended_day is not null then
      raise exception 'a pause only ends' using errcode = 'CP001';
    end if;
    return new;
  end if;
  perform from joint_decision d where d.fund_id = new.fund_id and d.decision_id = new.decision_id and d.kind = 'pause-asking' and d.state = 'decided'
    and d.subject::jsonb ->> 'until' = new.until::text;
  if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('asking_pause', 'asking_pause_guard', 'before insert or update or delete on %I for each row', 'asking_pause_guard()');

-- A request is set aside by a decision about its flood alone.
create function aside_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.state = 'aside' and old.state <> 'aside' then
    perform from joint_decision d where d.fund_id = new.fund_id and d.kind = 'noise' and d.state = 'decided' and d.subject::jsonb ->> 'flood' = new.flood_id::text;
    if not found or old.state <> 'waiting' then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  end if;
  return new;
end $$;
call add_guard('aid_request', 'aside_guard', 'before update of state on %I for each row', 'aside_guard()');

grant select on flood, asking_pause to commonpot_app, commonpot_worker;
grant insert, update on flood to commonpot_app;
grant insert on asking_pause to commonpot_app;
grant update (ended_day) on asking_pause to commonpot_app;
grant delete on flood to commonpot_worker;
revoke all on function asking_pause_guard, aside_guard from public;
