import type Stripe from "stripe";
import type { Clock } from "../../kernel/clock.js";
import { unixSeconds } from "../../kernel/clock.js";
import { STRIPE_API_VERSION } from "../../platform/stripe/stripe.js";
import * as billing from "./billing-objects.js";
import * as checkout from "./checkout-objects.js";
import type { Faults } from "./faults.js";
import * as money from "./money-objects.js";
import { StripeProblem } from "./problem.js";
import type { Store } from "./store.js";

export const CARD_DECLINED = "4000000000000002";

/** In practice money is ours to use after seconds, not days, so that a newcomer sees the whole way. */
const AVAILABLE_AFTER_SECONDS = 10;
const HISTORY_AVAILABLE_AFTER_DAYS = 2;
/** What Stripe takes for a dispute in the US. */
export const DISPUTE_FEE = 1500;

/** One payment that is tried. */
export interface Payment {
  readonly account: string;
  readonly amount: number;
  readonly currency: string;
  readonly card: string;
  readonly metadata: Record<string, string>;
  readonly created: number;
  /** Practice history: money of the past is available after days. */
  readonly history: boolean;
}

/** Money at the practice Stripe: payments, refunds, disputes, payouts, and the events that tell of them. Times are unix seconds. */
export class PracticeMoney {
  constructor(
    readonly store: Store,
    private readonly clock: Clock,
    protected readonly origin: () => string,
    readonly faults: Faults | null,
    /** Milliseconds until a charge knows its balance transaction: at Stripe it can be null at first. */
    private readonly settleAfterMs = 0,
    private readonly availableAfterSeconds = AVAILABLE_AFTER_SECONDS,
  ) {}

  now(): number {
    return unixSeconds(this.clock.now());
  }

  /** Tries a card. The events of the payment itself are told by the caller, in Stripe's order. */
  protected charge(p: Payment): { intent: Stripe.PaymentIntent; charge: Stripe.Charge; paid: boolean } {
    const { state } = this.store;
    const intent = checkout.paymentIntent({ id: this.store.newId("pi"), ...p });
    const paid = p.card !== CARD_DECLINED;
    const charge = money.charge({
      id: this.store.newId("ch"),
      created: p.created,
      intent,
      last4: p.card.slice(-4),
      transaction: null,
      declined: !paid,
    });
    state.intents[intent.id] = intent;
    state.charges[charge.id] = charge;
    this.store.index("charges", charge.id, intent.id);
    this.store.belongsTo(p.account, intent.id, charge.id);
    intent.latest_charge = charge.id;
    if (!paid) {
      this.emit("payment_intent.payment_failed", intent, p.created);
      return { intent, charge, paid };
    }
    Object.assign(intent, { status: "succeeded", amount_received: p.amount, payment_method: charge.payment_method });
    const wait = this.settleAfterMs + (this.faults?.settleAfterMs() ?? 0);
    if (wait === 0) this.settle(charge, p);
    else
      setTimeout(() => {
        this.settle(charge, p);
        this.emit("charge.updated", charge, this.now());
      }, wait).unref();
    this.emit("charge.succeeded", charge, p.created);
    this.emit("payment_intent.succeeded", intent, p.created);
    return { intent, charge, paid };
  }

  private settle(charge: Stripe.Charge, { created, history }: Payment): void {
    charge.balance_transaction = this.book(this.store.accountOf(charge.id), {
      type: "charge",
      source: charge.id,
      amount: charge.amount,
      fee: money.practiceFee(charge.amount),
      currency: charge.currency,
      created,
      availableOn: created + (history ? HISTORY_AVAILABLE_AFTER_DAYS * 86_400 : this.availableAfterSeconds),
    }).id;
    this.store.changed();
  }

  private book(account: string, t: Omit<money.NewTransaction, "id">): Stripe.BalanceTransaction {
    const transaction = money.balanceTransaction({ id: this.store.newId("txn"), ...t });
    this.store.state.transactions[transaction.id] = transaction;
    this.store.belongsTo(account, transaction.id);
    return transaction;
  }

  chargeOf(intentId: string): Stripe.Charge {
    const charge = this.store
      .of("charges", intentId)
      .map((id) => this.store.state.charges[id])
      .find((c) => c?.paid);
    if (!charge) throw new StripeProblem(404, "invalid_request_error", "No such payment_intent.", "payment_intent");
    return charge;
  }

