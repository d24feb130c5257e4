-- One log per fund (C2SP tlog-tiles): exact bytes, one after another, under signed checkpoints. Tiles are views of these rows.
create table log (
  fund_id uuid primary key references fund,
  -- Where the log was first published, without scheme; a later change of address does not change it.
  origin  text not null unique check (length(origin) between 3 and 250),
  -- The verifier key that it began with; changes are announced by entries of kind "key".
  vkey    text not null,
  size    bigint not null check (size >= 0),
  -- The compact range: the roots of the full subtrees, largest first, 32 bytes each. All that is needed to append.
  range   bytea not null check (octet_length(range) % 32 = 0)
);

create table log_entry (
  fund_id       uuid not null references log,
  idx           bigint not null check (idx >= 0),
  kind          text not null,
  day           date not null,
  body          bytea not null check (octet_length(body) between 2 and 65535),
  -- SHA-256(0x00 || body)
  hash          bytea not null check (octet_length(hash) = 32),
  submission_id uuid,
  primary key (fund_id, idx),
  unique (fund_id, submission_id)
);
create index log_entry_kind on log_entry (fund_id, kind, idx);

-- The roots of full subtrees of 256, 65,536, … entries: what the tiles above the lowest are made of.
create table log_node (
  fund_id uuid not null references log,
  level   smallint not null check (level between 1 and 7),
  idx     bigint not null,
  hash    bytea not null check (octet_length(hash) = 32),
  primary key (fund_id, level, idx)
);

-- Every checkpoint that was ever signed. From the commit on it binds: never a second root for a size.
create table checkpoint (
  fund_id uuid not null references log,
  size    bigint not null,
  root    bytea not null check (octet_length(root) = 32),
  note    text not null,
  primary key (fund_id, size)
);

call make_append_only('log_entry');
call make_append_only('log_node');
call make_append_only('checkpoint');

-- A log only grows, and by its function alone.
create function log_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then raise exception 'a log is never deleted' using errcode = 'CP001'; end if;
  if (new.fund_id, new.origin, new.vkey) is distinct from (old.fund_id, old.origin, old.vkey) or new.size <= old.size then
    raise exception 'a log only grows' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('log', 'log_guard', 'before update or delete on %I for each row', 'log_guard()');

-- What everybody is shown: the last checkpoint with its cosignatures, and why signing stopped, if it did.
create table published (
  fund_id  uuid primary key references log,
  size     bigint not null,
  note     text not null,
  -- Since when the policy's quorum of witnesses has not cosigned; null while it does, and where no witness is asked for.
  unwitnessed_since date
);
create table halted (
  fund_id uuid primary key references fund,
  reason  text not null,
  day     date not null
);
create table cosignature (
  fund_id uuid not null references log,
  witness text not null,
  size    bigint not null,
  line    text not null,
  day     date not null,
  primary key (fund_id, witness)
);
-- Sums of what is published, by week and public account; a reader gets the same from the entries.
create table public_total (
  fund_id uuid not null references log,
  monday  date not null,
  account text not null,
  amount  bigint not null,
  primary key (fund_id, monday, account)
);

-- Publication: how far the journal has been looked at, what waits for its k, and what the public was last told of promises.
create table publication (
  fund_id        uuid primary key references fund,
  period         text not null,
  as_of          date not null,
  seen_seq       bigint not null default 0,
  -- What the published entries say: everything that came in, and everything that decisions sent out.
  came_in        bigint not null default 0,
  sent_out       bigint not null default 0,
  held           bigint not null default 0,
  holds_placed   bigint not null default 0,
  holds_finished bigint not null default 0
);
create table unpublished (
  fund_id    uuid not null references fund,
  entry_kind text not null,
  seq        bigint not null,
  primary key (fund_id, seq)
);
-- Which entry a journal transaction is in, and its commitment there. A transaction is published once.
create table batch_member (
  fund_id    uuid not null,
  seq        bigint not null,
  idx        bigint not null,
  commitment bytea,
  primary key (fund_id, seq),
  foreign key (fund_id, idx) references log_entry,
  foreign key (fund_id, seq) references transaction
);
create index batch_member_idx on batch_member (fund_id, idx);
create index batch_member_commitment on batch_member (fund_id, commitment);
call make_append_only('batch_member');
-- What opens a commitment. Deleting it makes the commitment say nothing; that of a payout stands with its disbursement.
create table batch_salt (
  fund_id uuid not null,
  seq     bigint not null,
  salt    bytea not null check (octet_length(salt) = 32),
  primary key (fund_id, seq),
  foreign key (fund_id, seq) references batch_member
);

