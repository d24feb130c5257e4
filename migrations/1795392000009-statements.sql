-- Statements of banks and wallets: their lines, and what each of them is in the journal. What a line says of people is never stored.

-- How a holding's statements are written, as people said it last. `line_key` keys the fingerprints of its lines.
create table statement_source (
  fund_id     uuid not null,
  account_no  smallint not null,
  -- Numbers of columns and words of closed lists; null until a file was kept.
  mapping     jsonb,
  -- Whether a file has the same columns as the last one: a fingerprint of their names.
  header_mark bytea check (octet_length(header_mark) = 32),
  line_key    bytea not null check (octet_length(line_key) = 32),
  primary key (fund_id, account_no),
  foreign key (fund_id, account_no) references account
);

-- One file that brought new lines.
create table statement (
  fund_id      uuid not null,
  statement_id uuid not null,
  account_no   smallint not null,
  first_day    date not null,
  last_day     date not null check (last_day >= first_day),
  -- What the file says was there after its last line.
  closing_day  date,
  closing      bigint,
  kept_by      uuid not null,
  kept_day     date not null,
  primary key (fund_id, statement_id),
  foreign key (fund_id, account_no) references statement_source,
  foreign key (fund_id, kept_by) references treasurer,
  check ((closing is null) = (closing_day is null))
);
create index statement_of_account on statement (fund_id, account_no, last_day);

create table statement_line (
  fund_id      uuid not null,
  line_id      uuid not null,
  statement_id uuid not null,
  account_no   smallint not null,
  -- Where it stands in the file that people keep themselves: the only way back to what it says.
  file_line    int not null check (file_line >= 1),
  day          date not null,
  amount       bigint not null check (amount <> 0) check (amount between -10000000000 and 10000000000),
  balance      bigint,
  -- HMAC of the whole line, and which one it was of equal lines in its file: the same line is kept once, and two that are equal stay two.
  mark         bytea not null check (octet_length(mark) = 32),
  nth          smallint not null check (nth >= 1),
  -- Not ours, or nothing to be booked.
  left_by      uuid,
  primary key (fund_id, line_id),
  unique (fund_id, account_no, mark, nth),
  unique (fund_id, line_id, account_no),
  foreign key (fund_id, statement_id) references statement,
  foreign key (fund_id, account_no) references statement_source,
  foreign key (fund_id, left_by) references treasurer
);
create index statement_line_by_day on statement_line (fund_id, account_no, day);
create index statement_line_of on statement_line (fund_id, statement_id);

-- A person said that this line is this transaction, or these that add up to it; or is the hand entry that was begun from it, and waits for a second yes.
create table statement_match (
  fund_id     uuid not null,
  match_id    uuid not null,
  part        smallint not null check (part between 1 and 10),
  line_id     uuid not null,
  account_no  smallint not null,
  seq         bigint,
  entry_id    uuid,
  matched_by  uuid not null,
  matched_day date not null,
  undone_by   uuid,
  undone_day  date,
  primary key (fund_id, match_id, part),
  foreign key (fund_id, line_id, account_no) references statement_line (fund_id, line_id, account_no),
  foreign key (fund_id, seq) references transaction,
  foreign key (fund_id, entry_id) references hand_entry,
  foreign key (fund_id, matched_by) references treasurer,
  foreign key (fund_id, undone_by) references treasurer,
  check ((seq is null) <> (entry_id is null)),
  check (entry_id is null or part = 1),
  check ((undone_by is null) = (undone_day is null))
);
-- Unique both ways: a line is matched once, and a transaction is spoken of by one line of an account.
create unique index statement_match_line on statement_match (fund_id, line_id, part) where undone_by is null;
create unique index statement_match_seq on statement_match (fund_id, account_no, seq) where undone_by is null and seq is not null;
create unique index statement_match_entry on statement_match (fund_id, entry_id) where undone_by is null and entry_id is not null;
create index statement_match_of on statement_match (fund_id, line_id);

-- What stands: matches that nobody undid. A hand entry that was taken back matches nothing.
create view standing_match as
  select m.fund_id, m.match_id, m.part, m.line_id, m.account_no, m.entry_id, m.matched_by, coalesce(m.seq, h.seq) as seq
  from statement_match m left join hand_entry h on h.fund_id = m.fund_id and h.entry_id = m.entry_id
  where m.undone_by is null and (h.state is null or h.state <> 'taken-back');

