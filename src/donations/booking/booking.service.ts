import { Injectable } from "@nestjs/common";
import type Stripe from "stripe";
import { Clock } from "../../kernel/clock.js";
import { isId } from "../../kernel/ids.js";
import { GroupCommit } from "../../ledger/group-commit.service.js";
import { Database } from "../../platform/database/database.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { Alarms } from "../../treasurers/alarms.service.js";
import { CardPause } from "../limits/card-pause.service.js";
import { CardFunds, dayAt, type CardFund } from "./card-funds.service.js";
import { draftsOf, fits, type PaymentFacts, type ToBook } from "./payment.js";
import { NamedGifts } from "./named-gifts.service.js";
import { lineOf, type StripeLine } from "./stripe-line.js";
import { paymentWanted, type Look } from "./stripe-events.js";
import { StripeLines } from "./stripe-lines.service.js";
import { StripeJobs } from "./stripe-jobs.service.js";

const LIST_SIZE = 100;

/** Our own names, as a payment carries them. */
interface Names {
  readonly fund: string;
  readonly donation: string;
  readonly invoice?: string;
}

/**
 * Books what Stripe says now about a payment, whatever event told of it: any order and any number of events give the same books. Each balance transaction is
 * booked once, under its own name, in the same commit as the others that arrive beside it.
 */
