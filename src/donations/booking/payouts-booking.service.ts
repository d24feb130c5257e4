import { Injectable } from "@nestjs/common";
import type Stripe from "stripe";
import { Clock } from "../../kernel/clock.js";
import { stripePaidBank } from "../../ledger/flows/card.js";
import { GroupCommit } from "../../ledger/group-commit.service.js";
import { Database } from "../../platform/database/database.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { Alarms } from "../../treasurers/alarms.service.js";
import { CardFunds, dayAt } from "./card-funds.service.js";
import { shares, type Share } from "./payout.js";
import { behind, lineOf, type StripeLine } from "./stripe-line.js";
import { TASKS } from "./stripe-events.js";
import { StripeJobs } from "./stripe-jobs.service.js";
import { StripeLines } from "./stripe-lines.service.js";
import { LineBooking } from "./line-booking.service.js";

const LIST_SIZE = 100;

/** Stripe's payouts to the bank: what each took of each fund's money, and what came back when one failed. */
@Injectable()
export class PayoutBooking {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly groups: GroupCommit,
    private readonly funds: CardFunds,
    private readonly lines: StripeLines,
    private readonly lineBooking: LineBooking,
    private readonly jobs: StripeJobs,
    private readonly alarms: Alarms,
    private readonly clock: Clock,
  ) {}

  async bookPayout(account: string, payoutId: string, looks = 0): Promise<void> {
    const payout = await this.cards
      .required()
      .payouts.retrieve(
        payoutId,
        { expand: ["balance_transaction", "failure_balance_transaction"] },
        onAccount(account),
      );
    const moves = [payout.balance_transaction, payout.failure_balance_transaction].flatMap((t) =>
      typeof t === "object" && t !== null ? [lineOf(account, t)] : [],
    );
    const of = await this.sharesOf(account, payout);
    if (moves.length === 0 || of === null) {
      await this.jobs.again(
        { task: TASKS.payout, payload: { account, payout: payoutId }, key: `payout:${payoutId}` },
        looks,
      );
      return;
    }
    for (const move of moves) {
      await this.lines.note(move, { standing: "shared", fundId: null });
      for (const share of of) await this.book(payoutId, move, share);
    }
  }

  /** A payout takes money out of `assets:stripe`, and one that failed brings it back. */
  private async book(payoutId: string, move: StripeLine, { fundId, net }: Share): Promise<void> {
    const fund = await this.funds.byId(fundId);
    if (fund === null || net === 0n) return;
    const cameBack = move.type !== "payout";
    const draft = stripePaidBank({
      payoutId: cameBack ? `${payoutId}:failed` : payoutId,
      day: dayAt(fund, move.created),
      amount: cameBack ? -net : net,
      source: move.id,
    });
    const [booked] = await this.database.plain("select 1 from transaction where fund_id = $1 and source = $2", [
      fundId,
      move.id,
    ]);
    if (booked === undefined) await this.groups.post(fundId, draft, this.clock.now());
  }

  /** Each fund's part of a payout; null while a line in it is nobody's yet: then nothing is booked, and the money still counts as ours at Stripe. */
  private async sharesOf(account: string, payout: Stripe.Payout): Promise<Share[] | null> {
    const house = await this.funds.houseFund(account);
    // Everything on a fund's own account is its own. And of a payout that somebody made by hand, Stripe does not say what it took.
    if (account !== "" || (house !== null && !payout.automatic))
      return house === null ? null : [{ fundId: house.fundId, net: BigInt(payout.amount) }];
    if (!payout.automatic) return this.assignedShare(account, payout);
    const taken = await this.linesIn(account, payout.id);
    await this.bookFirst(taken);
    await this.database.plain("select note_paid_out($1, $2, $3)", [account, payout.id, taken.map((line) => line.id)]);
    const known = await this.database.plain<{ id: string; standing: string; fundId: string | null }>(
      `select line_id as id, standing, fund_id as "fundId" from stripe_line where account = $1 and line_id = any ($2)`,
      [account, taken.map((line) => line.id)],
    );
    const cameBack = await this.cameBack(account, taken);
    const found = shares(taken, new Map(known.map((k) => [k.id, k])), cameBack);
    if (found === null && house === null) await this.tell(known);
    return found;
  }

  /** Somebody made this payout by hand from an account that several funds share: Stripe does not say whose money it was, so the operator does (docs/operating.md). */
  private async assignedShare(account: string, payout: Stripe.Payout): Promise<Share[] | null> {
    const line = payout.balance_transaction;
    if (typeof line !== "object" || line === null) return null;
    const fund = await this.funds.assigned(account, line.id);
    if (fund !== null) return [{ fundId: fund.fundId, net: BigInt(payout.amount) }];
    await this.lines.note(lineOf(account, line), { standing: "unassigned", fundId: null });
    return null;
  }

  private async linesIn(account: string, payoutId: string): Promise<StripeLine[]> {
    const listed = this.cards
      .required()
      .balanceTransactions.list({ payout: payoutId, limit: LIST_SIZE }, onAccount(account));
    const found: StripeLine[] = [];
    for await (const t of listed) if (t.source !== payoutId) found.push(lineOf(account, t));
    return found;
  }

  /** A payout may be told before the payments in it: they are booked first. */
  private async bookFirst(taken: readonly StripeLine[]): Promise<void> {
    const known = await this.database.plain<{ id: string }>(
      `select l.line_id as id from stripe_line l where l.line_id = any ($1) and (l.standing <> 'fund' or exists (
         select from transaction t where t.fund_id = l.fund_id and t.source = l.line_id))`,
      [taken.map((line) => line.id)],
    );
    const there = new Set(known.map((k) => k.id));
    for (const line of taken)
      if (!there.has(line.id) && behind(line) !== "payout") await this.lineBooking.bookLine(line);
  }

  /**
   * Money of an earlier payout that came back is in this one again: each fund's part of it is what that one took. It is worked out anew from that payout's own
   * lines, because its booking may be under way, fund by fund.
   */
  private async cameBack(account: string, taken: readonly StripeLine[]): Promise<Map<string, Share[]>> {
    const found = new Map<string, Share[]>();
    for (const { id, object } of taken.filter((line) => behind(line) === "payout")) {
      if (object === null) continue;
      const earlier = await this.cards.required().payouts.retrieve(object, undefined, onAccount(account));
      const parts = await this.sharesOf(account, earlier);
      if (parts !== null) found.set(id, parts);
    }
    return found;
  }

  private async tell(known: readonly { id: string; standing: string; fundId: string | null }[]): Promise<void> {
    const nobodys = known.find((line) => line.standing === "unassigned");
    const touched = known.find((line) => line.fundId !== null);
    if (nobodys === undefined || touched?.fundId == null) return;
    const fund = await this.funds.byId(touched.fundId);
    if (fund !== null)
      await this.alarms.raise(
        this.database.read,
        fund.fundId,
        "unknown-at-stripe",
        nobodys.id,
        dayAt(fund, this.clock.now().getTime() / 1000),
      );
  }
}
