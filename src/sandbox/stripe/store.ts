import fs from "node:fs";
import type Stripe from "stripe";
import { newToken } from "../../kernel/ids.js";

export interface Delivery {
  readonly eventId: string;
  attempts: number;
}

interface State {
  sessions: Record<string, Stripe.Checkout.Session>;
  /** What a session's PaymentIntent will carry. */
  intentMetadata: Record<string, Record<string, string>>;
  intents: Record<string, Stripe.PaymentIntent>;
  charges: Record<string, Stripe.Charge>;
  transactions: Record<string, Stripe.BalanceTransaction>;
  /** Which payout took a balance transaction to the bank. */
  paidOutBy: Record<string, string>;
  refunds: Record<string, Stripe.Refund>;
  payouts: Record<string, Stripe.Payout>;
  events: Record<string, Stripe.Event>;
  answers: Record<string, { fingerprint: string; status: number; body: string }>;
  deliveries: Delivery[];
}

/** Everything that the practice Stripe remembers; kept in one file, so that a restart loses nothing. */
export class Store {
  readonly state: State;
  private saving: NodeJS.Timeout | null = null;

  constructor(private readonly file: string | null) {
    this.state = (file !== null && fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as State) : null) ?? {
      sessions: {}, intentMetadata: {}, intents: {}, charges: {}, transactions: {}, paidOutBy: {}, refunds: {}, payouts: {}, events: {}, answers: {}, deliveries: [],
    }; // prettier-ignore
  }

  newId(prefix: string): string {
    return `${prefix}_practice${newToken().replace(/[-_]/g, "").slice(0, 24)}`;
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
