-- Once a fund is open, its rules and its seats change by what the treasurers decide together, after a time in which anybody can see it coming.

alter table joint_decision drop constraint joint_decision_kind_check;
alter table joint_decision add constraint joint_decision_kind_check
  check (kind in ('refund', 'pledges-end', 'pause-asking', 'noise', 'legal-hold', 'another-code', 'charter', 'roster', 'stop-change'));
alter table submission drop constraint submission_entry_check;
alter table submission add constraint submission_entry_check
  check (entry ->> 'kind' in ('genesis', 'charter', 'roster', 'approval', 'statement', 'imported', 'change'));

-- Somebody with an invitation who would take a seat: they sit nowhere until the others have decided it.
create table candidate (
  fund_id          uuid not null references fund,
  candidate_id     uuid not null,
  name             text not null check (length(name) between 1 and 40),
  recipient        text not null check (recipient ~ '^age1[a-z0-9]{58}$'),
  credential_id    text not null check (length(credential_id) between 16 and 1400),
  public_key       bytea not null,
  counter          bigint not null check (counter >= 0),
  practice         boolean not null,
  wrapped_identity text not null check (length(wrapped_identity) <= 4096),
  wrapped_by       text not null check (wrapped_by in ('prf', 'passphrase')),
  day              date not null,
  primary key (fund_id, candidate_id),
  unique (fund_id, recipient),
  unique (fund_id, credential_id)
);
call add_guard('candidate', 'practice_credential_guard', 'before insert or update on %I for each row', 'practice_credential_guard()');
call make_append_only('candidate');

create table fund_change (
  fund_id      uuid not null,
  decision_id  uuid not null,
  what         text not null check (what in ('charter', 'roster')),
  -- The version that it will be, whole, and its hash as it was signed.
  version      int not null check (version >= 2),
  content      jsonb not null,
  hash         bytea not null check (octet_length(hash) = 32),
  state        text not null check (state in ('proposed', 'waiting', 'in-force', 'stopped')),
  effective_at timestamptz,
  -- Days in which it must have stood in the public log, before it is in force; 0 before the first payout and in practice.
  days         int not null check (days >= 0),
  primary key (fund_id, decision_id),
  foreign key (fund_id, decision_id) references joint_decision,
  check ((state = 'proposed') = (effective_at is null))
);
-- What follows from one version would not fit another: one change at a time.
create unique index fund_change_waiting on fund_change (fund_id) where state = 'waiting';