  refund(intentId: string, amount: number | null, metadata: Readonly<Record<string, string>> = {}): Stripe.Refund {
    const charge = this.chargeOf(intentId);
    const wanted = amount ?? charge.amount - charge.amount_refunded;
    if (charge.disputed)
      throw new StripeProblem(400, "invalid_request_error", "This charge has been charged back.", "payment_intent");
    if (wanted <= 0 || charge.amount_refunded + wanted > charge.amount)
      throw new StripeProblem(
        400,
        "invalid_request_error",
        "Refund amount is greater than unrefunded amount on charge.",
        "amount",
      );
    const created = this.now();
    const id = this.store.newId("re");
    const account = this.store.accountOf(charge.id);
    const { currency } = charge;
    const transaction = this.book(account, {
      type: "refund", source: id, amount: -wanted, fee: 0, currency, created, availableOn: created,
    }); // prettier-ignore
    const refund = money.refund({ id, created, charge, amount: wanted, transaction: transaction.id, metadata });
    this.store.state.refunds[id] = refund;
    this.store.index("refunds", id, intentId);
    this.store.belongsTo(account, id);
    charge.amount_refunded += wanted;
    charge.refunded = charge.amount_refunded === charge.amount;
    this.emit("refund.created", refund, created);
    this.emit("charge.refunded", charge, created);
    this.store.changed();
    return refund;
  }

  /** The donor's bank sends a refund back, days later. */
  failRefund(refundId: string): void {
    const refund = this.store.state.refunds[refundId];
    const charge = this.store.state.charges[typeof refund?.charge === "string" ? refund.charge : ""];
    if (!refund || !charge || refund.status === "failed") return;
    const created = this.now();
    const back = this.book(this.store.accountOf(refundId), {
      type: "refund_failure", source: refundId, amount: refund.amount, fee: 0, currency: refund.currency, created, availableOn: created,
    }); // prettier-ignore
    Object.assign(refund, {
      status: "failed",
      failure_reason: "expired_or_canceled_card",
      failure_balance_transaction: back.id,
    });
    charge.amount_refunded -= refund.amount;
    charge.refunded = false;
    this.emit("refund.failed", refund, created);
    this.store.changed();
  }

  /** A donor's bank takes a payment back; what was refunded is not taken again. */
  openDispute(intentId: string): Stripe.Dispute | null {
    const charge = this.chargeOf(intentId);
    const amount = charge.amount - charge.amount_refunded;
    if (charge.disputed || amount === 0) return null;
    const created = this.now();
    const dispute = billing.dispute({ id: this.store.newId("dp"), created, charge, amount });
    const account = this.store.accountOf(charge.id);
    this.store.state.disputes[dispute.id] = dispute;
    this.store.index("disputes", dispute.id, intentId);
    this.store.belongsTo(account, dispute.id);
    this.disputeMoves(dispute, -amount, DISPUTE_FEE);
    charge.disputed = true;
    this.emit("charge.dispute.created", dispute, created);
    this.emit("charge.dispute.funds_withdrawn", dispute, created);
    this.store.changed();
    return dispute;
  }

  closeDispute(disputeId: string, won: boolean): void {
    const dispute = this.store.state.disputes[disputeId];
    if (!dispute || ["won", "lost"].includes(dispute.status)) return;
    const now = this.now();
    dispute.status = won ? "won" : "lost";
    if (won) this.disputeMoves(dispute, dispute.amount, -DISPUTE_FEE);
    this.emit("charge.dispute.closed", dispute, now);
    if (won) this.emit("charge.dispute.funds_reinstated", dispute, now);
    this.store.changed();
  }

  private disputeMoves(dispute: Stripe.Dispute, amount: number, fee: number): void {
    const created = this.now();
    const { currency } = dispute;
    const moved = this.book(this.store.accountOf(dispute.id), {
      type: "adjustment", source: dispute.id, amount, fee, currency, created, availableOn: created,
    }); // prettier-ignore
    dispute.balance_transactions.push(moved);
  }

