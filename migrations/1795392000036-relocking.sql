-- The seats have changed: what is still open is locked anew, for those who sit now. The lock alone changes (the header of the age file); what is inside stays as it was, byte for byte, or
-- whoever does it could send money elsewhere. Until another treasurer's device has tried the new lock, the old one is kept.

create function age_bytes(p_file text) returns bytea language sql immutable strict as $$
  select decode(regexp_replace(p_file, '-----[A-Z ]+-----|\s', '', 'g'), 'base64')
$$;
-- The header ends with the line `--- <43 characters>` (age-encryption.org/v1, "Header").
create function age_header(p_file text) returns bytea language sql immutable strict as $$
  select substring(b from 1 for position('\x0a2d2d2d20'::bytea in b) + 48) from age_bytes(p_file) b
$$;
create function age_payload(p_file text) returns bytea language sql immutable strict as $$
  select substring(b from position('\x0a2d2d2d20'::bytea in b) + 49) from age_bytes(p_file) b
$$;

create table relocking (
  fund_id        uuid not null,
  request_id     uuid not null,
  -- How to be paid, what that replaced, or a message.
  thing          text not null check (thing in ('details', 'before', 'message')),
  thing_id       uuid not null,
  roster_version int not null,
  -- The old lock, until somebody else has tried the new one.
  header_before  bytea check (octet_length(header_before) between 100 and 20000),
  by_treasurer   uuid not null,
  checked_by     uuid,
  day            date not null,
  primary key (fund_id, thing, thing_id, roster_version),
  foreign key (fund_id, request_id) references aid_request on delete cascade,
  foreign key (fund_id, roster_version) references roster (fund_id, version),
  foreign key (fund_id, by_treasurer) references treasurer,
  foreign key (fund_id, checked_by) references treasurer,
  check (checked_by is null or (checked_by <> by_treasurer and header_before is null))
);
create index relocking_of on relocking (fund_id, request_id);

create function is_seated(p_fund uuid, p_treasurer uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (
    select from (select roster from roster where fund_id = p_fund order by version desc limit 1) r, jsonb_array_elements(r.roster::jsonb -> 'seats') s where s ->> 'treasurer' = p_treasurer::text)
$$;

create function relocking_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_file text;
begin
  if tg_op = 'INSERT' then
    if new.thing = 'message' then
      select m.sealed into v_file from request_message m where m.fund_id = new.fund_id and m.message_id = new.thing_id and m.request_id = new.request_id;
    else
      select case new.thing when 'details' then r.sealed else r.sealed_before end into v_file from aid_request r
      where r.fund_id = new.fund_id and r.request_id = new.request_id and r.request_id = new.thing_id and r.state = 'waiting';
    end if;
    if v_file is null or new.header_before is distinct from age_header(v_file) or new.checked_by is not null
       or new.roster_version <> (select max(version) from roster where fund_id = new.fund_id) or not is_seated(new.fund_id, new.by_treasurer) then
      raise exception 'whoever sits now changes a lock that is there, and the old one is kept' using errcode = 'CP001';
    end if;
    return new;
  end if;
  if (new.fund_id, new.request_id, new.thing, new.thing_id, new.roster_version, new.by_treasurer, new.day) is distinct from (old.fund_id, old.request_id, old.thing, old.thing_id, old.roster_version, old.by_treasurer, old.day)
     or old.header_before is null or new.header_before is not null
     or not (is_seated(new.fund_id, new.checked_by) or (new.checked_by is null and old.day < current_date - 14)) then
    raise exception 'the old lock goes when another treasurer has tried the new one' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('relocking', 'relocking_guard', 'before insert or update on %I for each row', 'relocking_guard()');
revoke all on function relocking_guard, is_seated, age_bytes, age_header, age_payload from public;

-- A lock that changes is the one that was written down, or goes back to the one that was.
create function is_relocked(p_fund uuid, p_thing text, p_id uuid, p_old text, p_new text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  perform from relocking l where l.fund_id = p_fund and l.thing = p_thing and l.thing_id = p_id and l.header_before is not null;
  if not found then return false; end if;
  return age_payload(p_old) = age_payload(p_new) and exists (
    select from relocking l where l.fund_id = p_fund and l.thing = p_thing and l.thing_id = p_id and l.header_before in (age_header(p_old), age_header(p_new)));
exception when invalid_parameter_value then
  return false; -- No age file at all.
end $$;
revoke all on function is_relocked from public;

create or replace function change_needs_a_code() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_kind text;
  redirects boolean not null := new.sealed is not null and new.sealed is distinct from old.sealed;
begin
  if redirects and new.version = old.version and new.state = 'waiting' and new.sealed_hash = sha256(convert_to(new.sealed, 'UTF8'))
     and is_relocked(old.fund_id, 'details', old.request_id, old.sealed, new.sealed) then
    redirects := false;
  end if;
  if new.sealed_before is not null and new.sealed_before is distinct from old.sealed_before and not redirects
     and not is_relocked(old.fund_id, 'before', old.request_id, old.sealed_before, new.sealed_before) then
    raise exception 'what was written before stays as it was' using errcode = 'CP001';
  end if;
  if not redirects and new.amount = old.amount and new.needed_by is not distinct from old.needed_by then return new; end if;
  select kind into v_kind from claim_locator
  where fund_id = old.fund_id and request_id = old.request_id and tag_hash = decode(current_setting('commonpot.claim_tag', true), 'hex');
  if v_kind is null then raise exception 'a request changes with a code of its own' using errcode = 'CP001'; end if;
  if v_kind = 'helper' and (redirects or new.amount > old.amount) then
    raise exception 'a helper''s code cannot redirect money, nor ask for more' using errcode = 'CP001';
  end if;
  -- New words are locked for those who sit now, and an old lock does not fit them.
  if redirects then delete from relocking where fund_id = old.fund_id and thing_id = old.request_id and thing in ('details', 'before'); end if;
  return new;
end $$;
revoke all on function change_needs_a_code from public;

create function message_keeps_its_words() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if (new.fund_id, new.message_id, new.request_id, new.ordinal, new.day, new.sender) is distinct from (old.fund_id, old.message_id, old.request_id, old.ordinal, old.day, old.sender)
     or (new.sealed <> old.sealed and not is_relocked(old.fund_id, 'message', old.message_id, old.sealed, new.sealed)) then
    raise exception 'a message stays as it was written' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('request_message', 'message_keeps_its_words', 'before update on %I for each row', 'message_keeps_its_words()');
revoke all on function message_keeps_its_words from public;

grant select, insert, delete, update (header_before, checked_by) on relocking to commonpot_app;
grant select, update (header_before) on relocking to commonpot_worker;
grant update (sealed) on request_message to commonpot_app;
