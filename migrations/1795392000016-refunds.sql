-- Gifts by card that a decision gives back. Stripe is asked by a job, under a key that is the decision's own; what came of it is booked from Stripe's word alone.
create table refund_order (
  fund_id     uuid not null,
  decision_id uuid not null,
  donation_id uuid not null,
  account     text not null,
  charge      text not null check (charge ~ '^(ch|py)_\w{1,100}$'),
  amount      bigint not null check (amount > 0 and amount <= 10000000000),
  day         date not null,
  -- Stripe's name for it, once it said yes; or the kind of its no.
  refund      text unique,
  refused     text check (refused ~ '^[a-z_]{1,60}$'),
  primary key (fund_id, decision_id),
  foreign key (fund_id, decision_id) references joint_decision,
  foreign key (fund_id, donation_id) references donation,
  check (refund is null or refused is null)
);
create index refund_order_donation on refund_order (fund_id, donation_id);

-- Money goes back by decision alone, and only as decided.
create function refund_order_guard() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then raise exception 'an order is never forgotten' using errcode = 'CP001'; end if;
  if tg_op = 'INSERT' then
    perform from joint_decision d where d.fund_id = new.fund_id and d.decision_id = new.decision_id and d.kind = 'refund' and d.state = 'decided'
      and (d.subject::jsonb ->> 'amount')::bigint = new.amount and d.subject::jsonb ->> 'charge' = new.charge and d.subject::jsonb ->> 'account' = new.account
      and d.subject::jsonb ->> 'donation' = new.donation_id::text;
    if not found then raise exception 'nobody decided this' using errcode = 'CP001'; end if;
  elsif (new.fund_id, new.decision_id, new.donation_id, new.account, new.charge, new.amount, new.day)
        is distinct from (old.fund_id, old.decision_id, old.donation_id, old.account, old.charge, old.amount, old.day)
        or (old.refund is not null and new.refund is distinct from old.refund) then
    raise exception 'an order stays what was decided' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('refund_order', 'refund_order_guard', 'before insert or update or delete on %I for each row', 'refund_order_guard()');
grant select on refund_order to commonpot_app, commonpot_worker, commonpot_auditor;
grant insert on refund_order to commonpot_app;
grant update (refund, refused) on refund_order to commonpot_worker;
revoke all on function refund_order_guard from public;
