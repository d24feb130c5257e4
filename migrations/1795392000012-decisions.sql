-- What treasurers decide together beside payouts: each is one subject, signed by so many of the roster. The database counts, whatever the program says.

create table joint_decision (
  fund_id         uuid not null references fund,
  decision_id     uuid not null,
  kind            text not null check (kind in ('refund', 'pledges-end', 'pause-asking', 'noise', 'legal-hold', 'another-code')),
  -- Canonical JSON (RFC 8785) of exactly what is decided: names of rows and amounts, nothing about a person.
  subject         text not null check (length(subject) <= 10000),
  -- So many different treasurers must sign; never one alone.
  needed          int not null check (needed >= 2),
  charter_version int not null,
  roster_version  int not null,
  state           text not null check (state in ('open', 'decided', 'taken-back')),
  opened_by       uuid not null,
  opened_day      date not null,
  ended_day       date,
  primary key (fund_id, decision_id),
  foreign key (fund_id, charter_version) references charter (fund_id, version),
  foreign key (fund_id, roster_version) references roster (fund_id, version),
  foreign key (fund_id, opened_by) references treasurer (fund_id, treasurer_id),
  check ((state = 'open') = (ended_day is null))
);
-- The same is asked once at a time.
create unique index joint_decision_open on joint_decision (fund_id, kind, md5(subject)) where state = 'open';

create table joint_decision_yes (
  fund_id      uuid not null,
  decision_id  uuid not null,
  treasurer_id uuid not null,
  statement_id uuid not null,
  primary key (fund_id, decision_id, treasurer_id),
  foreign key (fund_id, decision_id) references joint_decision,
  foreign key (fund_id, statement_id) references signed_statement
);
call make_append_only('joint_decision_yes');

-- A yes is a statement that this treasurer signed about this very decision, and they sit in the roster that it was opened under.
create function joint_decision_yes_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from joint_decision d
    join signed_statement s on s.fund_id = d.fund_id and s.statement_id = new.statement_id and s.treasurer_id = new.treasurer_id and s.purpose = 'decide'
    join roster r on r.fund_id = d.fund_id and r.version = d.roster_version
    where d.fund_id = new.fund_id and d.decision_id = new.decision_id and d.state = 'open'
      and s.statement::jsonb ->> 'decision' = d.decision_id::text
      and s.statement::jsonb ->> 'kind' = d.kind
      and s.statement::jsonb -> 'subject' = d.subject::jsonb
      and r.roster -> 'seats' @> jsonb_build_array(jsonb_build_object('treasurer', new.treasurer_id));
  if not found then raise exception 'this is no yes to this decision' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('joint_decision_yes', 'joint_decision_yes_guard', 'before insert on %I for each row', 'joint_decision_yes_guard()');

create function joint_decision_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'a decision is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'INSERT' then
    if new.state <> 'open' then raise exception 'a decision begins open' using errcode = 'CP001'; end if;
    return new;
  end if;
  if old.state <> 'open' or
     (new.fund_id, new.decision_id, new.kind, new.subject, new.needed, new.charter_version, new.roster_version, new.opened_by, new.opened_day)
     is distinct from (old.fund_id, old.decision_id, old.kind, old.subject, old.needed, old.charter_version, old.roster_version, old.opened_by, old.opened_day) then
    raise exception 'a decision ends once, and stays what it was' using errcode = 'CP001';
  end if;
  if new.state = 'decided' then
    if (select count(*) from joint_decision_yes y where y.fund_id = new.fund_id and y.decision_id = new.decision_id) < new.needed then
      raise exception 'too few have signed' using errcode = 'CP001';
    end if;
    if new.charter_version <> (select max(version) from charter c where c.fund_id = new.fund_id)
       or new.roster_version <> (select max(version) from roster r where r.fund_id = new.fund_id) then
      raise exception 'the charter or the roster changed since this was asked' using errcode = 'CP001';
    end if;
  end if;
  return new;
end $$;
call add_guard('joint_decision', 'joint_decision_guard', 'before insert or update or delete on %I for each row', 'joint_decision_guard()');

grant select on joint_decision, joint_decision_yes to commonpot_app, commonpot_worker, commonpot_auditor;
grant insert on joint_decision, joint_decision_yes to commonpot_app;
grant update (state, ended_day) on joint_decision to commonpot_app;
revoke all on function joint_decision_yes_guard, joint_decision_guard from public;
