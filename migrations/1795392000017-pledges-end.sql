-- The fund ended its monthly gifts: by decision, from a day on, until somebody takes them again.
create table pledges_end (
  fund_id     uuid not null references fund,
  decision_id uuid not null,
  day         date not null,
  taken_again date,
  primary key (fund_id, decision_id),
  foreign key (fund_id, decision_id) references joint_decision
);

create function pledges_end_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'an end is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'UPDATE' then
    if (new.fund_id, new.decision_id, new.day) is distinct from (old.fund_id, old.decision_id, old.day) or old.taken_again is not null then
      raise exception 'an end only ends' using errcode = 'CP001';
    end if;
    return new;
  end if;
  perform from joint_decision d where d.fund_id = new.fund_id and d.decision_id = new.decision_id and d.kind = 'pledges-end' and d.state = 'decided';
  if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('pledges_end', 'pledges_end_guard', 'before insert or update or delete on %I for each row', 'pledges_end_guard()');
create index donation_running on donation (fund_id) where subscription is not null and ended_day is null;

grant select on pledges_end to commonpot_app, commonpot_worker;
grant insert on pledges_end to commonpot_app;
grant update (taken_again) on pledges_end to commonpot_app;
revoke all on function pledges_end_guard from public;
