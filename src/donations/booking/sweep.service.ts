import { Injectable } from "@nestjs/common";
import type Stripe from "stripe";
import { Clock, unixSeconds } from "../../kernel/clock.js";
import { Database } from "../../platform/database/database.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { Alarms } from "../../treasurers/alarms.service.js";
import { CardFunds, dayAt } from "./card-funds.service.js";
import { LineBooking } from "./line-booking.service.js";
import { TASKS } from "./stripe-events.js";
import { StripeBalance } from "./stripe-balance.service.js";
import { StripeEvents, type Arrived } from "./stripe-events.service.js";
import { StripeJobs } from "./stripe-jobs.service.js";
import { behind, lineOf, type StripeLine } from "./stripe-line.js";

const LIST_SIZE = 100;
/** Stripe keeps events for 30 days. */
const EVENT_DAYS_MAX = 30;
/** An event that is found this late was nearly lost: somebody must look at the endpoint. */
const LATE_DAYS = 25;
/** Each sweep looks again at this much of what the last one saw: lists are not sorted to the second. */
const OVERLAP_SECONDS = 2 * 86_400;
const DAY_SECONDS = 86_400;

interface Cursor {
  readonly eventsTo: number;
  readonly linesTo: number;
  /** Where the account's lines begin to be ours to look at. */
  readonly linesFrom: number;
}

/**
 * Finds what never came. Every hour, for each account: the events that Stripe has and we have not, the balance transactions that no event led to, the lines that are
 * known and not booked, and what should have been released by now.
 */
