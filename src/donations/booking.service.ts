import { Injectable } from "@nestjs/common";
import type Stripe from "stripe";
import { Clock, dayIn } from "../kernel/clock.js";
import { isId, newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { invariant } from "../kernel/invariant.js";
import { becameAvailable, cardGift, refund, stripePaidBank, unmatchedCard } from "../ledger/flows/card.js";
import { GroupCommit } from "../ledger/group-commit.service.js";
import type { Draft } from "../ledger/transaction.js";
import { Funds, type Fund } from "../funds/funds.service.js";
import { Database, row } from "../platform/database/database.js";
import { Jobs } from "../platform/jobs/jobs.js";
import { CardService } from "../platform/stripe/stripe.js";
import { CardPause } from "./card-pause.service.js";
import { DonationRow } from "./donation.entity.js";
import { BOOK_AVAILABLE, BOOK_PAYMENT } from "./stripe-events.service.js";

const LOOK_AGAIN_SECONDS = 5;

interface Settled {
  readonly intent: Stripe.PaymentIntent;
  readonly charge: Stripe.Charge;
  readonly transaction: Stripe.BalanceTransaction;
}

/**
 * Books what Stripe says now about a payment, whatever event told of it: any order and any number of events give the same books. Each step is safe to
 * repeat, and the gift itself shares its commit with the gifts that arrive beside it: the name of its balance transaction travels in the journal's own row.
 */
@Injectable()
export class Booking {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly groups: GroupCommit,
    private readonly funds: Funds,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly pause: CardPause,
  ) {}

  /** The whole state of one PaymentIntent: the gift, and every refund of it. */
  async bookPayment(paymentIntent: string): Promise<void> {
    const stripe = this.cards.required();
    const intent = await stripe.paymentIntents.retrieve(paymentIntent, {
      expand: ["latest_charge.balance_transaction"],
    });
    const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
    if (intent.status !== "succeeded" || charge?.paid !== true) return this.countFailure(intent, charge);
    if (typeof charge.balance_transaction !== "object" || charge.balance_transaction === null) {
      // Stripe settles some charges later, and only then knows the fee.
      await this.lookAgain(BOOK_PAYMENT, { paymentIntent }, `payment:${paymentIntent}`);
      return;
    }
    const fund = await this.fundOf(intent);
    if (fund === null) return;
    await this.pause.succeeded(this.database.read, fund.fundId, new Date(charge.created * 1000));
    const booked = await this.bookGift(fund, { intent, charge, transaction: charge.balance_transaction });
    if (booked && charge.amount_refunded > 0) await this.bookRefunds(fund, intent);
  }

  /** A charge that failed counts against the fund's card gifts; a payment that is still under way does not. */
  private async countFailure(intent: Stripe.PaymentIntent, charge: Stripe.Charge | null): Promise<void> {
    if (intent.status === "succeeded" || charge?.status !== "failed") return;
    const fund = await this.fundOf(intent);
    if (fund === null) return;
    const at = new Date(charge.created * 1000);
    await this.database.atomically((tx) => this.pause.failed(tx, fund, charge.id, at));
  }

  /** The gift, or money in suspense when it does not fit the gift that it names. Returns whether it is the gift. */
  private async bookGift(fund: Fund, { intent, charge, transaction }: Settled): Promise<boolean> {
    const donationId = intent.metadata["donation"] ?? "";
    const donation = isId(donationId)
      ? await this.database.read.findOneBy(DonationRow, { fundId: fund.fundId, donationId })
      : null;
    const day = dayIn(fund.charter.timeZone, new Date(charge.created * 1000));
    if (transaction.currency !== fund.currency) {
      await this.alarm(fund, intent.id, day);
      return false;
    }
    const money = { day, amount: BigInt(transaction.amount), fee: BigInt(transaction.fee), source: transaction.id };
    if (
      donation === null ||
      donation.charged !== BigInt(charge.amount) ||
      charge.currency !== fund.currency ||
      !(await this.postedAsGift(fund, cardGift({ donationId, ...money })))
    ) {
      await this.groups.post(fund.fundId, unmatchedCard({ paymentIntent: intent.id, ...money }), this.clock.now());
      await this.alarm(fund, intent.id, day);
      return false;
    }
    if (!(await this.isBooked(fund, `available:${donationId}`))) {
      const runAt = new Date(transaction.available_on * 1000);
      const payload = { fund: fund.fundId, donation: donationId };
      await this.database.atomically((tx) =>
        this.jobs.enqueue(tx, BOOK_AVAILABLE, payload, { runAt, jobKey: `available:${donationId}` }),
      );
    }
    return true;
  }

  /** False when another payment settled this gift before. */
  private async postedAsGift(fund: Fund, gift: Draft): Promise<boolean> {
    try {
      await this.groups.post(fund.fundId, gift, this.clock.now());
      return true;
    } catch (error) {
      if (error instanceof Refusal && error.code === "key-used-before") return false;
      throw error;
    }
  }

  private async bookRefunds(fund: Fund, intent: Stripe.PaymentIntent): Promise<void> {
    const refunds = await this.cards.required().refunds.list({
      payment_intent: intent.id,
      limit: 100,
      expand: ["data.balance_transaction"],
    });
    for (const given of refunds.data) {
      const transaction = given.balance_transaction;
      if (given.status !== "succeeded" || typeof transaction !== "object" || transaction === null) continue;
      const draft = refund({
        donationId: intent.metadata["donation"] ?? "",
        refundId: given.id,
        day: dayIn(fund.charter.timeZone, new Date(given.created * 1000)),
        amount: BigInt(-transaction.amount),
        fee: BigInt(transaction.fee),
        source: transaction.id,
      });
      await this.groups.post(fund.fundId, draft, this.clock.now());
    }
  }

  /** What Stripe held back until its day becomes free to use. */
  async bookAvailable(fundId: string, donationId: string): Promise<void> {
    const gift = await row<{ source: string }>(
      this.database.read,
      "select source from transaction where fund_id = $1 and key = $2",
      [fundId, `gift:${donationId}`],
    );
    if (gift === null) return;
    const transaction = await this.cards.required().balanceTransactions.retrieve(gift.source);
    if (transaction.status !== "available") {
      await this.lookAgain(BOOK_AVAILABLE, { fund: fundId, donation: donationId }, `available:${donationId}`);
      return;
    }
    const fund = await this.funds.byId(this.database.read, fundId);
    const day = dayIn(fund.charter.timeZone, new Date(transaction.available_on * 1000));
    const draft = becameAvailable({ donationId, day, net: BigInt(transaction.net) });
    await this.groups.post(fundId, draft, this.clock.now());
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
      const fund = await this.funds.byId(this.database.read, fundId);
      const day = dayIn(fund.charter.timeZone, new Date(payout.arrival_date * 1000));
      await this.groups.post(fundId, stripePaidBank({ payoutId, day, amount }), this.clock.now());
    }
  }

  /** A payout may be told before the payments in it: they are booked first. Null when the money is none of ours, or waits in suspense. */
  private async bookFirst(transaction: Stripe.BalanceTransaction): Promise<string | null> {
    if (typeof transaction.source !== "string" || (transaction.type !== "charge" && transaction.type !== "refund"))
      return null;
    const stripe = this.cards.required();
    const { payment_intent: intent } =
      transaction.type === "charge"
        ? await stripe.charges.retrieve(transaction.source)
        : await stripe.refunds.retrieve(transaction.source);
    if (typeof intent !== "string") return null;
    await this.bookPayment(intent);
    return this.fundOfTransaction(transaction);
  }

  /** The fund whose book knows a balance transaction by its name. */
  private async fundOfTransaction(transaction: Stripe.BalanceTransaction): Promise<string | null> {
    const found = await row<{ fund_id: string }>(
      this.database.read,
      "select f.fund_id from fund f join transaction t on t.fund_id = f.fund_id and t.source = $1 and t.kind <> 'suspense'",
      [transaction.id],
    );
    return found?.fund_id ?? null;
  }

  /** The fund that the payment names; null when it names none of ours (another program may share the Stripe account). */
  private async fundOf(intent: Stripe.PaymentIntent): Promise<Fund | null> {
    const fundId = intent.metadata["fund"] ?? "";
    if (!isId(fundId)) return null;
    try {
      return await this.funds.byId(this.database.read, fundId);
    } catch (error) {
      if (error instanceof Refusal && error.code === "no-such-fund") return null;
      throw error;
    }
  }

  private async isBooked(fund: Fund, key: string): Promise<boolean> {
    const found = await row(this.database.read, "select 1 from transaction where fund_id = $1 and key = $2", [
      fund.fundId,
      key,
    ]);
    return found !== null;
  }

  private async alarm(fund: Fund, about: string, day: string): Promise<void> {
    await this.database.read.query(
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
