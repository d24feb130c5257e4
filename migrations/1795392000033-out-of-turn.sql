-- A night bail: the quorum lets somebody go before the line, and everybody can see how often.
alter table joint_decision drop constraint joint_decision_kind_check;
alter table joint_decision add constraint joint_decision_kind_check
  check (kind in ('refund', 'pledges-end', 'pause-asking', 'noise', 'legal-hold', 'another-code', 'charter', 'roster', 'stop-change', 'out-of-turn'));

alter table selection drop constraint selection_rule_check;
alter table selection add constraint selection_rule_check check (rule in ('first-come', 'deadline-first', 'never-helped-first', 'out-of-turn'));
-- The decision that it was.
alter table selection add column decision_id uuid;
alter table selection add constraint selection_decided check ((rule = 'out-of-turn') = (decision_id is not null));
create unique index selection_decision on selection (fund_id, decision_id) where decision_id is not null;

-- Nobody goes before the line whom the quorum did not let.
create function selection_out_of_turn() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.decision_id is null then return new; end if;
  perform from joint_decision d where d.fund_id = new.fund_id and d.decision_id = new.decision_id and d.kind = 'out-of-turn' and d.state = 'decided'
    and d.needed >= (select (c.charter ->> 'quorum')::int from charter c where c.fund_id = d.fund_id and c.version = d.charter_version);
  if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('selection', 'selection_out_of_turn', 'before insert on %I for each row', 'selection_out_of_turn()');
revoke all on function selection_out_of_turn from public;

-- Whoever was let before the line is told so.
alter table aid_request add column out_of_turn boolean not null default false;
