import { Injectable } from "@nestjs/common";
import type Stripe from "stripe";
import { Clock, dayIn } from "../kernel/clock.js";
import { isId, newId } from "../kernel/ids.js";
import { invariant } from "../kernel/invariant.js";
import { becameAvailable, cardGift, refund, stripePaidBank, unmatchedCard } from "../ledger/flows/card.js";
import { Journal } from "../ledger/journal.service.js";
import { Funds, type Fund } from "../funds/funds.service.js";
import { Database, row, rows, type Tx } from "../platform/database/database.js";
import { Jobs } from "../platform/jobs/jobs.js";
import { CardService } from "../platform/stripe/stripe.js";
import { DonationRow } from "./donation.entity.js";
import { BOOK_AVAILABLE, BOOK_PAYMENT } from "./stripe-events.service.js";

const LOOK_AGAIN_SECONDS = 5;

interface Settled {
  readonly intent: Stripe.PaymentIntent;
  readonly charge: Stripe.Charge;
  readonly transaction: Stripe.BalanceTransaction;
}

/** Books what Stripe says now about a payment, whatever event told of it: any order and any number of events give the same books. */
@Injectable()
export class Booking {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly journal: Journal,
    private readonly funds: Funds,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
  ) {}

  /** The whole state of one PaymentIntent: the gift, and every refund of it. */
  async bookPayment(paymentIntent: string): Promise<void> {
    const stripe = this.cards.required();
    const intent = await stripe.paymentIntents.retrieve(paymentIntent, {
      expand: ["latest_charge.balance_transaction"],
    });
    const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
    if (intent.status !== "succeeded" || charge?.paid !== true) return;
    if (typeof charge.balance_transaction !== "object" || charge.balance_transaction === null) {
      // Stripe settles some charges later, and only then knows the fee.
      await this.lookAgain(BOOK_PAYMENT, { paymentIntent }, `payment:${paymentIntent}`);
      return;
    }
    const settled: Settled = { intent, charge, transaction: charge.balance_transaction };
    const refunds =
      charge.amount_refunded > 0
        ? (
            await stripe.refunds.list({
              payment_intent: paymentIntent,
              limit: 100,
              expand: ["data.balance_transaction"],
            })
          ).data
        : [];
    await this.database.atomically(async (tx) => {
      const fund = await this.fundOf(tx, intent);
      if (fund !== null) await this.book(tx, fund, settled, refunds);
    });
  }

  private async book(tx: Tx, fund: Fund, settled: Settled, refunds: readonly Stripe.Refund[]): Promise<void> {
    const { intent, charge, transaction } = settled;
    const donationId = intent.metadata["donation"] ?? "";
    const donation = isId(donationId) ? await tx.findOneBy(DonationRow, { fundId: fund.fundId, donationId }) : null;
    const day = dayIn(fund.charter.timeZone, new Date(charge.created * 1000));
    const money = { amount: BigInt(transaction.amount), fee: BigInt(transaction.fee) };
    const first =
      donation === null
        ? null
        : await row<{ payment_intent: string }>(
            tx,
            "select payment_intent from gift_settlement where fund_id = $1 and donation_id = $2",
            [fund.fundId, donationId],
          );
    if (
      donation === null ||
      (first !== null && first.payment_intent !== intent.id) ||
      donation.charged !== BigInt(charge.amount) ||
      charge.currency !== fund.currency ||
      transaction.currency !== fund.currency
    ) {
      if (transaction.currency !== fund.currency) return this.alarm(tx, fund, intent.id, day);
      await this.journal.post(
        tx,
        fund.fundId,
        unmatchedCard({ paymentIntent: intent.id, day, ...money }),
        this.clock.now(),
      );
      return this.alarm(tx, fund, intent.id, day);
    }
    const posted = await this.journal.post(tx, fund.fundId, cardGift({ donationId, day, ...money }), this.clock.now());
    if (!posted.replayed) {
      await tx.query(
        "insert into gift_settlement (fund_id, donation_id, payment_intent, charge, balance_transaction) values ($1, $2, $3, $4, $5)",
        [fund.fundId, donationId, intent.id, charge.id, transaction.id],
      );
      const runAt = new Date(transaction.available_on * 1000);
      await this.jobs.enqueue(
        tx,
        BOOK_AVAILABLE,
        { fund: fund.fundId, donation: donationId },
        { runAt, jobKey: `available:${donationId}` },
      );
    }
    for (const given of refunds) await this.bookRefund(tx, fund, donationId, given);
  }

  private async bookRefund(tx: Tx, fund: Fund, donationId: string, given: Stripe.Refund): Promise<void> {
    const transaction = given.balance_transaction;
    if (given.status !== "succeeded" || typeof transaction !== "object" || transaction === null) return;
    const day = dayIn(fund.charter.timeZone, new Date(given.created * 1000));
    await this.journal.post(
      tx,
      fund.fundId,
      refund({
        donationId,
        refundId: given.id,
        day,
        amount: BigInt(-transaction.amount),
        fee: BigInt(transaction.fee),
      }),
      this.clock.now(),
    );
  }

  /** What Stripe held back until its day becomes free to use. */
  async bookAvailable(fundId: string, donationId: string): Promise<void> {
    const settlement = await row<{ balance_transaction: string }>(
      this.database.read,
      "select balance_transaction from gift_settlement where fund_id = $1 and donation_id = $2",
      [fundId, donationId],
    );
    if (settlement === null) return;
    const transaction = await this.cards.required().balanceTransactions.retrieve(settlement.balance_transaction);
    if (transaction.status !== "available") {
      await this.lookAgain(BOOK_AVAILABLE, { fund: fundId, donation: donationId }, `available:${donationId}`);
      return;
    }
    await this.database.atomically(async (tx) => {
      const fund = await this.funds.byId(tx, fundId);
      const day = dayIn(fund.charter.timeZone, new Date(transaction.available_on * 1000));
      await this.journal.post(
        tx,
        fundId,
        becameAvailable({ donationId, day, net: BigInt(transaction.net) }),
        this.clock.now(),
      );
    });
  }

  /** Stripe's automatic payout: what it holds of each fund's gifts and refunds went to the bank. */
  async bookBank(payoutId: string): Promise<void> {
    const stripe = this.cards.required();
    const payout = await stripe.payouts.retrieve(payoutId);
    if (payout.status !== "paid") return;
    const nets = new Map<string, bigint>();
    for await (const transaction of stripe.balanceTransactions.list({ payout: payoutId, limit: 100 })) {
      if (transaction.type === "payout") continue;
      const fundId = (await this.fundOfTransaction(transaction)) ?? (await this.bookFirst(transaction));
      if (fundId !== null) nets.set(fundId, (nets.get(fundId) ?? 0n) + BigInt(transaction.net));
    }
    for (const [fundId, amount] of nets) {
      if (amount === 0n) continue;
      await this.database.atomically(async (tx) => {
        const fund = await this.funds.byId(tx, fundId);
        const day = dayIn(fund.charter.timeZone, new Date(payout.arrival_date * 1000));
        await this.journal.post(tx, fundId, stripePaidBank({ payoutId, day, amount }), this.clock.now());
      });
    }
  }

  /** A payout may be told before the payments in it: they are booked first. Null when the money is none of ours, or waits in suspense. */
  private async bookFirst(transaction: Stripe.BalanceTransaction): Promise<string | null> {
    if (transaction.type !== "charge" || typeof transaction.source !== "string") return null;
    const charge = await this.cards.required().charges.retrieve(transaction.source);
    if (typeof charge.payment_intent !== "string") return null;
    await this.bookPayment(charge.payment_intent);
    return this.fundOfTransaction(transaction);
  }

  private async fundOfTransaction(transaction: Stripe.BalanceTransaction): Promise<string | null> {
    const source = typeof transaction.source === "string" ? transaction.source : transaction.source?.id;
    const charge =
      transaction.type === "refund" && source !== undefined
        ? (await this.cards.required().refunds.retrieve(source)).charge
        : source;
    const [found] = await rows<{ fund_id: string }>(
      this.database.read,
      "select fund_id from gift_settlement where charge = $1",
      [typeof charge === "string" ? charge : charge?.id],
    );
    return found?.fund_id ?? null;
  }

  /** The fund that the payment names; null when it names none of ours (another program may share the Stripe account). */
  private async fundOf(tx: Tx, intent: Stripe.PaymentIntent): Promise<Fund | null> {
    const fundId = intent.metadata["fund"] ?? "";
    const known = isId(fundId)
      ? await row<{ fund_id: string }>(tx, "select fund_id from fund where fund_id = $1", [fundId])
      : null;
    return known === null ? null : this.funds.byId(tx, known.fund_id);
  }

  private async alarm(tx: Tx, fund: Fund, about: string, day: string): Promise<void> {
    await tx.query(
      "insert into alarm (fund_id, alarm_id, kind, about, day) values ($1, $2, 'gift-mismatch', $3, $4) on conflict do nothing",
      [fund.fundId, newId(), about, day],
    );
  }

  private async lookAgain(task: string, payload: Record<string, string>, jobKey: string): Promise<void> {
    invariant(
      Object.values(payload).every((v) => v.length < 300),
      "jobs carry names alone",
    );
    const runAt = new Date(this.clock.now().getTime() + LOOK_AGAIN_SECONDS * 1000);
    await this.database.atomically((tx) => this.jobs.enqueue(tx, task, payload, { runAt, jobKey }));
  }
}