-- Where each kind of transaction is published (the program says the same: PUBLIC_KIND), and whether it may stand alone.
create table public_kind (
  kind       transaction_kind primary key,
  entry_kind text not null,
  single     boolean not null
);
insert into public_kind values
  ('gift', 'gifts', false), ('dues', 'dues', false), ('levy', 'levies', false), ('available', 'available', false), ('refund', 'refunds', false),
  ('dispute', 'dispute', false), ('dispute-won', 'dispute', false), ('dispute-lost', 'dispute', false), ('bank', 'bank', false), ('fee', 'fees', false),
  ('import', 'import', false), ('payout', 'payouts', false), ('reimbursement', 'reimbursements', false), ('deposit', 'deposits', false),
  ('deposit-returned', 'deposits-closed', false), ('deposit-applied', 'deposits-closed', false), ('deposit-forfeited', 'deposits-closed', false),
  ('deposit-reinstated', 'deposits-closed', false), ('moved', 'moved', false), ('suspense', 'correction', false), ('cleared', 'correction', false),
  ('payout-returned', 'correction', false), ('reversal', 'correction', false), ('transfer-in', 'transfer', true), ('transfer-out', 'transfer', true),
  ('opening', 'opening', true);

-- Entries that other rooms hand down: the publisher adds the day. One that waits goes out with what it stands behind.
create table submission (
  fund_id       uuid not null references fund,
  submission_id uuid not null,
  submission_no bigint generated always as identity,
  entry         jsonb not null check (entry ->> 'kind' in ('genesis', 'charter', 'roster', 'approval', 'statement', 'imported')),
  waits         boolean not null,
  primary key (fund_id, submission_id)
);
-- The commitment that was approved for a hold, and the approvals behind a commitment.
create table decision (
  fund_id    uuid not null references fund,
  hold_id    uuid not null,
  commitment bytea not null check (octet_length(commitment) = 32),
  primary key (fund_id, hold_id)
);
create table support (
  fund_id       uuid not null,
  commitment    bytea not null,
  submission_id uuid not null,
  primary key (fund_id, commitment, submission_id),
  foreign key (fund_id, submission_id) references submission
);
-- Where a charter seals approvals, the log carries a salted hash; the salt stays with the fund.
create table approval_salt (
  fund_id       uuid not null,
  submission_id uuid not null,
  salt          bytea not null check (octet_length(salt) = 32),
  primary key (fund_id, submission_id),
  foreign key (fund_id, submission_id) references submission
);
call make_append_only('submission');
call make_append_only('decision');
call make_append_only('support');

-- Looks at what the journal got since, once.
create function note_unpublished(p_fund uuid) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare v_seen bigint; v_last bigint;
begin
  select seen_seq into v_seen from publication where fund_id = p_fund for update;
  select next_seq - 1 into v_last from book where fund_id = p_fund;
  insert into unpublished (fund_id, entry_kind, seq)
    select t.fund_id, k.entry_kind, t.seq from transaction t join public_kind k using (kind) where t.fund_id = p_fund and t.seq > v_seen and t.seq <= v_last;
  update publication set seen_seq = v_last where fund_id = p_fund and v_last > v_seen;
end $$;

-- In public, all that is settled is one account, and kinds of help are compared as one (the entry may fold a small one into "other").
create function public_account(p_code text) returns text language sql immutable as $$
  select case when p_code like 'expenses:aid:%' then 'expenses:aid' when p_code = 'assets:holdings' or account_bucket(p_code) = 'settled' then 'assets:holdings' else p_code end;
$$;

