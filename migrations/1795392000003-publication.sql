-- What went into which public batch. A transaction is published once.
create table batch (
  fund_id  uuid not null references fund,
  batch_no int not null check (batch_no >= 1),
  kind     transaction_kind not null,
  day      date not null,
  entry    jsonb not null,
  primary key (fund_id, batch_no)
);
create table batch_member (
  fund_id  uuid not null,
  seq      bigint not null,
  batch_no int not null,
  primary key (fund_id, seq),
  foreign key (fund_id, batch_no) references batch,
  foreign key (fund_id, seq) references transaction
);

call make_append_only('batch');
call make_append_only('batch_member');

-- Publishing: never below k, and never below three whatever the charter says; each transaction once, in the order of the journal.
create function publish_batch(p_fund uuid, p_kind transaction_kind, p_day date, p_k int, p_seqs bigint[], p_entry jsonb) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_no int; v_sum numeric;
begin
  perform from book where fund_id = p_fund for no key update;
  if cardinality(p_seqs) < greatest(p_k, 3) or (p_entry ->> 'count')::int <> cardinality(p_seqs) then
    raise exception 'a batch is never smaller than k' using errcode = 'CP001';
  end if;
  if (select count(*) from transaction t where t.fund_id = p_fund and t.kind = p_kind and t.seq = any (p_seqs)) <> cardinality(p_seqs) then
    raise exception 'a batch holds transactions of one kind' using errcode = 'CP001';
  end if;
  select coalesce(sum((p ->> 'amount')::numeric), 1) into v_sum from jsonb_array_elements(p_entry -> 'postings') p;
  if v_sum <> 0 then raise exception 'a public entry adds up to zero' using errcode = 'CP001'; end if;
  select coalesce(max(batch_no), 0) + 1 into v_no from batch where fund_id = p_fund;
  insert into batch (fund_id, batch_no, kind, day, entry) values (p_fund, v_no, p_kind, p_day, p_entry);
  insert into batch_member (fund_id, seq, batch_no) select p_fund, unnest(p_seqs), v_no;
  return v_no;
end $$;

revoke all on function publish_batch from public;
grant select on batch, batch_member to commonpot_app, commonpot_worker, commonpot_auditor;
grant execute on function publish_batch to commonpot_worker;

-- The only way in for jobs: enqueued in the transaction of the act that wants them.
create function enqueue_job(p_task text, p_payload json, p_run_at timestamptz default null, p_job_key text default null) returns void
language sql security definer set search_path = public, pg_temp as $$
  select graphile_worker.add_job(p_task, p_payload, run_at => p_run_at, max_attempts => 25, job_key => p_job_key) where true;
$$;

revoke all on function enqueue_job from public;
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