@Injectable()
export class Sweep {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly events: StripeEvents,
    private readonly lineBooking: LineBooking,
    private readonly funds: CardFunds,
    private readonly jobs: StripeJobs,
    private readonly balances: StripeBalance,
    private readonly alarms: Alarms,
    private readonly clock: Clock,
  ) {}

  /** Returns how many events and lines had been missing. */
  async run(): Promise<{ events: number; lines: number }> {
    const found = { events: 0, lines: 0 };
    if (this.cards.stripe === null) return found;
    for (const account of await this.funds.accounts()) {
      const cursor = await this.cursorOf(account);
      const now = this.nowSeconds();
      const balance = await this.balances.retrieve(account);
      found.events += await this.sweepEvents(account, cursor.eventsTo);
      found.lines += await this.sweepLines(account, cursor.linesTo);
      await this.bookKnown(account);
      await this.releaseOverdue(account);
      await this.remember(account, now);
      await this.balances.keep(account, balance, cursor.linesFrom);
    }
    return found;
  }

  private nowSeconds(): number {
    return unixSeconds(this.clock.now());
  }

  private async sweepEvents(account: string, since: number): Promise<number> {
    const kept = this.nowSeconds() - EVENT_DAYS_MAX * DAY_SECONDS;
    const oldest = since > kept ? since : kept;
    const listed = this.cards
      .required()
      .events.list({ created: { gte: oldest }, limit: LIST_SIZE }, onAccount(account));
    let page: Arrived[] = [];
    let found = 0;
    for await (const event of listed) {
      page.push({ event: arrived(account, event), bodyHash: null });
      if (page.length < LIST_SIZE) continue;
      found += await this.storeMissing(account, page);
      page = [];
    }
    return found + (await this.storeMissing(account, page));
  }

  private async storeMissing(account: string, page: readonly Arrived[]): Promise<number> {
    if (page.length === 0) return 0;
    const known = await this.database.plain<{ id: string }>(
      "select event_id as id from stripe_event where event_id = any ($1)",
      [page.map(({ event }) => event.id)],
    );
    const there = new Set(known.map((k) => k.id));
    const missing = page.filter(({ event }) => !there.has(event.id));
    const late = missing.find(
      ({ event }) => this.clock.now().getTime() - event.created.getTime() > LATE_DAYS * DAY_SECONDS * 1000,
    );
    const house = late === undefined ? null : await this.funds.houseFund(account);
    if (late !== undefined && house !== null)
      await this.alarms.raise(
        this.database.read,
        house.fundId,
        "lost-events",
        late.event.id,
        dayAt(house, this.nowSeconds()),
      );
    return this.events.storeFound(missing);
  }

  private async sweepLines(account: string, since: number): Promise<number> {
    const listed = this.cards
      .required()
      .balanceTransactions.list({ created: { gte: since }, limit: LIST_SIZE }, onAccount(account));
    let page: StripeLine[] = [];
    let found = 0;
    for await (const t of listed) {
      page.push(lineOf(account, t));
      if (page.length < LIST_SIZE) continue;
      found += await this.bookMissing(page);
      page = [];
    }
    return found + (await this.bookMissing(page));
  }

  private async bookMissing(page: readonly StripeLine[]): Promise<number> {
    const known = await this.database.plain<{ id: string }>(
      "select line_id as id from stripe_line where line_id = any ($1)",
      [page.map((line) => line.id)],
    );
    const there = new Set(known.map((k) => k.id));
    const missing = page.filter((line) => !there.has(line.id));
    // Payouts last, because they are made of the others.
    for (const line of missing) if (behind(line) !== "payout") await this.lineBooking.bookLine(line);
    for (const { account, object } of missing.filter((line) => behind(line) === "payout"))
      if (object !== null)
        await this.jobs.now({ task: TASKS.payout, payload: { account, payout: object }, key: `payout:${object}` });
    return missing.length;
  }

  /** Lines that were written down and never booked: somebody stopped between the two, or they were nobody's then. */
  private async bookKnown(account: string): Promise<void> {
    const open = await this.database.plain<Omit<StripeLine, "net"> & { fundId: string | null }>(
      `select account, line_id as id, type, object_id as object, amount::float8 as amount, fee::float8 as fee, currency, converted, fund_id as "fundId",
              extract(epoch from created_at)::float8 as created, extract(epoch from available_at)::float8 as "availableOn"
       from stripe_line l where account = $1 and (standing = 'unassigned' or (standing = 'fund' and amount <> fee
         and not exists (select from transaction t where t.fund_id = l.fund_id and t.source = l.line_id))) order by created_at limit 1000`,
      [account],
    );
    for (const { fundId, ...line } of open) {
      await this.lineBooking.bookLine({ ...line, net: line.amount - line.fee });
      if (fundId !== null && this.nowSeconds() - line.created > 3600) await this.tellIfStillOpen(fundId, line.id);
    }
  }

  private async tellIfStillOpen(fundId: string, lineId: string): Promise<void> {
    const [booked] = await this.database.plain("select 1 from transaction where fund_id = $1 and source = $2", [
      fundId,
      lineId,
    ]);
    const fund = booked === undefined ? await this.funds.byId(fundId) : null;
    if (fund !== null)
      await this.alarms.raise(this.database.read, fundId, "not-booked", lineId, dayAt(fund, this.nowSeconds()));
  }

  private async releaseOverdue(account: string): Promise<void> {
    const overdue = await this.database.plain<{ at: string }>(
      `select distinct extract(epoch from l.available_at)::bigint::text as at from stripe_line l join transaction t on t.fund_id = l.fund_id and t.source = l.line_id
       where l.account = $1 and l.standing = 'fund' and l.available_at > l.created_at and l.available_at <= $2 and l.amount <> l.fee
         and not exists (select from transaction r where r.fund_id = l.fund_id and r.key = 'available:' || t.key)`,
      [account, this.clock.now()],
    );
    for (const { at } of overdue)
      await this.jobs.now({ task: TASKS.release, payload: { account, at }, key: `release:${account}:${at}` });
  }

  private async cursorOf(account: string): Promise<Cursor> {
    const [kept] = await this.database.plain<{ events: number; lines: number }>(
      "select extract(epoch from date_trunc('second', events_to))::float8 as events, extract(epoch from date_trunc('second', lines_to))::float8 as lines from stripe_sweep where account = $1",
      [account],
    );
    const linesFrom = await this.firstOf(account);
    return { eventsTo: kept?.events ?? 0, linesTo: kept?.lines ?? linesFrom, linesFrom };
  }

  /** An account may be years older than its first fund: nothing before that fund is ours. Two days spare for time zones, and for whoever was quick. */
  private async firstOf(account: string): Promise<number> {
    const [first] = await this.database.plain<{ at: number | null }>(
      `select extract(epoch from min(f.created_day)::timestamp at time zone 'UTC')::float8 as at
       from fund f left join card_account c using (fund_id) where coalesce(c.account, '') = $1`,
      [account],
    );
    return first?.at == null ? this.nowSeconds() : first.at - OVERLAP_SECONDS;
  }

  /** Only what was swept to its end is remembered: a sweep that stopped begins again where the last whole one ended. */
  private async remember(account: string, now: number): Promise<void> {
    const to = new Date((now - OVERLAP_SECONDS) * 1000);
    await this.database.plain(
      `insert into stripe_sweep (account, events_to, lines_to, swept_at) values ($1, $2, $2, $3)
       on conflict (account) do update set events_to = excluded.events_to, lines_to = excluded.lines_to, swept_at = excluded.swept_at`,
      [account, to, this.clock.now()],
    );
  }
}

function arrived(account: string, event: Stripe.Event): Arrived["event"] {
  const object = event.data.object as unknown as Record<string, unknown>;
  return { id: event.id, type: event.type, account, created: new Date(event.created * 1000), object };
}
