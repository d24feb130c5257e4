-- What a code may do follows from its kind: the person's own, one for somebody who helps, or one that treasurers issued again.

alter table claim_locator add column kind text not null default 'own' check (kind in ('own', 'helper', 'replacement'));
alter table claim_locator alter column kind drop default;
drop index claim_locator_request;
create unique index claim_locator_request on claim_locator (fund_id, request_id, kind);

-- A code is made, and taken back; it never becomes another kind, nor another request's.
create function claim_locator_guard() returns trigger language plpgsql as $$
begin
  raise exception 'a code is made or taken back, never changed' using errcode = 'CP001';
end $$;
call add_guard('claim_locator', 'claim_locator_guard', 'before update on %I for each row', 'claim_locator_guard()');

-- How much, by when, and how to be paid change with a code of that request alone, and money never goes elsewhere with a helper's. The act names its code by the tag's hash, for its own
-- SQL transaction. Erasing what is sealed needs none.
create function change_needs_a_code() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  redirects constant boolean not null := new.sealed is not null and new.sealed is distinct from old.sealed;
  v_kind text;
begin
  if not redirects and new.amount = old.amount and new.needed_by is not distinct from old.needed_by then return new; end if;
  select kind into v_kind from claim_locator
  where fund_id = old.fund_id and request_id = old.request_id and tag_hash = decode(current_setting('commonpot.claim_tag', true), 'hex');
  if v_kind is null then raise exception 'a request changes with a code of its own' using errcode = 'CP001'; end if;
  if v_kind = 'helper' and (redirects or new.amount > old.amount) then
    raise exception 'a helper''s code cannot redirect money, nor ask for more' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('aid_request', 'change_needs_a_code', 'before update on %I for each row', 'change_needs_a_code()');
revoke all on function change_needs_a_code from public;

revoke update on claim_locator from commonpot_app, commonpot_worker;
grant delete on claim_locator to commonpot_app;
