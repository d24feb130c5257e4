import type Stripe from "stripe";
import * as billing from "./billing-objects.js";
import * as invoices from "./invoice-objects.js";
import * as checkout from "./checkout-objects.js";
import { PracticeMoney } from "./practice-money.js";
import { StripeProblem } from "./problem.js";

export const CARD_PAYS = "4242424242424242";
export const CARD_DISPUTED = "4000000000000259";

const MONTH_SECONDS = 30 * 86_400;

export interface NewSession {
  readonly account: string;
  readonly monthly: boolean;
  readonly amount: number;
  readonly currency: string;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  readonly metadata: Record<string, string>;
  /** What the payment, or the subscription, will carry. */
  readonly names: Record<string, string>;
}

/** What the practice Stripe does, without HTTP: checkouts and subscriptions, and below them the money itself. */
export class PracticeStripe extends PracticeMoney {
  createSession(given: NewSession): Stripe.Checkout.Session {
    if (!Number.isInteger(given.amount) || given.amount < 50)
      throw new StripeProblem(
        400,
        "invalid_request_error",
        "The amount is below the minimum.",
        "line_items[0][price_data][unit_amount]",
      );
    const id = this.store.newId("cs_test");
    const session = checkout.checkoutSession({
      id,
      url: `${this.origin()}/c/pay/${id}`,
      created: this.now(),
      ...given,
    });
    if (given.monthly)
      Object.assign(session, { mode: "subscription", submit_type: null, payment_method_collection: "always" });
    this.store.state.sessions[id] = session;
    this.store.state.names[id] = given.names;
    this.store.belongsTo(given.account, id);
    this.store.changed();
    return session;
  }

  /** Pays a session with a card. `at` hands in another time, for practice history. Returns false when the card is declined. */
  pay(sessionId: string, card: string, at: number | null): boolean {
    const session = this.store.state.sessions[sessionId];
    if (!session) throw new StripeProblem(404, "invalid_request_error", "No such checkout session.");
    if (session.status !== "open") return true;
    const created = at ?? this.now();
    const paid =
      session.mode === "subscription"
        ? this.subscribe(session, card, created)
        : this.payOnce(session, card, created, at !== null);
    this.store.changed();
    return paid;
  }

  private payOnce(session: Stripe.Checkout.Session, card: string, created: number, history: boolean): boolean {
    const { intent, paid } = this.charge({
      account: this.store.accountOf(session.id),
      amount: session.amount_total ?? 0,
      currency: session.currency ?? "usd",
      card,
      metadata: this.store.state.names[session.id] ?? {},
      created,
      history,
    });
    if (!paid) return false;
    Object.assign(session, { status: "complete", payment_status: "paid", payment_intent: intent.id });
    this.emit("checkout.session.completed", session, created);
    return true;
  }

  private subscribe(session: Stripe.Checkout.Session, card: string, created: number): boolean {
    const { state } = this.store;
    const account = this.store.accountOf(session.id);
    const currency = session.currency ?? "usd";
    const customer = billing.customer({ id: this.store.newId("cus"), created, currency });
    const subscription = billing.subscription({
      id: this.store.newId("sub"),
      itemId: this.store.newId("si"),
      priceId: this.store.newId("price"),
      productId: this.store.newId("prod"),
      customer: customer.id,
      created,
      periodEnd: created + MONTH_SECONDS,
      amount: session.amount_total ?? 0,
      currency,
      metadata: state.names[session.id] ?? {},
    });
    this.store.belongsTo(account, customer.id, subscription.id);
    if (!this.invoice(subscription, card, created, true)) return false;
    state.customers[customer.id] = customer;
    state.subscriptions[subscription.id] = subscription;
    Object.assign(session, {
      status: "complete",
      payment_status: "paid",
      subscription: subscription.id,
      customer: customer.id,
    });
    this.emit("customer.subscription.created", subscription, created);
    this.emit("checkout.session.completed", session, created);
    return true;
  }

  /** One month of a subscription. Its payment carries no names of ours: those are with the subscription. */
  private invoice(subscription: Stripe.Subscription, card: string, created: number, first: boolean): boolean {
    const { state } = this.store;
    const account = this.store.accountOf(subscription.id);
    const amount = subscription.items.data[0]?.price.unit_amount ?? 0;
    const invoice = invoices.invoice({ id: this.store.newId("in"), created, subscription, amount, first });
    const { currency } = subscription;
    const { intent, paid } = this.charge({ account, amount, currency, card, metadata: {}, created, history: false });
    if (first && !paid) return false;
    const payment = invoices.invoicePayment({
      id: this.store.newId("inpay"),
      created,
      invoice,
      intent: intent.id,
      paid,
    });
    state.invoices[invoice.id] = invoice;
    state.invoicePayments[payment.id] = payment;
    this.store.index("paid", payment.id, intent.id);
    this.store.belongsTo(account, invoice.id, payment.id);
    subscription.latest_invoice = invoice.id;
    Object.assign(invoice, { attempted: true, attempt_count: 1 });
    if (paid) Object.assign(invoice, { status: "paid", amount_paid: amount, amount_remaining: 0 });
    else subscription.status = "past_due";
    this.emit(paid ? "invoice.paid" : "invoice.payment_failed", invoice, created);
    return paid;
  }

  /** A month later. Returns whether the card still pays. */
  renew(subscriptionId: string, card: string): boolean {
    const subscription = this.store.state.subscriptions[subscriptionId];
    if (subscription?.status !== "active" && subscription?.status !== "past_due") return false;
    const paid = this.invoice(subscription, card, this.now(), false);
    if (paid) subscription.status = "active";
    this.emit("customer.subscription.updated", subscription, this.now());
    this.store.changed();
    return paid;
  }

  cancel(subscriptionId: string): Stripe.Subscription {
    const subscription = this.store.state.subscriptions[subscriptionId];
    if (!subscription) throw new StripeProblem(404, "invalid_request_error", "No such subscription.", "id");
    if (subscription.status === "canceled")
      throw new StripeProblem(404, "invalid_request_error", "No such subscription: it is canceled.", "id");
    const now = this.now();
    Object.assign(subscription, { status: "canceled", canceled_at: now, ended_at: now });
    this.emit("customer.subscription.deleted", subscription, now);
    this.store.changed();
    return subscription;
  }

  openPortal(customer: string, returnUrl: string | null, account: string): Stripe.BillingPortal.Session {
    if (!this.store.state.customers[customer])
      throw new StripeProblem(400, "invalid_request_error", "No such customer.", "customer");
    const id = this.store.newId("bps");
    const portal = billing.portalSession({
      id,
      created: this.now(),
      customer,
      returnUrl,
      url: `${this.origin()}/p/session/${id}`,
    });
    this.store.state.portals[id] = portal;
    this.store.belongsTo(account, id);
    this.store.changed();
    return portal;
  }

  subscriptionsOf(customer: string): Stripe.Subscription[] {
    return Object.values(this.store.state.subscriptions).filter((s) => s.customer === customer);
  }
}
