-- The only way into the journal. Each function takes the fund's row in `book` first: that lock is what makes every check below true.

-- Opens accounts of the chart; those that exist are left alone.
create function open_accounts(p_fund uuid, p_codes text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from book where fund_id = p_fund for no key update;
  insert into account (fund_id, account_no, code, type, bucket, family_bit)
  select p_fund, (select coalesce(max(account_no), 0) from account where fund_id = p_fund) + row_number() over (order by n.ord), n.code,
         account_type(n.code), account_bucket(n.code), family_bits(array[account_family(n.code)])
  from (select code, min(ord) as ord from unnest(p_codes) with ordinality u (code, ord) group by code) n
  where not exists (select from account a where a.fund_id = p_fund and a.code = n.code);
end $$;

-- The cap of a holding; null takes it away.
create function set_cap(p_fund uuid, p_code text, p_cap bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from book where fund_id = p_fund for no key update;
  update account set cap = p_cap where fund_id = p_fund and code = p_code and bucket = 'settled';
  if not found then raise exception 'only a holding has a cap' using errcode = 'CP001'; end if;
end $$;

-- Writes down that more or less is set aside, and folds it into the book. The caller holds the fund's lock.
create function write_aside(p_fund uuid, p_after_seq bigint, p_what text, p_hold uuid, p_amount bigint) returns void language plpgsql as $$
declare v_no bigint;
begin
  update book set next_aside = next_aside + 1,
      held = held + case when p_what = 'reserve' then 0 else p_amount end,
      reserve = reserve + case when p_what = 'reserve' then p_amount else 0 end
    where fund_id = p_fund returning next_aside - 1 into v_no;
  insert into set_aside (fund_id, aside_no, after_seq, what, hold_id, amount) values (p_fund, v_no, p_after_seq, p_what, p_hold, p_amount);
end $$;

-- The reserve against chargebacks, as the charter in force says it (`reserve`: percent of card gifts that are younger than so many days and have
-- become ours to use; payments that fit no gift count as well), and what a fiscal sponsor holds back of ours (memos of two treasurers, `hand_entry`). The day is handed in, and on a real fund it is never later than the database's own clock says. Gifts still on their way are the youngest, and are not counted among what is settled.
create function keep_reserve(p_fund uuid, p_today date) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare b book; v_percent int; v_days int; v_young bigint; v_reserve bigint := 0;
begin
  select * into b from book where fund_id = p_fund for no key update;
  if not (select practice from fund where fund_id = p_fund) then p_today := least(p_today, current_date + 1); end if;
  select coalesce((c.charter #>> '{reserve,percent}')::int, 0), coalesce((c.charter #>> '{reserve,days}')::int, 0) into v_percent, v_days
    from charter c where c.fund_id = p_fund order by c.version desc limit 1;
  if v_percent > 0 then
    select coalesce(sum(d.debit) filter (where d.kind in ('gift', 'suspense') and a.code in ('assets:stripe', 'assets:stripe:pending')), 0)
         - coalesce(sum(d.credit) filter (where d.kind in ('refund', 'dispute') and a.code in ('assets:stripe', 'assets:stripe:pending')), 0) into v_young
      from account_day d join account a using (fund_id, account_no) where d.fund_id = p_fund and d.day > p_today - v_days;
    v_reserve := (greatest(v_young - greatest(b.in_transit, 0), 0) * v_percent + 99) / 100;
  end if;
  v_reserve := v_reserve + greatest(coalesce((
    select sum(case h.what when 'sponsor-held' then h.amount else -h.amount end) from hand_entry h
    where h.fund_id = p_fund and h.state = 'booked' and h.what in ('sponsor-held', 'sponsor-freed')), 0), 0);
  if v_reserve <> b.reserve then perform write_aside(p_fund, b.next_seq - 1, 'reserve', null, v_reserve - b.reserve); end if;
  return v_reserve;
end $$;

-- Does what is stored under a key say the same as what is given now? The transaction itself is the memory: no second copy could disagree with it.
create function same_content(t transaction, p_kind transaction_kind, p_day date, p_reverses bigint, p_reason reversal_reason, p_hold uuid, p_about uuid, p_source text, p_accounts smallint[], p_amounts bigint[])
returns boolean stable language sql as $$
  select (t.kind, t.day) = (p_kind, p_day) and t.reverses is not distinct from p_reverses and t.reason is not distinct from p_reason
     -- What undoes another takes its hold and its deposit over from it.
     and (t.reverses is not null or (t.hold_id is not distinct from p_hold and t.about is not distinct from p_about)) and t.source is not distinct from p_source
     and (p_accounts, p_amounts) = (select array_agg(p.account_no order by p.line), array_agg(p.amount order by p.line) from posting p where p.fund_id = t.fund_id and p.seq = t.seq)
$$;

-- One transaction that is a decision, takes a hold, is about a deposit or undoes an earlier one: may it be booked after what stands before it in the group?
-- `b` is the book as it stands there, `p_balances` are the accounts' balances by number. Returns 0, or the status that refuses it; holds and deposits are moved when it is 0.
create function admit(
  b book, r kind_rule, p_seq bigint, p_day date, p_reverses bigint, p_hold uuid, p_about uuid, p_accounts smallint[], p_amounts bigint[], p_balances bigint[]
) returns smallint language plpgsql as $$
declare v_settled bigint; v_promised bigint; v_deposit bigint; v_lost bigint; t transaction; tr kind_rule; v_hold uuid := p_hold; v_about uuid := p_about;
begin
  select coalesce(sum(l.amount) filter (where a.bucket = 'settled'), 0), coalesce(sum(l.amount) filter (where a.bucket = 'on-deposit'), 0),
         coalesce(sum(l.amount) filter (where a.code like any (array['expenses:aid:%', 'assets:deposits', 'expenses:reimbursements'])), 0),
         coalesce(sum(l.amount) filter (where a.code = 'expenses:deposits:forfeited'), 0)
    into v_settled, v_deposit, v_promised, v_lost
    from unnest(p_accounts, p_amounts) l (account_no, amount) join account a on a.fund_id = b.fund_id and a.account_no = l.account_no;
  if r.decision then
    if r.kind = 'transfer-out' and v_settled >= 0 then return 3; end if;
    if v_settled < 0 and b.settled + v_settled - keep_reserve(b.fund_id, p_day) - b.held < 0 then return 3; end if;
    if exists (select from (select l.account_no, sum(l.amount) as net from unnest(p_accounts, p_amounts) l (account_no, amount) group by 1) n
               join account a on a.fund_id = b.fund_id and a.account_no = n.account_no
               where a.bucket = 'settled' and n.net < 0 and p_balances[n.account_no] + n.net < 0) then return 3; end if;
    if exists (select from (select l.account_no, sum(l.amount) as net from unnest(p_accounts, p_amounts) l (account_no, amount) group by 1) n
               join account a on a.fund_id = b.fund_id and a.account_no = n.account_no
               where n.net > 0 and p_balances[n.account_no] + n.net > a.cap) then return 6; end if;
    return 0;
  end if;
  if r.mirrors then
    select * into t from transaction where fund_id = b.fund_id and seq = p_reverses;
    if not found or t.reverses is not null or t.kind in ('transfer-out', 'transfer-in') or exists (select from transaction where fund_id = b.fund_id and reverses = p_reverses)
       or (r.kind = 'payout-returned') <> (t.kind = 'payout')
       or (select array_agg((p.account_no, -p.amount) order by p.account_no, p.amount desc) from posting p where p.fund_id = b.fund_id and p.seq = p_reverses)
          is distinct from (select array_agg((l.account_no, l.amount) order by l.account_no, l.amount) from unnest(p_accounts, p_amounts) l (account_no, amount)) then return 4; end if;
    select * into tr from kind_rule where kind = t.kind;
    r.from_hold := tr.from_hold; r.on_deposit := tr.on_deposit; v_hold := t.hold_id; v_about := t.about;
  end if;
  if r.from_hold and (v_promised = 0 or not exists (
    select from hold where fund_id = b.fund_id and hold_id = v_hold and released + v_promised between 0 and amount)) then return 3; end if;
  if r.on_deposit then
    if r.kind = 'deposit' then
      insert into deposit (fund_id, deposit_id, posted_day, amount, outstanding) values (b.fund_id, v_about, p_day, v_deposit, v_deposit) on conflict do nothing;
    else
      update deposit set outstanding = outstanding + v_deposit, forfeited = forfeited + v_lost where fund_id = b.fund_id and deposit_id = v_about
        and outstanding + v_deposit between 0 and amount and forfeited + v_lost between 0 and amount - outstanding - v_deposit;
    end if;
    if not found then return 5; end if;
  end if;
  if r.from_hold then
    -- Nothing refuses it any more. What is paid leaves the hold; what comes back is promised again, until the disbursement is paid anew or given up.
    update hold set released = released + v_promised where fund_id = b.fund_id and hold_id = v_hold;
    perform write_aside(b.fund_id, p_seq, case when r.mirrors then 'returned' else 'paid' end, v_hold, -v_promised);
  end if;
  return 0;
end $$;

-- Books a group of transactions of one fund, in their order, and answers each by itself: 0 booked · 1 was there with this content · 2 its key was used with
-- other content · 3 not covered by what is free, or by its hold · 4 nothing that can be undone so · 5 no such sum on deposit · 6 beyond the cap of a holding. What is refused touches nothing, and what
-- follows sees it refused. Anything malformed raises (CP001 and PostgreSQL's own) and books nothing of the group: the caller then halves the group.
create function journal_append(
  p_fund uuid, p_recorded_at timestamptz,
  -- One element for each transaction; the last five are null where no transaction of the group has one.
  p_kinds transaction_kind[], p_days date[], p_keys text[], p_lines smallint[], p_reverses bigint[], p_reasons reversal_reason[], p_holds uuid[], p_abouts uuid[], p_sources text[],
  -- One element for each posting: its transaction's place in the group from 1, its number in the transaction from 1, account, amount.
  p_items int[], p_line_nos smallint[], p_accounts smallint[], p_amounts bigint[],
  out o_status smallint[], out o_seq bigint[]
) language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  b book; k kind_rule; t transaction; v_n int := cardinality(p_keys); v_next bigint; v_special transaction_kind[]; v_replays boolean := false;
  v_i int; v_from int := 1; v_to int; v_line int; v_balances bigint[]; v_buckets text[];
  v_settled bigint; v_transit bigint; v_deposit bigint; v_touched bigint; v_known bigint; v_strayed boolean;
begin
  select * into b from book where fund_id = p_fund for no key update;
  if not found then raise exception 'no such fund' using errcode = 'CP404'; end if;
  -- The postings are named twice, by place and by item: what is admitted must be what is written, whoever calls.
  if v_n is null or v_n <> all (array[cardinality(p_kinds), cardinality(p_days), cardinality(p_lines)])
     or cardinality(p_items) <> all (array[cardinality(p_line_nos), cardinality(p_accounts), cardinality(p_amounts)])
     or p_items is distinct from array(select i from generate_series(1, v_n) i, generate_series(1, p_lines[i]) n order by i, n) then
    raise exception 'the arrays of a group do not fit together' using errcode = 'CP001';
  end if;
  v_next := b.next_seq;
  o_status := array_fill(0::smallint, array[v_n]);
  -- Replays. The probe comes after the lock, and each statement sees what was committed before it; the unique index is the net.
  for t in select * from transaction x where x.fund_id = p_fund and x.key = any (p_keys) loop
    if not v_replays then o_seq := array_fill(0::bigint, array[v_n]); v_replays := true; end if;
    v_i := array_position(p_keys, t.key);
    o_seq[v_i] := t.seq;
    o_status[v_i] := case when same_content(t, p_kinds[v_i], p_days[v_i], p_reverses[v_i], p_reasons[v_i], p_holds[v_i], p_abouts[v_i], p_sources[v_i],
      array(select p_accounts[n] from generate_subscripts(p_items, 1) n where p_items[n] = v_i order by n),
      array(select p_amounts[n] from generate_subscripts(p_items, 1) n where p_items[n] = v_i order by n)) then 1 else 2 end;
  end loop;
  select array_agg(kind) into v_special from kind_rule where decision or from_hold or on_deposit or mirrors;
  if not v_replays and not p_kinds && v_special then
    -- Facts alone, all new: nothing depends on what stands before it.
    o_seq := array(select generate_series(v_next, v_next + v_n - 1));
    v_next := v_next + v_n;
  else
    if not v_replays then o_seq := array_fill(0::bigint, array[v_n]); end if;
    -- Accounts are numbered from 1 without a gap, so that an array holds them.
    select array_agg(a.balance order by a.account_no), array_agg(a.bucket order by a.account_no) into v_balances, v_buckets from account a where a.fund_id = p_fund;
    for v_i in 1..v_n loop
      v_to := v_from + p_lines[v_i] - 1;
      if o_status[v_i] = 0 and p_kinds[v_i] = any (v_special) then
        select * into k from kind_rule where kind = p_kinds[v_i];
        o_status[v_i] := admit(b, k, v_next, p_days[v_i], p_reverses[v_i], p_holds[v_i], p_abouts[v_i], p_accounts[v_from:v_to], p_amounts[v_from:v_to], v_balances);
        select held into b.held from book where fund_id = p_fund;
      end if;
      if o_status[v_i] = 0 then
        o_seq[v_i] := v_next;
        v_next := v_next + 1;
        for v_line in v_from..v_to loop
          v_balances[p_accounts[v_line]] := v_balances[p_accounts[v_line]] + p_amounts[v_line];
          if v_buckets[p_accounts[v_line]] = 'settled' then b.settled := b.settled + p_amounts[v_line]; end if;
        end loop;
      end if;
      v_from := v_to + 1;
    end loop;
    if v_next = b.next_seq then return; end if;
  end if;
  -- Fold: a group touches few accounts on few days, however many transactions it has.
  with f as materialized (
    select p_kinds[l.item] as kind, p_days[l.item] as day, l.account_no,
           coalesce(sum(l.amount) filter (where l.amount > 0), 0)::bigint as debit, coalesce(-sum(l.amount) filter (where l.amount < 0), 0)::bigint as credit
    from unnest(p_items, p_accounts, p_amounts) l (item, account_no, amount) where o_status[l.item] = 0 group by 1, 2, 3
  ), days as (
    insert into account_day as d (fund_id, day, account_no, kind, debit, credit) select p_fund, f.day, f.account_no, f.kind, f.debit, f.credit from f
    on conflict (fund_id, day, account_no, kind) do update set debit = d.debit + excluded.debit, credit = d.credit + excluded.credit
  ), nets as (
    select f.account_no, sum(f.debit - f.credit)::bigint as net, array_agg(f.kind) as kinds from f group by 1
  ), accounts as (
    update account a set balance = a.balance + n.net from nets n where a.fund_id = p_fund and a.account_no = n.account_no returning a.bucket, a.family_bit, n.net, n.kinds
  )
  select coalesce(sum(a.net) filter (where a.bucket = 'settled'), 0), coalesce(sum(a.net) filter (where a.bucket = 'in-transit'), 0), coalesce(sum(a.net) filter (where a.bucket = 'on-deposit'), 0),
         count(*), (select count(*) from nets), bool_or(exists (select from kind_rule q where q.kind = any (a.kinds) and q.bits & a.family_bit = 0))
    into v_settled, v_transit, v_deposit, v_known, v_touched, v_strayed from accounts a;
  if v_known <> v_touched then raise exception 'a posting names an account that this fund does not have' using errcode = 'CP001'; end if;
  if v_strayed then raise exception 'this kind of transaction may not touch one of these accounts' using errcode = 'CP001'; end if;
  update book set next_seq = v_next, recorded_at = greatest(recorded_at, p_recorded_at),
      settled = settled + v_settled, in_transit = in_transit + v_transit, on_deposit = on_deposit + v_deposit where fund_id = p_fund;
  with written as (
    insert into transaction (fund_id, seq, kind, day, recorded_at, key, lines, reverses, reason, hold_id, about, source)
    select p_fund, n.seq, n.kind, n.day, greatest(b.recorded_at, p_recorded_at), n.key, n.lines, n.reverses, n.reason,
           case when n.reverses is null then n.hold_id else (select x.hold_id from transaction x where x.fund_id = p_fund and x.seq = n.reverses) end,
           case when n.reverses is null then n.about else (select x.about from transaction x where x.fund_id = p_fund and x.seq = n.reverses) end, n.source
    from unnest(o_status, o_seq, p_kinds, p_days, p_keys, p_lines, p_reverses, p_reasons, p_holds, p_abouts, p_sources)
      n (status, seq, kind, day, key, lines, reverses, reason, hold_id, about, source) where n.status = 0
  )
  insert into posting (fund_id, seq, line, account_no, amount)
  select p_fund, o_seq[l.item], l.line, l.account_no, l.amount
  from unnest(p_items, p_line_nos, p_accounts, p_amounts) l (item, line, account_no, amount) where o_status[l.item] = 0;
  if (v_next - 1) / 1024 > (b.next_seq - 1) / 1024 then
    insert into balance_mark (fund_id, seq, account_no, balance) select p_fund, v_next - 1, a.account_no, a.balance from account a where a.fund_id = p_fund;
  end if;
end $$;

-- A hold is the decision of a payout: refused (CP402) unless it is free now. Placing the same hold again changes nothing.
create function place_hold(p_fund uuid, p_hold uuid, p_amount bigint, p_today date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare b book;
begin
  if p_amount is null or p_amount <= 0 then raise exception 'a hold has a positive amount' using errcode = 'CP001'; end if;
  perform from book where fund_id = p_fund for no key update;
  if not found then raise exception 'no such fund' using errcode = 'CP404'; end if;
  if exists (select from hold where fund_id = p_fund and hold_id = p_hold and amount = p_amount) then return; end if;
  perform keep_reserve(p_fund, p_today);
  select * into b from book where fund_id = p_fund;
  if b.settled - b.reserve - b.held < p_amount then raise exception 'not covered by what is free' using errcode = 'CP402'; end if;
  insert into hold (fund_id, hold_id, amount) values (p_fund, p_hold, p_amount);
  perform write_aside(p_fund, b.next_seq - 1, 'placed', p_hold, p_amount);
end $$;

-- Gives back what a hold still has. Returns the amount that became free.
create function release_hold(p_fund uuid, p_hold uuid) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_rest bigint; v_next bigint;
begin
  select next_seq into v_next from book where fund_id = p_fund for no key update;
  select amount - released into v_rest from hold where fund_id = p_fund and hold_id = p_hold;
  if coalesce(v_rest, 0) = 0 then return 0; end if;
  update hold set released = amount where fund_id = p_fund and hold_id = p_hold;
  perform write_aside(p_fund, v_next - 1, 'released', p_hold, -v_rest);
  return v_rest;
end $$;

-- A solidarity transfer: out of one fund and into another, both or neither, joined by its id. Both books are locked in the order of their ids. Answers
-- 0 and 1 as journal_append does; 3 when the first fund's free money does not cover it.
create function journal_transfer(
  p_from uuid, p_to uuid, p_transfer uuid, p_amount bigint, p_from_holding text, p_to_holding text, p_from_day date, p_to_day date, p_recorded_at timestamptz
) returns smallint language plpgsql security definer set search_path = public, pg_temp as $$
declare v_status smallint; v_key text := 'transfer:' || p_transfer;
begin
  perform from book where fund_id in (p_from, p_to) order by fund_id for no key update;
  if p_amount is null or p_amount <= 0 then raise exception 'a transfer has a positive amount' using errcode = 'CP001'; end if;
  if p_from = p_to or not exists (select from fund f join fund g using (currency, practice) where f.fund_id = p_from and g.fund_id = p_to and f.state <> 'closed' and g.state <> 'closed') then
    raise exception 'a solidarity transfer joins two living funds of one currency, both real or both for practice' using errcode = 'CP001';
  end if;
  select (a.o_status)[1] into v_status from journal_append(p_from, p_recorded_at, array['transfer-out']::transaction_kind[], array[p_from_day], array[v_key], array[2::smallint],
    null, null, null, array[p_transfer], null, array[1, 1], array[1, 2]::smallint[], array[
      (select account_no from account where fund_id = p_from and code = 'expenses:transfers'), (select account_no from account where fund_id = p_from and code = p_from_holding)],
    array[p_amount, -p_amount]) a;
  if v_status > 1 then return v_status; end if;
  select (a.o_status)[1] into v_status from journal_append(p_to, p_recorded_at, array['transfer-in']::transaction_kind[], array[p_to_day], array[v_key], array[2::smallint],
    null, null, null, array[p_transfer], null, array[1, 1], array[1, 2]::smallint[], array[
      (select account_no from account where fund_id = p_to and code = p_to_holding), (select account_no from account where fund_id = p_to and code = 'income:transfers')],
    array[p_amount, -p_amount]) a;
  if v_status > 1 then raise exception 'the other fund knows this transfer differently' using errcode = 'CP409'; end if;
  return v_status;
end $$;

revoke all on all functions in schema public from public;
revoke all on all procedures in schema public from public;
grant select on all tables in schema public to commonpot_app, commonpot_worker, commonpot_auditor;
grant execute on function journal_append, journal_transfer, set_cap, keep_reserve, place_hold, release_hold, open_accounts to commonpot_app, commonpot_worker;