  /** What Stripe takes for the account itself: no event tells of it. */
  accountFee(amount: number, currency: string, account = ""): void {
    const created = this.now();
    this.book(account, {
      type: "stripe_fee",
      source: null,
      amount: -amount,
      fee: 0,
      currency,
      created,
      availableOn: created,
    });
    this.store.changed();
  }

  /** A balance transaction as it is now: pending until its day. */
  transaction(id: string): Stripe.BalanceTransaction | undefined {
    const transaction = this.store.state.transactions[id];
    if (transaction) transaction.status = transaction.available_on <= this.now() ? "available" : "pending";
    return transaction;
  }

  /** Stripe's automatic payouts: what is available goes to the bank, one payout for each account, currency and day of availability. */
  payOut(): Stripe.Payout[] {
    const { state } = this.store;
    const open = Object.keys(state.transactions)
      .map((id) => this.transaction(id))
      .filter(
        (t): t is Stripe.BalanceTransaction =>
          t !== undefined && t.status === "available" && t.type !== "payout" && state.paidOutBy[t.id] === undefined,
      );
    const groups = new Map<string, Stripe.BalanceTransaction[]>();
    for (const t of open) {
      const of = `${this.store.accountOf(t.id)} ${t.currency} ${new Date(t.available_on * 1000).toISOString().slice(0, 10)}`;
      groups.set(of, [...(groups.get(of) ?? []), t]);
    }
    return [...groups.values()].flatMap((transactions) => this.payOne(transactions));
  }

  /** Somebody presses "Pay out" on Stripe's page: no line says what it took. */
  payOutByHand(amount: number, currency: string, account = ""): Stripe.Payout {
    const created = this.now();
    const id = this.store.newId("po");
    return this.sendOut({ id, account, amount, currency, created, automatic: false });
  }

  private payOne(transactions: readonly Stripe.BalanceTransaction[]): Stripe.Payout[] {
    const { state } = this.store;
    const amount = transactions.reduce((sum, t) => sum + t.net, 0);
    const first = transactions[0];
    // A day that lost money stays with Stripe, and later days make up for it.
    if (amount <= 0 || !first) return [];
    const account = this.store.accountOf(first.id);
    const created = transactions.reduce((latest, t) => (t.available_on > latest ? t.available_on : latest), 0);
    const id = this.store.newId("po");
    for (const t of transactions) state.paidOutBy[t.id] = id;
    return [this.sendOut({ id, account, amount, currency: first.currency, created, automatic: true })];
  }

  private sendOut(p: {
    id: string;
    account: string;
    amount: number;
    currency: string;
    created: number;
    automatic: boolean;
  }): Stripe.Payout {
    const { id, account, amount, currency, created } = p;
    const transaction = this.book(account, {
      type: "payout", source: id, amount: -amount, fee: 0, currency, created, availableOn: created,
    }); // prettier-ignore
    const payout = {
      ...money.payout({ id, created, amount, currency, transaction: transaction.id }),
      automatic: p.automatic,
    };
    this.store.state.payouts[id] = payout;
    this.store.belongsTo(account, id);
    this.store.state.paidOutBy[transaction.id] = id;
    this.emit("payout.created", payout, created);
    this.emit("payout.paid", payout, created);
    this.store.changed();
    return payout;
  }

  /** The bank sends a payout back: its money is at Stripe again, and goes out with a later one. */
  failPayout(payoutId: string): void {
    const payout = this.store.state.payouts[payoutId];
    if (!payout || payout.status === "failed") return;
    const created = this.now();
    const back = this.book(this.store.accountOf(payoutId), {
      type: "payout_failure", source: payoutId, amount: payout.amount, fee: 0, currency: payout.currency, created, availableOn: created,
    }); // prettier-ignore
    Object.assign(payout, { status: "failed", failure_code: "account_closed", failure_balance_transaction: back.id });
    this.emit("payout.failed", payout, created);
    this.store.changed();
  }

  protected emit(type: string, object: { id: string }, created: number): void {
    const account = this.store.accountOf(object.id);
    const event = money.event({
      id: this.store.newId("evt"),
      type,
      created,
      apiVersion: STRIPE_API_VERSION,
      object: structuredClone(object),
    });
    if (account !== "") event.account = account;
    this.store.state.events[event.id] = event;
    this.store.belongsTo(account, event.id);
    this.store.state.deliveries.push({ eventId: event.id, attempts: 0 });
  }
}
