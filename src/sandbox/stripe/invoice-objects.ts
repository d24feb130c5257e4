import type Stripe from "stripe";
import { nulls } from "./nulls.js";

/** One month of a subscription, and the payment of it. */

export function invoice(i: {
  id: string;
  created: number;
  subscription: Stripe.Subscription;
  amount: number;
  first: boolean;
}): Stripe.Invoice {
  const { subscription: of } = i;
  const made = {
    ...nulls(
      "account_name account_tax_ids application automatically_finalizes_at custom_fields customer_account customer_address customer_email customer_name customer_phone customer_shipping default_payment_method default_source description due_date footer from_invoice hosted_invoice_url invoice_pdf last_finalization_error latest_revision next_payment_attempt number on_behalf_of receipt_number rendering shipping_cost shipping_details statement_descriptor test_clock webhooks_delivered_at",
    ),
    id: i.id,
    object: "invoice",
    account_country: "US",
    amount_due: i.amount,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: i.amount,
    amount_shipping: 0,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    billing_reason: i.first ? "subscription_create" : "subscription_cycle",
    collection_method: "charge_automatically",
    created: i.created,
    currency: of.currency,
    customer: of.customer,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_tax_rates: [],
    discounts: [],
    effective_at: i.created,
    ending_balance: 0,
    issuer: { type: "self" },
    lines: { object: "list", data: [], has_more: false, url: `/v1/invoices/${i.id}/lines` },
    livemode: false,
    metadata: {},
    parent: {
      type: "subscription_details",
      quote_details: null,
      subscription_details: { metadata: of.metadata, subscription: of.id },
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: i.created,
    period_start: i.created,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    starting_balance: 0,
    status: "open",
    status_transitions: { finalized_at: i.created, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: i.amount,
    subtotal_excluding_tax: i.amount,
    total: i.amount,
    total_discount_amounts: [],
    total_excluding_tax: i.amount,
    total_pretax_credit_amounts: [],
    total_taxes: [],
  };
  return made as unknown as Stripe.Invoice;
}

export function invoicePayment(p: {
  id: string;
  created: number;
  invoice: Stripe.Invoice;
  intent: string;
  paid: boolean;
}): Stripe.InvoicePayment {
  return {
    id: p.id,
    object: "invoice_payment",
    amount_paid: p.paid ? p.invoice.amount_due : null,
    amount_requested: p.invoice.amount_due,
    created: p.created,
    currency: p.invoice.currency,
    invoice: p.invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: "payment_intent", payment_intent: p.intent },
    status: p.paid ? "paid" : "open",
    status_transitions: { canceled_at: null, paid_at: p.paid ? p.created : null },
  } satisfies Stripe.InvoicePayment;
}
