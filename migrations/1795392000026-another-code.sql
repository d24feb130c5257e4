-- Seven words in place of lost ones: several treasurers decide it, one makes them, once, and hands them over. The words themselves are kept nowhere.
create table another_code (
  fund_id     uuid not null,
  decision_id uuid not null,
  request_id  uuid not null,
  made_by     uuid,
  primary key (fund_id, decision_id),
  foreign key (fund_id, decision_id) references joint_decision,
  foreign key (fund_id, request_id) references aid_request on delete cascade
);

create function another_code_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' then
    if (new.fund_id, new.decision_id, new.request_id) is distinct from (old.fund_id, old.decision_id, old.request_id) or old.made_by is not null then
      raise exception 'words are made once for a decision' using errcode = 'CP001';
    end if;
    return new;
  end if;
  perform from joint_decision d where d.fund_id = new.fund_id and d.decision_id = new.decision_id and d.kind = 'another-code' and d.state = 'decided'
    and d.subject::jsonb ->> 'request' = new.request_id::text;
  if not found or new.made_by is not null then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('another_code', 'another_code_guard', 'before insert or update on %I for each row', 'another_code_guard()');

-- Words of this kind come of a decision, and of nothing else.
create function replacement_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.kind = 'replacement' then
    perform from another_code a where a.fund_id = new.fund_id and a.request_id = new.request_id and a.made_by is not null;
    if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  end if;
  return new;
end $$;
call add_guard('claim_locator', 'replacement_guard', 'before insert on %I for each row', 'replacement_guard()');

grant select on another_code to commonpot_app, commonpot_worker;
grant insert, update (made_by) on another_code to commonpot_app;
revoke all on function another_code_guard, replacement_guard from public;
