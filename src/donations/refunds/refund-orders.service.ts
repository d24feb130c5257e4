import { Injectable } from "@nestjs/common";
import Stripe from "stripe";
import type { Json } from "../../kernel/canonical-json.js";
import { Clock, dayIn } from "../../kernel/clock.js";
import { toJsonAmount } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { freeToPromise } from "../../ledger/balance.js";
import { Journal } from "../../ledger/journal.service.js";
import { Database, row, type Tx } from "../../platform/database/database.js";
import { Jobs } from "../../platform/jobs/jobs.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { Decisions } from "../../treasurers/decisions.service.js";
import { StripeJobs } from "../booking/stripe-jobs.service.js";
import { paymentWanted, TASKS, type Wanted } from "../booking/stripe-events.js";
import { CardGifts, type CardGift } from "./card-gifts.service.js";
import { refundable, signersNeeded } from "./refundable.js";

/** What is decided: so much of this payment goes back. */
export type RefundSubject = {
  readonly donation: string;
  readonly charge: string;
  readonly account: string;
  readonly day: string;
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
} & { readonly [key: string]: Json };

interface Order {
  readonly account: string;
  readonly charge: string;
  readonly amount: string;
  readonly done: boolean;
}

/**
 * Gifts that the treasurers give back. Two sign while the pot covers it, the whole quorum when that money is promised or gone; a job asks Stripe, and the books follow
 * Stripe's word as for every refund. Nobody can make the fund give back more than was given.
 */
@Injectable()
export class RefundOrders {
  constructor(
    private readonly database: Database,
    private readonly gifts: CardGifts,
    private readonly journal: Journal,
    private readonly decisions: Decisions,
    private readonly cards: CardService,
    private readonly jobs: Jobs,
    private readonly looks: StripeJobs,
    private readonly clock: Clock,
  ) {
    this.decisions.register<RefundSubject>({
      name: "refund",
      needed: (tx, fund, subject) => this.needed(tx, fund, BigInt(subject.amount)),
      decided: (tx, fund, decisionId, subject) => this.order(tx, fund, decisionId, subject),
      says: (voice, _fund, subject) =>
        voice.say("refund.says", {
          amount: voice.money(BigInt(subject.amount)),
          day: voice.day(subject.day),
          number: subject.number,
        }),
    });
  }

  /** Asks the others. Refuses `cards-off`, `no-such-page`, `wrong-state` (nothing is left of it) and `invalid` (more than is left). */
  async propose(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    which: { readonly donationId: string; readonly charge: string; readonly amount: bigint | null },
  ): Promise<string> {
    this.cards.required();
    const gift = await this.gifts.locked(tx, fund.fundId, which.donationId, which.charge);
    if (gift === null) throw new Refusal("no-such-page");
    const amount = which.amount ?? refundable(gift);
    covers(gift, amount);
    return this.decisions.open(tx, fund, treasurerId, "refund", {
      donation: gift.donationId,
      charge: gift.charge,
      account: gift.account,
      day: gift.day,
      number: gift.number,
      amount: toJsonAmount(amount),
      currency: fund.currency,
    });
  }

  private async needed(tx: Tx, fund: Fund, amount: bigint): Promise<number> {
    const free = freeToPromise(await this.journal.balances(tx, fund.fundId));
    return signersNeeded(amount, free, fund.charter.quorum);
  }

  /** The last signature: the order, and the job that carries it out, in one transaction. */
  private async order(tx: Tx, fund: Fund, decisionId: string, subject: RefundSubject): Promise<void> {
    const gift = await this.gifts.locked(tx, fund.fundId, subject.donation, subject.charge);
    if (gift === null) throw new Refusal("wrong-state");
    covers(gift, BigInt(subject.amount));
    await tx.query(
      "insert into refund_order (fund_id, decision_id, donation_id, account, charge, amount, day) values ($1, $2, $3, $4, $5, $6, $7)",
      [
        fund.fundId,
        decisionId,
        subject.donation,
        subject.account,
        subject.charge,
        subject.amount,
        dayIn(fund.charter.timeZone, this.clock.now()),
      ],
    );
    const wanted = refundWanted(fund.fundId, decisionId);
    await this.jobs.enqueue(tx, wanted.task, wanted.payload, { jobKey: wanted.key });
  }

  /**
   * The job. It looks first whether Stripe has this refund already, and asks under a key of the decision: a lost answer, a crash and a second worker all end in one refund. Stripe
   * keeps a 500 under its key, so after one of those the next look asks under another; by then the first one is over, and would have been seen.
   */
  async ask(fundId: string, decisionId: string, looks: number): Promise<void> {
    const order = await row<Order>(
      this.database.read,
      "select account, charge, amount, refund is not null or refused is not null as done from refund_order where fund_id = $1 and decision_id = $2",
      [fundId, decisionId],
    );
    if (order === null || order.done) return;
    const stripe = this.cards.required();
    const on = onAccount(order.account);
    const charge = await stripe.charges.retrieve(order.charge, {}, on);
    const intent = typeof charge.payment_intent === "string" ? charge.payment_intent : null;
    if (intent === null) return this.refused(fundId, decisionId, "no_payment_intent");
    const before = await this.madeBefore(intent, order.account, decisionId);
    try {
      const made =
        before ??
        (await stripe.refunds.create(
          { payment_intent: intent, amount: Number(order.amount), metadata: { decision: decisionId } },
          { ...on, idempotencyKey: `refund:${decisionId}:${looks}`, maxNetworkRetries: 0 },
        ));
      await this.database.read.query(
        "update refund_order set refund = $3 where fund_id = $1 and decision_id = $2 and refund is null",
        [fundId, decisionId, made.id],
      );
      await this.looks.now(paymentWanted(order.account, intent, "refunds"));
    } catch (error) {
      const no = refusalOf(error);
      if (no !== null) return this.refused(fundId, decisionId, no);
      if (!(error instanceof Stripe.errors.StripeAPIError)) throw error;
      await this.looks.again(refundWanted(fundId, decisionId), looks);
    }
  }

  private async madeBefore(intent: string, account: string, decisionId: string): Promise<Stripe.Refund | null> {
    const listed = this.cards.required().refunds.list({ payment_intent: intent, limit: 100 }, onAccount(account));
    for await (const refund of listed) if (refund.metadata?.["decision"] === decisionId) return refund;
    return null;
  }

  private async refused(fundId: string, decisionId: string, why: string): Promise<void> {
    await this.database.read.query(
      "update refund_order set refused = $3 where fund_id = $1 and decision_id = $2 and refund is null",
      [fundId, decisionId, why],
    );
  }
}

const refundWanted = (fund: string, decision: string): Wanted => ({
  task: TASKS.refund,
  payload: { fund, decision },
  key: `refund:${decision}`,
});

function covers(gift: CardGift, amount: bigint): void {
  const most = refundable(gift);
  if (most === 0n) throw new Refusal("wrong-state");
  if (amount <= 0n || amount > most) throw new Refusal("invalid", { field: "amount" });
}

/** Stripe's definite no, as a word of its own; null for what may yet succeed. */
function refusalOf(error: unknown): string | null {
  if (error instanceof Stripe.errors.StripePermissionError || error instanceof Stripe.errors.StripeAuthenticationError)
    return "key_may_not_refund";
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return /^[a-z_]{1,60}$/.test(error.code ?? "") ? (error.code ?? "") : "not_possible";
  return null;
}
