import Stripe from "stripe";
import type { Clock } from "../../kernel/clock.js";
import { STRIPE_API_VERSION } from "../../platform/stripe/stripe.js";
import * as checkout from "./checkout-objects.js";
import * as money from "./money-objects.js";
import type { Store } from "./store.js";

export const CARD_PAYS = "4242424242424242";
export const CARD_DECLINED = "4000000000000002";
export const CARD_DISPUTED = "4000000000000259";

/** In practice money is ours to use after seconds, not days, so that a newcomer sees the whole way. */
const AVAILABLE_AFTER_SECONDS = 10;
const HISTORY_AVAILABLE_AFTER_DAYS = 2;

/** An answer of the API that is an error of Stripe's. */
export class StripeProblem extends Error {
  constructor(
    readonly status: number,
    readonly type: "invalid_request_error" | "idempotency_error" | "card_error",
    message: string,
    readonly param?: string,
  ) {
    super(message);
  }
}

/** What the practice Stripe does, without HTTP. Times are unix seconds. */
export class PracticeStripe {
  constructor(
    readonly store: Store,
    private readonly clock: Clock,
    private readonly origin: () => string,
    /** Milliseconds until a charge knows its balance transaction: at Stripe it can be null at first. */
    private readonly settleAfterMs = 0,
  ) {}

  now(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }

  createSession(given: {
    amount: number;
    currency: string;
    successUrl: string;
    cancelUrl: string | null;
    metadata: Record<string, string>;
    intentMetadata: Record<string, string>;
  }): Stripe.Checkout.Session {
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
    this.store.state.sessions[id] = session;
    this.store.state.intentMetadata[id] = given.intentMetadata;
    this.store.changed();
    return session;
  }

  /** Pays a session with a card. `at` hands in another time, for practice history. Returns false when the card is declined. */
  pay(sessionId: string, card: string, at: number | null): boolean {
    const { state } = this.store;
    const session = state.sessions[sessionId];
    if (!session) throw new StripeProblem(404, "invalid_request_error", "No such checkout session.");
    if (session.status !== "open") return true;
    const created = at ?? this.now();
    const amount = session.amount_total ?? 0;
    const intent = checkout.paymentIntent({
      id: this.store.newId("pi"),
      created,
      amount,
      currency: session.currency ?? "usd",
      metadata: state.intentMetadata[sessionId] ?? {},
    });
    state.intents[intent.id] = intent;
    const declined = card === CARD_DECLINED;
    const charge = money.charge({
      id: this.store.newId("ch"),
      created,
      intent,
      last4: card.slice(-4),
      transaction: null,
      declined,
    });
    state.charges[charge.id] = charge;
    intent.latest_charge = charge.id;
    if (declined) {
      this.emit("payment_intent.payment_failed", intent, created);
      this.store.changed();
      return false;
    }
    Object.assign(intent, { status: "succeeded", amount_received: amount, payment_method: charge.payment_method });
    Object.assign(session, { status: "complete", payment_status: "paid", payment_intent: intent.id });
    const settle = (): void => this.settle(charge, created, at !== null);
    if (this.settleAfterMs === 0) settle();
    else this.settleLater(charge, settle);
    this.emit("charge.succeeded", charge, created);
    this.emit("payment_intent.succeeded", intent, created);
    this.emit("checkout.session.completed", session, created);
    this.store.changed();
    return true;
  }

  private settleLater(charge: Stripe.Charge, settle: () => void): void {
    const later = (): void => {
      settle();
      this.emit("charge.updated", charge, this.now());
    };
    setTimeout(later, this.settleAfterMs).unref();
  }

  private settle(charge: Stripe.Charge, created: number, history: boolean): void {
    const availableOn = created + (history ? HISTORY_AVAILABLE_AFTER_DAYS * 86_400 : AVAILABLE_AFTER_SECONDS);
    charge.balance_transaction = this.book({
      type: "charge",
      source: charge.id,
      amount: charge.amount,
      fee: money.practiceFee(charge.amount),
      currency: charge.currency,
      created,
      availableOn,
    }).id;
    this.store.changed();
  }