create function latest_roster(p_fund uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select roster from roster where fund_id = p_fund order by version desc limit 1
$$;

create function fund_change_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_decision joint_decision;
  v_seats int;
  v_yes int;
  v_wait interval;
begin
  if tg_op = 'DELETE' then raise exception 'a change is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'INSERT' then
    if new.state <> 'proposed' then raise exception 'a change begins as a proposal' using errcode = 'CP001'; end if;
    return new;
  end if;
  if (new.fund_id, new.decision_id, new.what, new.version, new.content, new.hash) is distinct from (old.fund_id, old.decision_id, old.what, old.version, old.content, old.hash) then
    raise exception 'a change stays what was signed' using errcode = 'CP001';
  end if;
  if old.state = 'proposed' and new.state = 'waiting' then
    select * into v_decision from joint_decision d where d.fund_id = new.fund_id and d.decision_id = new.decision_id and d.kind = new.what and d.state = 'decided'
      and d.subject::jsonb ->> 'hash' = encode(new.hash, 'hex') and (d.subject::jsonb ->> 'version')::int = new.version;
    if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
    v_seats := jsonb_array_length(latest_roster(new.fund_id) -> 'seats');
    select count(*) into v_yes from joint_decision_yes y where y.fund_id = new.fund_id and y.decision_id = new.decision_id;
    if v_yes < greatest((select (charter ->> 'quorum')::int from charter where fund_id = new.fund_id order by version desc limit 1), v_seats / 2 + 1) then
      raise exception 'a change of rules or seats takes the quorum, and more than half of the seats' using errcode = 'CP001';
    end if;
    -- Whatever changes can be seen coming for three days, a new seat for seven; minutes would do in practice, and before the first payout nothing is at stake.
    perform from transaction t where t.fund_id = new.fund_id and t.kind in ('payout', 'deposit', 'reimbursement');
    if found then
      v_wait := case
        when (select practice from fund where fund_id = new.fund_id) then interval '20 seconds'
        when v_decision.kind = 'roster' and v_decision.subject::jsonb -> 'add' <> 'null' then interval '7 days'
        else interval '3 days' end;
      if new.effective_at < clock_timestamp() + v_wait - least(interval '1 minute', v_wait / 2) then
        raise exception 'a change waits until it can be seen coming' using errcode = 'CP001';
      end if;
    end if;
    return new;
  end if;
  if new.effective_at is distinct from old.effective_at or new.days <> old.days then raise exception 'the day of a change does not move' using errcode = 'CP001'; end if;
  if old.state = 'waiting' and new.state = 'in-force' then
    if old.effective_at > clock_timestamp() then raise exception 'this change is not due yet' using errcode = 'CP001'; end if;
    return new;
  end if;
  if old.state = 'waiting' and new.state = 'stopped' then
    perform from joint_decision d where d.fund_id = new.fund_id and d.kind = 'stop-change' and d.state = 'decided' and d.subject::jsonb ->> 'change' = new.decision_id::text;
    if not found then raise exception 'nobody stopped this' using errcode = 'CP001'; end if;
    return new;
  end if;
  raise exception 'the life of a change goes one way' using errcode = 'CP001';
end $$;
call add_guard('fund_change', 'fund_change_guard', 'before insert or update or delete on %I for each row', 'fund_change_guard()');

-- A rule, a roster, a seat, a key: signed by every seat while the fund is founded, and afterwards only what a change in force says.
create function agreed_version() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.version = 1 then
    perform from fund where fund_id = new.fund_id and state = 'founding' for share;
  else
    perform from fund_change c where c.fund_id = new.fund_id and c.what = tg_argv[0] and c.version = new.version and c.hash = new.hash and c.content = to_jsonb(new) -> tg_argv[0] and c.state = 'in-force'
      and c.version = (case tg_argv[0] when 'charter' then (select max(version) from charter x where x.fund_id = new.fund_id) else (select max(version) from roster x where x.fund_id = new.fund_id) end) + 1;
  end if;
  if not found then raise exception '% is closed once a fund is open, but for what its treasurers decide', tg_argv[0] using errcode = 'CP001'; end if;
  return new;
end $$;
create function seat_is_agreed() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from fund where fund_id = new.fund_id and state = 'founding' for share;
  if found then return new; end if;
  if tg_argv[0] = 'treasurer' then
    perform from jsonb_array_elements(latest_roster(new.fund_id) -> 'seats') s where s ->> 'treasurer' = new.treasurer_id::text and s ->> 'recipient' = to_jsonb(new) ->> 'recipient';
  else
    perform from jsonb_array_elements(latest_roster(new.fund_id) -> 'seats') s, jsonb_array_elements(s -> 'keys') k
      where s ->> 'treasurer' = new.treasurer_id::text and k ->> 'credential' = to_jsonb(new) ->> 'credential_id'
        and k ->> 'publicKey' = rtrim(translate(replace(encode(decode(substr(to_jsonb(new) ->> 'public_key', 3), 'hex'), 'base64'), E'\n', ''), '+/', '-_'), '=');
  end if;
  if not found then raise exception '% is closed once a fund is open, but for what its treasurers decide', tg_argv[0] using errcode = 'CP001'; end if;
  return new;
end $$;

drop trigger charter_only_while_founding on charter;
drop trigger roster_only_while_founding on roster;
drop trigger treasurer_only_while_founding on treasurer;
drop trigger credential_only_while_founding on credential;
delete from guard where trigger_name in ('charter_only_while_founding', 'roster_only_while_founding', 'treasurer_only_while_founding', 'credential_only_while_founding');
call add_guard('charter', 'charter_is_agreed', 'before insert on %I for each row', 'agreed_version(''charter'')');
call add_guard('roster', 'roster_is_agreed', 'before insert on %I for each row', 'agreed_version(''roster'')');
call add_guard('treasurer', 'treasurer_is_agreed', 'before insert on %I for each row', 'seat_is_agreed(''treasurer'')');
call add_guard('credential', 'credential_is_agreed', 'before insert on %I for each row', 'seat_is_agreed(''credential'')');

-- The day on which somebody left their seat: what they signed stays theirs.
alter table treasurer add column left_day date;
create function treasurer_leaves() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'who sat in a seat is never forgotten' using errcode = 'CP001'; end if;
  if (new.fund_id, new.treasurer_id, new.name, new.recipient, new.joined_day) is distinct from (old.fund_id, old.treasurer_id, old.name, old.recipient, old.joined_day)
     or old.left_day is not null or new.left_day is null
     or latest_roster(new.fund_id) is null or latest_roster(new.fund_id) -> 'seats' @> jsonb_build_array(jsonb_build_object('treasurer', new.treasurer_id)) then
    raise exception 'nobody leaves a seat that the roster gives them' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('treasurer', 'treasurer_leaves', 'before update or delete on %I for each row', 'treasurer_leaves()');

grant select on candidate, fund_change to commonpot_app, commonpot_worker;
grant insert on candidate, fund_change to commonpot_app;
grant update (state, effective_at, days) on fund_change to commonpot_app;
grant update (state) on fund_change to commonpot_worker;
grant insert on treasurer, credential to commonpot_worker;
grant update (left_day) on treasurer to commonpot_worker;
grant update (state, ended_day) on joint_decision to commonpot_worker;
revoke all on function latest_roster, fund_change_guard, agreed_version, seat_is_agreed, treasurer_leaves from public;