-- Grows the log by entries whose hashes and signed checkpoint the log's keeper worked out, and writes down which transactions are in them: never below k,
-- each once, and with the journal's own sums. Refuses CP410 when the log has another size by now: another publisher was here.
create function publish_entries(
  p_fund uuid, p_origin text, p_vkey text, p_size bigint, p_bodies bytea[], p_hashes bytea[], p_submissions uuid[], p_node_levels smallint[], p_node_idx bigint[],
  p_node_hashes bytea[], p_range bytea, p_root bytea, p_note text, p_seqs bigint[], p_seq_idx bigint[], p_commitments bytea[], p_salts bytea[]
) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare v_k int; v_new bigint := p_size + cardinality(p_bodies); v_bad text;
begin
  insert into log (fund_id, origin, vkey, size, range) values (p_fund, p_origin, p_vkey, 0, '') on conflict (fund_id) do nothing;
  perform from log where fund_id = p_fund and size = p_size for no key update;
  if not found then raise exception 'the log has grown meanwhile' using errcode = 'CP410'; end if;
  insert into log_entry (fund_id, idx, kind, day, body, hash, submission_id)
    select p_fund, p_size + n - 1, e.entry ->> 'kind', (e.entry ->> 'day')::date, e.body, e.hash, e.submission_id
    from (select n, body, hash, submission_id, convert_from(body, 'UTF8')::jsonb as entry from unnest(p_bodies, p_hashes, p_submissions) with ordinality as u (body, hash, submission_id, n)) e;
  insert into log_node (fund_id, level, idx, hash) select p_fund, l, i, h from unnest(p_node_levels, p_node_idx, p_node_hashes) as u (l, i, h);
  insert into checkpoint (fund_id, size, root, note) values (p_fund, v_new, p_root, p_note);
  update log set size = v_new, range = p_range where fund_id = p_fund;

  insert into batch_member (fund_id, seq, idx, commitment) select p_fund, s, i, c from unnest(p_seqs, p_seq_idx, p_commitments) as u (s, i, c);
  insert into batch_salt (fund_id, seq, salt) select p_fund, s, salt from unnest(p_seqs, p_salts) as u (s, salt) where salt is not null;
  with gone as (delete from unpublished u using unnest(p_seqs) s (seq) where u.fund_id = p_fund and u.seq = s.seq returning u.seq)
    select 'a transaction that does not wait to be published' into v_bad where (select count(*) from gone) <> cardinality(p_seqs);
  if v_bad is not null then raise exception '%', v_bad using errcode = 'CP001'; end if;

  select (charter -> 'publication' ->> 'k')::int into v_k from charter where fund_id = p_fund order by version desc limit 1;
  -- Folded and never joined: entries and members of a tick have no statistics, and a join of them by nested loops was quadratic (measured: 10,000 entries, 6 s).
  with entry as materialized (
    select e.idx, e.kind, convert_from(e.body, 'UTF8')::jsonb as j from log_entry e where e.fund_id = p_fund and e.idx >= p_size
  ), told as (
    select idx, kind, j ? 'postings' as money, (j ->> 'count')::int as count, j -> 'commitments' as said, null::text as member_kind, null::boolean as single, null::text as commitment from entry
    union all
    select m.idx, null, null, null, null, k.entry_kind, k.single, encode(m.commitment, 'hex')
    from batch_member m join transaction t on t.fund_id = m.fund_id and t.seq = m.seq join public_kind k on k.kind = t.kind where m.fund_id = p_fund and m.idx >= p_size
  ), folded as (
    select idx, max(kind) as kind, bool_or(money) as money, max(count) as count, (array_agg(said) filter (where said is not null))[1] as said, count(member_kind) as n,
      min(member_kind) as least_kind, max(member_kind) as greatest_kind, bool_and(single) as single, array_agg(commitment order by commitment) filter (where commitment is not null) as commitments
    from told group by idx
  ), sums as (
    select idx from (
      select m.idx, public_account(a.code) as account, p.amount from batch_member m join posting p on p.fund_id = m.fund_id and p.seq = m.seq
        join account a on a.fund_id = p.fund_id and a.account_no = p.account_no where m.fund_id = p_fund and m.idx >= p_size
      union all
      select e.idx, public_account(p ->> 'account'), -(p ->> 'amount')::bigint from entry e, jsonb_array_elements(e.j -> 'postings') p) legs
    group by idx, account having sum(amount) <> 0
  )
  select coalesce(
    (select format('entry %s holds %s transactions, and the least is %s', idx, n, greatest(v_k, 3)) from folded
      where money and not (coalesce(single, false) and n = 1) and (n < greatest(v_k, 3) or n is distinct from count) limit 1),
    (select format('entry %s holds transactions of another kind', idx) from folded where n > 0 and (not money or least_kind <> kind or greatest_kind <> kind) limit 1),
    (select format('entry %s does not commit to its transactions', idx) from folded where said is not null and to_jsonb(commitments) is distinct from said limit 1),
    (select format('entry %s says another sum than the journal', idx) from sums limit 1)
  ) into v_bad;
  if v_bad is not null then raise exception '%', v_bad using errcode = 'CP001'; end if;
