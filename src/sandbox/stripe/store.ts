import fs from "node:fs";
import type Stripe from "stripe";
import { newToken } from "../../kernel/ids.js";

export interface Delivery {
  readonly eventId: string;
  attempts: number;
}

/** Everything that the practice Stripe remembers, by the names of its objects. */
export interface State {
  sessions: Record<string, Stripe.Checkout.Session>;
  /** What a session's payment, or its subscription, will carry. */
  names: Record<string, Record<string, string>>;
  intents: Record<string, Stripe.PaymentIntent>;
  charges: Record<string, Stripe.Charge>;
  transactions: Record<string, Stripe.BalanceTransaction>;
  refunds: Record<string, Stripe.Refund>;
  disputes: Record<string, Stripe.Dispute>;
  payouts: Record<string, Stripe.Payout>;
  customers: Record<string, Stripe.Customer>;
  subscriptions: Record<string, Stripe.Subscription>;
  invoices: Record<string, Stripe.Invoice>;
  invoicePayments: Record<string, Stripe.InvoicePayment>;
  portals: Record<string, Stripe.BillingPortal.Session>;
  events: Record<string, Stripe.Event>;
  /** Which payout took a balance transaction to the bank. */
  paidOutBy: Record<string, string>;
  /** The connected account of an object; one that is not here is the platform's own. */
  accountOf: Record<string, string>;
  answers: Record<string, { fingerprint: string; status: number; body: string }>;
  deliveries: Delivery[];
}

type Indexed = "charges" | "refunds" | "disputes" | "paid";

const nothing = (): State => ({
  sessions: {}, names: {}, intents: {}, charges: {}, transactions: {}, refunds: {}, disputes: {}, payouts: {}, customers: {}, subscriptions: {}, invoices: {},
  invoicePayments: {}, portals: {}, events: {}, paidOutBy: {}, accountOf: {}, answers: {}, deliveries: [],
}); // prettier-ignore

/** Kept in one file, so that a restart loses nothing. */
export class Store {
  readonly state: State;
  private saving: NodeJS.Timeout | null = null;
  /** By PaymentIntent, so that one payment costs the same however many there are. */
  private readonly byIntent = new Map<
    string,
    { charges: string[]; refunds: string[]; disputes: string[]; paid: string[] }
  >();

  constructor(private readonly file: string | null) {
    const kept =
      file !== null && fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Partial<State>) : {};
    this.state = { ...nothing(), ...kept };
    for (const kind of ["charges", "refunds", "disputes"] as const)
      for (const item of Object.values(this.state[kind]) as { id: string; payment_intent: unknown }[])
        this.index(kind, item.id, item.payment_intent);
    for (const { id, payment } of Object.values(this.state.invoicePayments))
      this.index("paid", id, payment.payment_intent);
  }

  newId(prefix: string): string {
    return `${prefix}_practice${newToken().replace(/[-_]/g, "").slice(0, 24)}`;
  }

  accountOf(id: string): string {
    return this.state.accountOf[id] ?? "";
  }

  belongsTo(account: string, ...ids: readonly string[]): void {
    if (account !== "") for (const id of ids) this.state.accountOf[id] = account;
  }

  index(kind: Indexed, id: string, intent: unknown): void {
    if (typeof intent !== "string") return;
    const known = this.byIntent.get(intent) ?? { charges: [], refunds: [], disputes: [], paid: [] };
    known[kind].push(id);
    this.byIntent.set(intent, known);
  }

  of(kind: Indexed, intent: string): readonly string[] {
    return this.byIntent.get(intent)?.[kind] ?? [];
  }

  /** Writes the file soon; many changes make one write. */
  changed(): void {
    if (this.file === null || this.saving) return;
    this.saving = setTimeout(() => this.save(), 100);
  }

  save(): void {
    if (this.saving) clearTimeout(this.saving);
    this.saving = null;
    if (this.file === null) return;
    fs.writeFileSync(`${this.file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    fs.renameSync(`${this.file}.new`, this.file);
  }
}
