-- What Stripe says that it has, beside what our books say: the last look at each account.
create table stripe_balance (
  account       text not null,
  currency      char(3) not null,
  available     bigint not null,
  pending       bigint not null,
  -- What was on the account before the first line that we know: not ours to explain.
  opening       bigint not null,
  -- Lines older than this belong to the opening.
  lines_from    timestamptz not null,
  -- Ours at that moment: what the books of all funds on the account held, and what is known to be nobody's or another program's.
  books_available  bigint not null,
  books_pending    bigint not null,
  others_available bigint not null,
  others_pending   bigint not null,
  read_at       timestamptz not null,
  -- Since when the two sides differ without a break; null while they agree.
  differs_since timestamptz,
  primary key (account, currency)
);

-- Lines of a shared account that name no fund: the operator says whose they are, once.
create table line_assignment (
  account text not null,
  line_id text not null,
  fund_id uuid not null references fund,
  day     date not null,
  primary key (account, line_id)
);
call make_append_only('line_assignment');
create function line_assignment_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from stripe_line l join fund f on f.fund_id = new.fund_id and f.currency = l.currency left join card_account a on a.fund_id = f.fund_id
    where l.account = new.account and l.line_id = new.line_id and l.standing = 'unassigned' and coalesce(a.account, '') = l.account;
  if not found then raise exception 'only a line that is nobody''s goes to a fund of its account and currency' using errcode = 'CP001'; end if;
  return new;
end $$;
call add_guard('line_assignment', 'line_assignment_guard', 'before insert on %I for each row', 'line_assignment_guard()');

grant select on stripe_balance, line_assignment to commonpot_app, commonpot_worker, commonpot_auditor;
grant insert, update on stripe_balance to commonpot_worker, commonpot_app;
grant insert on line_assignment to commonpot_app;
revoke all on function line_assignment_guard from public;
