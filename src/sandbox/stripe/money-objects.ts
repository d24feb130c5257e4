import type Stripe from "stripe";
import { mulDivRound } from "../../kernel/money.js";

/** Stripe's objects of money that moved, whole: `satisfies` makes the compiler say so, and the interop suite compares each with Stripe's own fixtures. */

/** 2.9 % and 30, as Stripe takes from a US card. */
export function practiceFee(amount: number): number {
  return Number(mulDivRound(BigInt(amount), 29n, 1000n)) + 30;
}

const NOBODY = {
  address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
  email: null,
  name: null,
  phone: null,
} as const;

export function charge(c: {
  id: string;
  created: number;
  intent: Stripe.PaymentIntent;
  last4: string;
  transaction: string | null;
  declined: boolean;
}): Stripe.Charge {
  return {
    id: c.id,
    object: "charge",
    amount: c.intent.amount,
    amount_captured: c.declined ? 0 : c.intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: c.transaction,
    billing_details: { ...NOBODY, tax_id: null },
    calculated_statement_descriptor: "COMMON POT",
    captured: !c.declined,
    created: c.created,
    currency: c.intent.currency,
    customer: null,
    description: null,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: c.declined ? "card_declined" : null,
    failure_message: c.declined ? "Your card was declined." : null,
    fraud_details: {},
    livemode: false,
    metadata: c.intent.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: c.declined ? "declined_by_network" : "approved_by_network",
      reason: c.declined ? "generic_decline" : null,
      seller_message: c.declined
        ? "The bank did not return any further details with this decline."
        : "Payment complete.",
      type: c.declined ? "issuer_declined" : "authorized",
    },
    paid: !c.declined,
    payment_intent: c.intent.id,
    payment_method: `pm_${c.id.slice(3)}`,
    payment_method_details: null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: c.declined ? "failed" : "succeeded",
    transfer_data: null,
    transfer_group: null,
  } satisfies Stripe.Charge;
}

export interface NewTransaction {
  readonly id: string;
  readonly type: "charge" | "refund" | "refund_failure" | "adjustment" | "stripe_fee" | "payout" | "payout_failure";
  readonly source: string | null;
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly created: number;
  readonly availableOn: number;
}

const CATEGORY: Readonly<Record<string, string>> = { adjustment: "dispute", stripe_fee: "fee" };

export function balanceTransaction(t: NewTransaction): Stripe.BalanceTransaction {
  return {
    id: t.id,
    object: "balance_transaction",
    amount: t.amount,
    available_on: t.availableOn,
    balance_type: "payments",
    created: t.created,
    currency: t.currency,
    description: null,
    exchange_rate: null,
    fee: t.fee,
    fee_details:
      t.fee === 0
        ? []
        : [
            {
              amount: t.fee,
              application: null,
              currency: t.currency,
              description: "Stripe processing fees",
              type: "stripe_fee",
            },
          ],
    net: t.amount - t.fee,
    reporting_category: CATEGORY[t.type] ?? t.type,
    source: t.source,
    status: "pending",
    type: t.type,
  } satisfies Stripe.BalanceTransaction;
}

export function refund(r: {
  id: string;
  created: number;
  charge: Stripe.Charge;
  amount: number;
  transaction: string;
  metadata: Readonly<Record<string, string>>;
}): Stripe.Refund {
  return {
    id: r.id,
    object: "refund",
    amount: r.amount,
    balance_transaction: r.transaction,
    charge: r.charge.id,
    created: r.created,
    currency: r.charge.currency,
    customer: null,
    customer_account: null,
    destination_details: { type: "card", card: { type: "refund" } },
    metadata: { ...r.metadata },
    payment_intent: typeof r.charge.payment_intent === "string" ? r.charge.payment_intent : null,
    payment_method: null,
    reason: null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: "succeeded",
    transfer_reversal: null,
  } satisfies Stripe.Refund;
}

export function payout(p: {
  id: string;
  created: number;
  amount: number;
  currency: string;
  transaction: string;
}): Stripe.Payout {
  return {
    id: p.id,
    object: "payout",
    amount: p.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: p.created,
    automatic: true,
    balance_transaction: p.transaction,
    created: p.created,
    currency: p.currency,
    description: "STRIPE PAYOUT",
    destination: "ba_practice",
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: {},
    method: "standard",
    original_payout: null,
    payout_method: null,
    reconciliation_status: "completed",
    reversed_by: null,
    source_type: "card",
    statement_descriptor: null,
    status: "paid",
    trace_id: null,
    type: "bank_account",
  } satisfies Stripe.Payout;
}

export function event(e: {
  id: string;
  type: string;
  created: number;
  apiVersion: string;
  object: object;
}): Stripe.Event {
  const made = {
    id: e.id,
    object: "event",
    api_version: e.apiVersion,
    created: e.created,
    data: { object: e.object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: e.type,
  };
  return made as unknown as Stripe.Event;
}