end $$;

-- Shows a checkpoint to everybody: one that was signed here, with its cosignatures, and never a smaller one than before.
create function publish_checkpoint(p_fund uuid, p_size bigint, p_note text, p_unwitnessed_since date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_before bigint;
begin
  perform from log where fund_id = p_fund for no key update;
  perform from checkpoint where fund_id = p_fund and size = p_size and starts_with(p_note, note);
  if not found then raise exception 'only a checkpoint that was signed is published' using errcode = 'CP001'; end if;
  select size into v_before from published where fund_id = p_fund;
  if v_before > p_size then raise exception 'a larger checkpoint is published already' using errcode = 'CP001'; end if;
  insert into published (fund_id, size, note, unwitnessed_since) values (p_fund, p_size, p_note, p_unwitnessed_since)
    on conflict (fund_id) do update set size = p_size, note = p_note, unwitnessed_since = p_unwitnessed_since;
  insert into public_total as t (fund_id, monday, account, amount)
    select e.fund_id, date_trunc('week', e.day)::date, p ->> 'account', sum((p ->> 'amount')::bigint)
    from log_entry e, jsonb_array_elements(convert_from(e.body, 'UTF8')::jsonb -> 'postings') p
    where e.fund_id = p_fund and e.idx >= coalesce(v_before, 0) and e.idx < p_size group by 1, 2, 3
    on conflict (fund_id, monday, account) do update set amount = t.amount + excluded.amount;
end $$;

revoke all on function note_unpublished, publish_entries, publish_checkpoint from public;
grant execute on function note_unpublished, publish_entries, publish_checkpoint to commonpot_worker;
grant select on log, log_entry, log_node, checkpoint, published, halted, cosignature, public_total, publication, unpublished, batch_member, batch_salt, public_kind, submission, decision,
  support, approval_salt to commonpot_app, commonpot_worker, commonpot_auditor;
grant insert, update on publication, cosignature to commonpot_worker;
grant insert on approval_salt to commonpot_worker;
grant insert, update, delete on halted to commonpot_worker;
grant insert on submission, decision, support to commonpot_app, commonpot_worker;

-- The only way in for jobs: enqueued in the transaction of the act that wants them.
create function enqueue_job(p_task text, p_payload json, p_in_seconds int default 0, p_job_key text default null) returns void
language sql security definer set search_path = public, pg_temp as $$
  select graphile_worker.add_job(p_task, p_payload, run_at => clock_timestamp() + p_in_seconds * interval '1 second', max_attempts => 25, job_key => p_job_key) where true;
$$;

-- Many at once: a list of {task, payload, key, run_at}. Of several with one key, one is enough.
create function enqueue_jobs(p_jobs jsonb) returns void language sql security definer set search_path = public, pg_temp as $$
  select graphile_worker.add_jobs(array_agg((j.task, j.payload, null, j.run_at, 25, j.key, 0, null)::graphile_worker.job_spec))
  from (select distinct on (i ->> 'key') i ->> 'task' as task, (i -> 'payload')::json as payload, (i ->> 'run_at')::timestamptz as run_at, i ->> 'key' as key
        from jsonb_array_elements(p_jobs) i order by i ->> 'key') j having count(*) > 0;
$$;

revoke all on function enqueue_job, enqueue_jobs from public;
grant execute on function enqueue_job to commonpot_app, commonpot_worker;

-- graphile-worker guards its tables with row level security; the worker's role may pass, the app's may only enqueue through our function.
grant usage on schema graphile_worker to commonpot_worker;
grant select, insert, update, delete on all tables in schema graphile_worker to commonpot_worker;
grant usage on all sequences in schema graphile_worker to commonpot_worker;
grant execute on all functions in schema graphile_worker to commonpot_worker;
do $$
declare t record;
begin
  for t in select tablename from pg_tables where schemaname = 'graphile_worker' and rowsecurity loop
    execute format('create policy commonpot_worker on graphile_worker.%I to commonpot_worker using (true) with check (true)', t.tablename);
  end loop;
end $$;
