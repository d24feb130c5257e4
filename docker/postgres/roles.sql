-- The four roles of Commonpot. Run once by a superuser; give each a password of its own (ALTER ROLE … PASSWORD).
-- The owner owns the schema and its functions, and is used by migrations alone. The app serves people. The worker owns the clock,
-- the publishing and the log's key. The auditor reads the books and nothing that people wrote. Neither app nor worker can write the books but through the owner's functions.
do $$
declare
  name text;
begin
  foreach name in array array['commonpot_owner', 'commonpot_app', 'commonpot_worker', 'commonpot_auditor'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I login', name);
    end if;
  end loop;
end $$;

-- Nothing that people wrote may reach the server's log, and nobody may hold a lock for long.
alter role commonpot_app set statement_timeout = '5s';
alter role commonpot_app set lock_timeout = '2s';
alter role commonpot_app set idle_in_transaction_session_timeout = '10s';
alter role commonpot_app set synchronous_commit = 'on';
alter role commonpot_worker set statement_timeout = '30s';
alter role commonpot_worker set lock_timeout = '5s';
alter role commonpot_worker set idle_in_transaction_session_timeout = '30s';
alter role commonpot_worker set synchronous_commit = 'on';
alter role commonpot_auditor set default_transaction_read_only = on;
alter role commonpot_auditor set statement_timeout = '10min';
