-- The fund, its charter and its roster. Every table of a fund's life leads its keys with fund_id: the fund is the unit of consistency.
-- No column defaults to now(): time is handed in.

-- Guards are triggers that no session switches off (ENABLE ALWAYS). Each is written down, and start-up refuses a database where one is missing or asleep.
create table guard (
  table_name   text not null,
  trigger_name text not null,
  primary key (table_name, trigger_name)
);
create procedure add_guard(p_table text, p_name text, p_when text, p_call text) language plpgsql as $$
begin
  execute format('create trigger %I %s execute function %s', p_name, format(p_when, p_table), p_call);
  execute format('alter table %I enable always trigger %I', p_table, p_name);
  insert into guard values (p_table, p_name);
end $$;

-- Append-only: nobody changes or removes what is written, the owner included.
create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_argv[0], tg_op using errcode = 'CP001';
end $$;
create procedure make_append_only(p_table text) language sql as $$
  call add_guard(p_table, p_table || '_append_only', 'before update or delete or truncate on %I for each statement', format('append_only(%L)', p_table));
$$;

create table fund (
  fund_id     uuid primary key,
  slug        text not null unique
    check (slug ~ '^[a-z][a-z0-9-]{2,39}$')
    check (slug not in ('api', 'log', 'webhooks', 'healthz', 'readyz', 'metrics', 'static', 'assets', 'robots', 'favicon', 'well-known', 'admin',
      'www', 'mail', 'docs', 'help', 'about', 'fund', 'funds', 'give', 'ask', 'status', 'books', 'join', 'charter', 'desk', 'login', 'practice')),
  practice    boolean not null,
  template    text not null check (template in ('general', 'rent', 'bail', 'strike', 'clinic', 'commissary', 'disaster', 'supplies')),
  currency    char(3) not null check (currency ~ '^[a-z]{3}$'),
  state       text not null check (state in ('founding', 'open', 'winding-down', 'closed')),
  created_day date not null
);

-- `practice` never changes: a practice passkey must never come to act on a real fund. Neither do slug, currency and template.
create function fund_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then raise exception 'a fund is never deleted' using errcode = 'CP001'; end if;
  if (new.fund_id, new.slug, new.practice, new.template, new.currency, new.created_day)
     is distinct from (old.fund_id, old.slug, old.practice, old.template, old.currency, old.created_day) then
    raise exception 'only the state of a fund may change' using errcode = 'CP001';
  end if;
  if array_position(array['founding', 'open', 'winding-down', 'closed'], new.state) < array_position(array['founding', 'open', 'winding-down', 'closed'], old.state) then
    raise exception 'the life of a fund goes one way' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('fund', 'fund_guard', 'before update or delete on %I for each row', 'fund_guard()');

-- Once a fund is open, nobody adds a rule, a seat or a key past its treasurers: until there are proposals, not at all.
create function only_while_founding() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from fund where fund_id = new.fund_id and state = 'founding' for share;
  if not found then raise exception '% is closed once a fund is open', tg_argv[0] using errcode = 'CP001'; end if;
  return new;
end $$;

create table charter (
  fund_id uuid not null references fund,
  version int not null check (version >= 1),
  charter jsonb not null,
  hash    bytea not null check (octet_length(hash) = 32),
  day     date not null,
  primary key (fund_id, version)
);

create table roster (
  fund_id uuid not null references fund,
  version int not null check (version >= 1),
  roster  jsonb not null,
  hash    bytea not null check (octet_length(hash) = 32),
  day     date not null,
  primary key (fund_id, version)
);

call make_append_only('charter');
call make_append_only('roster');
call add_guard('charter', 'charter_only_while_founding', 'before insert on %I for each row', 'only_while_founding(''charter'')');
call add_guard('roster', 'roster_only_while_founding', 'before insert on %I for each row', 'only_while_founding(''roster'')');

grant usage on schema public to commonpot_app, commonpot_worker, commonpot_auditor;
grant select on all tables in schema public to commonpot_app, commonpot_worker, commonpot_auditor;
grant insert on fund, charter, roster to commonpot_app, commonpot_worker;
grant update (state) on fund to commonpot_app, commonpot_worker;