  private book(t: Omit<money.NewTransaction, "id">): Stripe.BalanceTransaction {
    const transaction = money.balanceTransaction({ id: this.store.newId("txn"), ...t });
    this.store.state.transactions[transaction.id] = transaction;
    return transaction;
  }

  refund(intentId: string, amount: number | null): Stripe.Refund {
    const charge = Object.values(this.store.state.charges).find((c) => c.payment_intent === intentId && c.paid);
    if (!charge) throw new StripeProblem(404, "invalid_request_error", "No such payment_intent.", "payment_intent");
    const wanted = amount ?? charge.amount - charge.amount_refunded;
    if (wanted <= 0 || charge.amount_refunded + wanted > charge.amount)
      throw new StripeProblem(
        400,
        "invalid_request_error",
        "Refund amount is greater than unrefunded amount on charge.",
        "amount",
      );
    const created = this.now();
    const id = this.store.newId("re");
    const transaction = this.book({
      type: "refund",
      source: id,
      amount: -wanted,
      fee: 0,
      currency: charge.currency,
      created,
      availableOn: created,
    });
    const refund = money.refund({ id, created, charge, amount: wanted, transaction: transaction.id });
    this.store.state.refunds[id] = refund;
    charge.amount_refunded += wanted;
    charge.refunded = charge.amount_refunded === charge.amount;
    this.emit("charge.refunded", charge, created);
    this.store.changed();
    return refund;
  }

  /** A balance transaction as it is now: pending until its day. */
  transaction(id: string): Stripe.BalanceTransaction | undefined {
    const transaction = this.store.state.transactions[id];
    if (transaction) transaction.status = transaction.available_on <= this.now() ? "available" : "pending";
    return transaction;
  }

  /** Stripe's automatic payouts: what is available goes to the bank, one payout for each day of availability. */
  payOut(): Stripe.Payout[] {
    const { state } = this.store;
    const open = Object.keys(state.transactions)
      .map((id) => this.transaction(id))
      .filter(
        (t): t is Stripe.BalanceTransaction =>
          t !== undefined && t.status === "available" && t.type !== "payout" && state.paidOutBy[t.id] === undefined,
      );
    const byDay = new Map<string, Stripe.BalanceTransaction[]>();
    for (const t of open) {
      const day = `${t.currency} ${new Date(t.available_on * 1000).toISOString().slice(0, 10)}`;
      byDay.set(day, [...(byDay.get(day) ?? []), t]);
    }
    const made: Stripe.Payout[] = [];
    for (const transactions of byDay.values()) {
      const amount = transactions.reduce((sum, t) => sum + t.net, 0);
      const first = transactions[0];
      if (amount <= 0 || !first) continue;
      const created = Math.max(...transactions.map((t) => t.available_on));
      const id = this.store.newId("po");
      const transaction = this.book({
        type: "payout",
        source: id,
        amount: -amount,
        fee: 0,
        currency: first.currency,
        created,
        availableOn: created,
      });
      state.payouts[id] = money.payout({
        id,
        created,
        amount,
        currency: first.currency,
        transaction: transaction.id,
      });
      for (const t of [...transactions, transaction]) state.paidOutBy[t.id] = id;
      this.emit("payout.paid", state.payouts[id], created);
      made.push(state.payouts[id]);
    }
    if (made.length > 0) this.store.changed();
    return made;
  }

  private emit(type: string, object: object, created: number): void {
    const event = money.event({
      id: this.store.newId("evt"),
      type,
      created,
      apiVersion: STRIPE_API_VERSION,
      object: structuredClone(object),
    });
    this.store.state.events[event.id] = event;
    this.store.state.deliveries.push({ eventId: event.id, attempts: 0 });
  }
}
