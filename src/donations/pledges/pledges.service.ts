import { Injectable } from "@nestjs/common";
import Stripe from "stripe";
import { Refusal } from "../../kernel/refusal.js";
import { Database } from "../../platform/database/database.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { Booking } from "../booking/booking.service.js";
import type { DonationRow } from "../donation.entity.js";
import { CardFunds, dayAt } from "../booking/card-funds.service.js";

/** A pledge is a monthly gift: a subscription at Stripe, each of whose invoices is a gift. */
@Injectable()
export class Pledges {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly booking: Booking,
    private readonly funds: CardFunds,
  ) {}

  /** The checkout of a pledge was completed. Returns the fund that it is of, or null. */
  async begun(account: string, sessionId: string): Promise<string | null> {
    const { subscription } = await this.cards
      .required()
      .checkout.sessions.retrieve(sessionId, undefined, onAccount(account));
    const id = typeof subscription === "string" ? subscription : subscription?.id;
    return id === undefined ? null : this.changed(account, id);
  }

  /** Writes down what Stripe says now of a subscription: its name, and the day that it ended. Returns the fund that it is of, or null. */
  async changed(account: string, subscriptionId: string): Promise<string | null> {
    const subscription = await this.cards
      .required()
      .subscriptions.retrieve(subscriptionId, undefined, onAccount(account));
    const { fund: fundId, donation } = subscription.metadata;
    const fund = await this.funds.of(account, fundId ?? null);
    if (fund === null || fund.fundId !== fundId || donation === undefined) return null;
    const ended = subscription.ended_at === null ? null : dayAt(fund, subscription.ended_at);
    await this.database.plain(
      `update donation set subscription = $3, ended_day = coalesce(ended_day, $4::date)
       where fund_id = $1 and donation_id = $2 and frequency = 'monthly' and coalesce(card_account, '') = $5`,
      [fund.fundId, donation, subscription.id, ended, account],
    );
    return fund.fundId;
  }

  /** Stripe's own page for a donor's monthly gift: the card, the receipts of the card, the end. Refuses `no-such-page` and `stripe-unreachable`. */
  async portal(donation: DonationRow, returnUrl: string): Promise<string> {
    if (donation.subscription === null || donation.endedDay !== null) throw new Refusal("no-such-page");
    const stripe = this.cards.required();
    const options = onAccount(donation.cardAccount ?? "");
    try {
      const { customer } = await stripe.subscriptions.retrieve(donation.subscription, undefined, options);
      const session = await stripe.billingPortal.sessions.create(
        { customer: typeof customer === "string" ? customer : customer.id, return_url: returnUrl },
        options,
      );
      return session.url;
    } catch (error) {
      if (error instanceof Stripe.errors.StripeError) throw new Refusal("stripe-unreachable");
      throw error;
    }
  }

  /** Books every payment of an invoice, and remembers a renewal that failed until one succeeds. */
  async bookInvoice(account: string, invoiceId: string): Promise<void> {
    const invoice = await this.cards
      .required()
      .invoices.retrieve(invoiceId, { expand: ["payments"] }, onAccount(account));
    for (const intent of (invoice.payments?.data ?? []).flatMap(intentOf))
      await this.booking.bookPayment(account, intent);
    const of = invoice.parent?.subscription_details?.metadata;
    const fund = await this.funds.of(account, of?.["fund"] ?? null);
    if (fund === null || of?.["donation"] === undefined || (invoice.status !== "open" && invoice.status !== "paid"))
      return;
    const failed = invoice.status === "open" && invoice.attempted ? dayAt(fund, invoice.created) : null;
    await this.database.plain(
      "update donation set renewal_failed_day = $3 where fund_id = $1 and donation_id = $2 and frequency = 'monthly' and renewal_failed_day is distinct from $3",
      [fund.fundId, of["donation"], failed],
    );
  }
}

function intentOf({ payment }: Stripe.InvoicePayment): string[] {
  const intent = payment.payment_intent;
  return intent === undefined ? [] : [typeof intent === "string" ? intent : intent.id];
}