@Injectable()
export class Booking {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly groups: GroupCommit,
    private readonly funds: CardFunds,
    private readonly lines: StripeLines,
    private readonly gifts: NamedGifts,
    private readonly jobs: StripeJobs,
    private readonly alarms: Alarms,
    private readonly clock: Clock,
    private readonly pause: CardPause,
  ) {}

  /** The gift, and what became of it. `look` says what an event told of, for what the payment itself does not show. */
  async bookPayment(account: string, paymentIntent: string, look: Look = "gift", looks = 0): Promise<void> {
    const intent = await this.cards
      .required()
      .paymentIntents.retrieve(paymentIntent, { expand: ["latest_charge.balance_transaction"] }, onAccount(account));
    const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
    if (intent.status !== "succeeded" || charge?.paid !== true) return this.countFailure(account, intent, charge);
    if (typeof charge.balance_transaction !== "object" || charge.balance_transaction === null) {
      // Stripe settles some charges later, and only then knows the fee.
      await this.jobs.again(paymentWanted(account, paymentIntent, look), looks);
      return;
    }
    const settled = lineOf(account, charge.balance_transaction);
    const names = await this.namesOf(account, intent);
    const fund = await this.funds.of(account, names?.fund ?? null);
    if (fund === null) {
      await this.lines.note(settled, { standing: "foreign", fundId: null });
      return;
    }
    const day = dayAt(fund, charge.created);
    if (settled.currency !== fund.currency) {
      await this.alarms.raise(this.database.read, fund.fundId, "other-currency", intent.id, day);
      return;
    }
    const { named, failedBefore } = await this.gifts.of({
      fundId: fund.fundId,
      account,
      donationId: names?.fund === fund.fundId && isId(names.donation) ? names.donation : null,
      ...(names?.invoice === undefined ? {} : { invoiceId: names.invoice }),
      lineId: settled.id,
    });
    if (failedBefore) await this.pause.succeeded(this.database.read, fund.fundId, new Date(charge.created * 1000));
    const facts: PaymentFacts = {
      paymentIntent: intent.id,
      currency: fund.currency,
      named,
      charge,
      settled,
      refunds: look === "refunds" || charge.amount_refunded > 0 ? await this.refundsOf(account, intent.id, looks) : [],
      disputes: look === "disputes" || charge.disputed ? await this.disputesOf(account, intent.id) : [],
    };
    await this.book(
      fund,
      draftsOf(facts, (at) => dayAt(fund, at)),
    );
    if (!fits(facts)) await this.alarms.raise(this.database.read, fund.fundId, "gift-mismatch", intent.id, day);
  }

  /** A charge that failed counts against the fund's card gifts; a payment that is still under way does not. */
  private async countFailure(
    account: string,
    intent: Stripe.PaymentIntent,
    charge: Stripe.Charge | null,
  ): Promise<void> {
    if (intent.status === "succeeded" || charge?.status !== "failed") return;
    const fund = await this.funds.of(account, intent.metadata["fund"] ?? null);
    if (fund === null) return;
    const at = new Date(charge.created * 1000);
    await this.database.atomically((tx) => this.pause.failed(tx, fund, charge.id, at));
  }

  /** Books what is not booked yet, in order. */
  async book(fund: CardFund, wanted: readonly ToBook[]): Promise<void> {
    const booked = await Promise.all(
      wanted.map(({ line, draft }) =>
        line === null
          ? this.isBooked(fund.fundId, draft.key)
          : this.lines.note(line, { standing: "fund", fundId: fund.fundId }),
      ),
    );
    for (const [i, { draft }] of wanted.entries())
      if (booked[i] !== true) await this.groups.post(fund.fundId, draft, this.clock.now());
  }

  /** A payment carries our names itself, or has them from the subscription whose invoice it pays. Null when it is none of ours. */
  private async namesOf(account: string, intent: Stripe.PaymentIntent): Promise<Names | null> {
    const { fund, donation } = intent.metadata;
    if (fund !== undefined && donation !== undefined) return { fund, donation };
    const paid = await this.cards
      .required()
      .invoicePayments.list(
        { payment: { type: "payment_intent", payment_intent: intent.id }, limit: 1, expand: ["data.invoice"] },
        onAccount(account),
      );
    const invoice = paid.data[0]?.invoice;
    if (typeof invoice !== "object" || !("parent" in invoice)) return null;
    const of = invoice.parent?.subscription_details?.metadata;
    if (of?.["fund"] === undefined || of["donation"] === undefined) return null;
    return { fund: of["fund"], donation: of["donation"], invoice: invoice.id };
  }

  private async refundsOf(account: string, paymentIntent: string, looks: number): Promise<PaymentFacts["refunds"]> {
    const listed = this.cards.required().refunds.list(
      {
        payment_intent: paymentIntent,
        limit: LIST_SIZE,
        expand: ["data.balance_transaction", "data.failure_balance_transaction"],
      },
      onAccount(account),
    );
    const line = (t: string | Stripe.BalanceTransaction | null | undefined): StripeLine | null =>
      typeof t === "object" && t !== null ? lineOf(account, t) : null;
    const found: PaymentFacts["refunds"][number][] = [];
    let unsettled = false;
    for await (const given of listed) {
      const one = {
        id: given.id,
        settled: line(given.balance_transaction),
        failure: line(given.failure_balance_transaction),
      };
      unsettled ||= one.settled === null && given.status !== "canceled" && given.status !== "failed";
      found.push(one);
    }
    // One that Stripe has not settled yet is looked for again, and the others do not wait for it.
    if (unsettled) await this.jobs.again(paymentWanted(account, paymentIntent, "refunds"), looks);
    return found;
  }

  private async disputesOf(account: string, paymentIntent: string): Promise<PaymentFacts["disputes"]> {
    const found: PaymentFacts["disputes"][number][] = [];
    const listed = this.cards
      .required()
      .disputes.list({ payment_intent: paymentIntent, limit: LIST_SIZE }, onAccount(account));
    for await (const dispute of listed)
      found.push({
        id: dispute.id,
        status: dispute.status,
        settled: dispute.balance_transactions.map((t) => lineOf(account, t)),
      });
    return found;
  }

  private async isBooked(fundId: string, key: string): Promise<boolean> {
    const found = await this.database.plain("select 1 from transaction where fund_id = $1 and key = $2", [fundId, key]);
    return found.length > 0;
  }
}