-- A line never changes but for being left alone. It goes with its file, when that was a mistake, and never while it is matched.
create function statement_line_guard() returns trigger language plpgsql as $$
begin
  if exists (select from standing_match m where m.fund_id = old.fund_id and m.line_id = old.line_id) then
    raise exception 'a line that is matched stays as it is' using errcode = 'CP409';
  end if;
  if tg_op = 'DELETE' then return old; end if;
  if (new.fund_id, new.line_id, new.statement_id, new.account_no, new.file_line, new.day, new.amount, new.balance, new.mark, new.nth)
     is distinct from (old.fund_id, old.line_id, old.statement_id, old.account_no, old.file_line, old.day, old.amount, old.balance, old.mark, old.nth) then
    raise exception 'a line of a statement never changes' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('statement_line', 'statement_line_guard', 'before update or delete on %I for each row', 'statement_line_guard()');

-- A match is undone once, and is otherwise as it was made. It may go, once undone, with its line.
create function statement_match_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.undone_by is null then raise exception 'a match is undone before it goes' using errcode = 'CP001'; end if;
    return old;
  end if;
  if old.undone_by is not null or (new.fund_id, new.match_id, new.part, new.line_id, new.account_no, new.seq, new.entry_id, new.matched_by, new.matched_day)
     is distinct from (old.fund_id, old.match_id, old.part, old.line_id, old.account_no, old.seq, old.entry_id, old.matched_by, old.matched_day) then
    raise exception 'a match is undone, once, and never changed' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('statement_match', 'statement_match_guard', 'before update or delete on %I for each row', 'statement_match_guard()');

-- What is matched adds up: the transactions of a match, or the entry that was begun, move on this account exactly what its line says. The line was not left alone,
-- and none of the transactions is another line's already by way of a hand entry.
create function statement_match_adds_up() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  -- The lines stay as they are until this is done.
  perform from statement_line l where (l.fund_id, l.line_id) in (select w.fund_id, w.line_id from written w) order by l.fund_id, l.line_id for update;
  select m.match_id into wrong from (
      select w.fund_id, w.match_id, count(distinct w.line_id) as lines, min(w.line_id::text)::uuid as line_id, count(*) as parts, count(w.moved) as moving, max(w.part) as last, sum(w.moved) as moved,
        bool_or(exists (select from standing_match s where s.fund_id = w.fund_id and s.account_no = w.account_no and s.seq = w.seq and s.match_id <> w.match_id)) as taken
      from (
        select written.*, coalesce(
          (select sum(p.amount) from posting p where p.fund_id = written.fund_id and p.seq = written.seq and p.account_no = written.account_no),
          (select sum((p ->> 'amount')::bigint) from hand_entry h cross join jsonb_array_elements(h.content -> 'postings') p join account a on a.fund_id = h.fund_id and a.code = p ->> 'account'
           where h.fund_id = written.fund_id and h.entry_id = written.entry_id and a.account_no = written.account_no)) as moved from written) w
      group by w.fund_id, w.match_id) m
    join statement_line l on l.fund_id = m.fund_id and l.line_id = m.line_id
    where m.lines <> 1 or m.parts <> m.last or m.moving <> m.parts or m.moved <> l.amount or m.taken or l.left_by is not null limit 1;
  if found then raise exception 'match % does not add up, or something of it is matched already', wrong using errcode = 'CP409'; end if;
  return null;
end $$;
call add_guard('statement_match', 'statement_match_adds_up', 'after insert on %I referencing new table as written for each statement', 'statement_match_adds_up()');

-- The journal by day: days follow the order in which rows are written but for hand entries, so that a summary of blocks is enough and costs the journal nothing.
create index transaction_by_day on transaction using brin (day) with (pages_per_range = 16, autosummarize = on);

grant select on statement, statement_line, statement_match, standing_match to commonpot_app, commonpot_worker, commonpot_auditor;
grant select (fund_id, account_no, mapping) on statement_source to commonpot_worker, commonpot_auditor;
grant select, insert, update (mapping, header_mark) on statement_source to commonpot_app;
grant insert, delete on statement to commonpot_app;
grant insert, delete, update (left_by) on statement_line to commonpot_app;
grant insert, delete, update (undone_by, undone_day) on statement_match to commonpot_app;
