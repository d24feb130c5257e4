-- A phone was stolen: one treasurer is enough to keep its owner's passkeys shut for three days, and several open them again. Nobody can shut out the others one after another.
alter table joint_decision drop constraint joint_decision_kind_check;
alter table joint_decision add constraint joint_decision_kind_check check (kind in (
  'refund', 'pledges-end', 'pause-asking', 'noise', 'legal-hold', 'another-code', 'charter', 'roster', 'stop-change', 'out-of-turn', 'lift-suspension'));

create table suspension (
  fund_id       uuid not null,
  suspension_id uuid not null,
  treasurer_id  uuid not null,
  by_treasurer  uuid not null,
  began_at      timestamptz not null,
  until         timestamptz not null,
  -- The decision that ended it sooner.
  lifted_by     uuid,
  primary key (fund_id, suspension_id),
  foreign key (fund_id, treasurer_id) references treasurer,
  foreign key (fund_id, by_treasurer) references treasurer,
  foreign key (fund_id, lifted_by) references joint_decision,
  check (treasurer_id <> by_treasurer),
  check (until > began_at and until <= began_at + interval '72 hours')
);
create index suspension_of on suspension (fund_id, treasurer_id, until);

create function suspension_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'a suspension is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'UPDATE' then
    if (new.fund_id, new.suspension_id, new.treasurer_id, new.by_treasurer, new.began_at, new.until) is distinct from (old.fund_id, old.suspension_id, old.treasurer_id, old.by_treasurer, old.began_at, old.until)
       or old.lifted_by is not null then
      raise exception 'a suspension is lifted, once' using errcode = 'CP001';
    end if;
    perform from joint_decision d where d.fund_id = new.fund_id and d.decision_id = new.lifted_by and d.kind = 'lift-suspension' and d.state = 'decided' and d.subject::jsonb ->> 'suspension' = new.suspension_id::text;
    if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
    return new;
  end if;
  -- Of two who suspend each other at once, one waits and is then suspended.
  perform pg_advisory_xact_lock(hashtextextended(new.fund_id::text, 5));
  perform from suspension s where s.fund_id = new.fund_id and s.treasurer_id = new.by_treasurer and s.until > new.began_at and s.lifted_by is null;
  if found then raise exception 'whoever is suspended suspends nobody' using errcode = 'CP409'; end if;
  perform from suspension s where s.fund_id = new.fund_id and s.by_treasurer = new.by_treasurer and s.began_at > new.began_at - interval '7 days';
  if found then raise exception 'one treasurer suspends once in seven days' using errcode = 'CP409'; end if;
  if new.began_at > clock_timestamp() + interval '1 minute' then raise exception 'a suspension begins now' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('suspension', 'suspension_guard', 'before insert or update or delete on %I for each row', 'suspension_guard()');
revoke all on function suspension_guard from public;

grant select on suspension to commonpot_app, commonpot_worker;
grant insert, update (lifted_by) on suspension to commonpot_app;
