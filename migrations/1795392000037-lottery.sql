-- The lottery: who is next is drawn, so that nobody's name, hour or friend counts. Two treasurers put in a secret each, then the list of tickets is fixed, all of it as hashes in the public log;
-- when it stands there, the secrets are opened, and anybody can draw again on their own computer.
alter table selection drop constraint selection_rule_check;
alter table selection add constraint selection_rule_check check (rule in ('first-come', 'deadline-first', 'never-helped-first', 'equal-split', 'lottery', 'out-of-turn'));
alter table submission drop constraint submission_entry_check;
alter table submission add constraint submission_entry_check
  check (entry ->> 'kind' in ('genesis', 'charter', 'roster', 'approval', 'statement', 'imported', 'change', 'draw', 'drawn'));

create table draw (
  fund_id    uuid not null references fund,
  draw_id    uuid not null,
  -- The Monday of its week: there is one a week, or somebody could draw until a friend is first.
  week       date not null check (extract(isodow from week) = 1),
  -- When it was announced; before that, when it began. A week of silence is counted from it.
  day        date not null,
  state      text not null check (state in ('opened', 'announced', 'drawn', 'void')),
  -- What the public sees of the tickets, sorted; it says nothing of who holds them.
  marks      text[] check (cardinality(marks) between 1 and 800),
  list_hash  bytea check (octet_length(list_hash) = 32),
  -- Under which the result was handed down to the log.
  result_id  uuid,
  drawn_day  date,
  primary key (fund_id, draw_id),
  check ((marks is null) = (list_hash is null) and (marks is not null or state in ('opened', 'void'))),
  check ((state = 'drawn') = (drawn_day is not null) and (drawn_day is null) = (result_id is null))
);
create unique index draw_week on draw (fund_id, week) where state <> 'void';
create unique index draw_open on draw (fund_id) where state in ('opened', 'announced');

create table draw_secret (
  fund_id      uuid not null,
  draw_id      uuid not null,
  treasurer_id uuid not null,
  hash         bytea not null check (octet_length(hash) = 32),
  -- Sealed to its treasurer alone, until it is opened.
  sealed       text not null check (sealed like '-----BEGIN AGE ENCRYPTED FILE-----%' and length(sealed) <= 32768),
  secret       bytea check (octet_length(secret) = 32),
  primary key (fund_id, draw_id, treasurer_id),
  foreign key (fund_id, draw_id) references draw,
  foreign key (fund_id, treasurer_id) references treasurer
);

-- One ticket for each request that waited; it goes with the request.
create table ticket (
  fund_id    uuid not null,
  draw_id    uuid not null,
  request_id uuid not null,
  mark       text not null check (mark ~ '^[0-9a-f]{32}$'),
  place      int check (place >= 1),
  primary key (fund_id, draw_id, request_id),
  unique (fund_id, draw_id, mark),
  foreign key (fund_id, draw_id) references draw,
  foreign key (fund_id, request_id) references aid_request on delete cascade
);
create index ticket_of on ticket (fund_id, request_id);

create function draw_is_public(p_fund uuid, p_draw uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from log_entry e join published p using (fund_id) where e.fund_id = p_fund and e.submission_id = p_draw and e.kind = 'draw' and e.idx < p.size)
$$;

create function draw_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'a draw is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'INSERT' then
    if new.state <> 'opened' then raise exception 'a draw begins with its secrets' using errcode = 'CP001'; end if;
    return new;
  end if;
  if (new.fund_id, new.draw_id, new.week) is distinct from (old.fund_id, old.draw_id, old.week)
     or (new.day <> old.day and not (old.state = 'opened' and new.state = 'announced' and new.day >= old.day))
     or (old.marks is not null and (new.marks, new.list_hash) is distinct from (old.marks, old.list_hash)) then
    raise exception 'a draw stays what it was announced to be' using errcode = 'CP001';
  end if;
  if old.state = 'opened' and new.state = 'announced' then
    if (select count(*) from draw_secret s where s.fund_id = new.fund_id and s.draw_id = new.draw_id) <> 2 then
      raise exception 'two treasurers put in a secret each' using errcode = 'CP001';
    end if;
  elsif old.state = 'announced' and new.state = 'drawn' then
    if not draw_is_public(new.fund_id, new.draw_id) or exists (select from draw_secret s where s.fund_id = new.fund_id and s.draw_id = new.draw_id and s.secret is null) then
      raise exception 'it is drawn when the list is public and both secrets are open' using errcode = 'CP001';
    end if;
  elsif new.state = 'void' and old.state in ('opened', 'announced') and old.day < current_date - 6 then null;
  else raise exception 'a draw goes on, or is void after a week' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('draw', 'draw_guard', 'before insert or update or delete on %I for each row', 'draw_guard()');

create function draw_secret_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare v_state text;
begin
  if tg_op = 'DELETE' then raise exception 'a secret is never taken back' using errcode = 'CP001'; end if;
  select state into v_state from draw d where d.fund_id = new.fund_id and d.draw_id = new.draw_id for update;
  if tg_op = 'INSERT' then
    if v_state <> 'opened' or new.secret is not null or (select count(*) from draw_secret s where s.fund_id = new.fund_id and s.draw_id = new.draw_id) >= 2 then
      raise exception 'two secrets go in, before the tickets are fixed' using errcode = 'CP001';
    end if;
    return new;
  end if;
  if (new.fund_id, new.draw_id, new.treasurer_id, new.hash, new.sealed) is distinct from (old.fund_id, old.draw_id, old.treasurer_id, old.hash, old.sealed)
     or old.secret is not null or v_state <> 'announced' or not draw_is_public(new.fund_id, new.draw_id)
     or sha256(convert_to(E'commonpot/draw-secret/v1\n', 'UTF8') || new.secret) is distinct from new.hash then
    raise exception 'a secret is opened once, as it was put in, when the list is public' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('draw_secret', 'draw_secret_guard', 'before insert or update or delete on %I for each row', 'draw_secret_guard()');

create function ticket_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare v_state text;
begin
  select state into v_state from draw d where d.fund_id = new.fund_id and d.draw_id = new.draw_id;
  if tg_op = 'INSERT' then
    if v_state <> 'opened' or new.place is not null then raise exception 'tickets are fixed when the draw is announced' using errcode = 'CP001'; end if;
    return new;
  end if;
  if (new.fund_id, new.draw_id, new.request_id, new.mark) is distinct from (old.fund_id, old.draw_id, old.request_id, old.mark) or old.place is not null or v_state <> 'announced' then
    raise exception 'a place is drawn once' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('ticket', 'ticket_guard', 'before insert or update on %I for each row', 'ticket_guard()');
revoke all on function draw_guard, draw_secret_guard, ticket_guard, draw_is_public from public;

grant execute on function draw_is_public to commonpot_app, commonpot_worker;
grant select on draw, draw_secret, ticket to commonpot_app, commonpot_worker;
grant insert, update (state, day, marks, list_hash, result_id, drawn_day) on draw to commonpot_app;
grant insert, update (secret) on draw_secret to commonpot_app;
grant insert, update (place) on ticket to commonpot_app;
-- With the requests that they are of.
grant delete on ticket to commonpot_app, commonpot_worker;
