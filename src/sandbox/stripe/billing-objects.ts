import type Stripe from "stripe";
import { nulls } from "./nulls.js";

/** Stripe's objects of a subscription, whole: `satisfies` makes the compiler say so, and the interop suite compares each with Stripe's own fixtures. */

export function customer(c: { id: string; created: number; currency: string }): Stripe.Customer {
  return {
    id: c.id,
    object: "customer",
    address: null,
    balance: 0,
    created: c.created,
    currency: c.currency,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: "somebody@example.org",
    invoice_prefix: c.id.slice(-7).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  } satisfies Stripe.Customer;
}

export interface NewSubscription {
  readonly id: string;
  readonly itemId: string;
  readonly priceId: string;
  readonly productId: string;
  readonly customer: string;
  readonly created: number;
  readonly periodEnd: number;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
}

export function price(s: NewSubscription): Stripe.Price {
  return {
    id: s.priceId,
    object: "price",
    active: true,
    billing_scheme: "per_unit",
    created: s.created,
    currency: s.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: s.productId,
    recurring: { interval: "month", interval_count: 1, meter: null, trial_period_days: null, usage_type: "licensed" },
    tax_behavior: "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: "recurring",
    unit_amount: s.amount,
    unit_amount_decimal: String(s.amount) as unknown as Stripe.Price["unit_amount_decimal"],
  } satisfies Stripe.Price;
}

export function subscription(s: NewSubscription): Stripe.Subscription {
  const made = {
    ...nulls(
      "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at customer_account days_until_due default_payment_method default_source description ended_at latest_invoice managed_payments next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval pending_setup_intent pending_update schedule test_clock transfer_data trial_end trial_start",
    ),
    id: s.id,
    object: "subscription",
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: s.created,
    billing_mode: { flexible: null, type: "classic" },
    billing_schedules: [],
    cancel_at_period_end: false,
    cancellation_details: { comment: null, feedback: null, reason: null },
    collection_method: "charge_automatically",
    created: s.created,
    currency: s.currency,
    customer: s.customer,
    default_tax_rates: [],
    discounts: [],
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: {
      object: "list",
      has_more: false,
      url: `/v1/subscription_items?subscription=${s.id}`,
      data: [
        {
          id: s.itemId,
          object: "subscription_item",
          billing_thresholds: null,
          created: s.created,
          current_period_end: s.periodEnd,
          current_period_start: s.created,
          discounts: [],
          metadata: {},
          price: price(s),
          quantity: 1,
          subscription: s.id,
          tax_rates: [],
        },
      ],
    },
    livemode: false,
    metadata: s.metadata,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: "off" },
    start_date: s.created,
    status: "active",
    trial_settings: { end_behavior: { missing_payment_method: "create_invoice" } },
  };
  return made as unknown as Stripe.Subscription;
}

export function portalSession(p: {
  id: string;
  created: number;
  customer: string;
  returnUrl: string | null;
  url: string;
}): Stripe.BillingPortal.Session {
  return {
    id: p.id,
    object: "billing_portal.session",
    configuration: "bpc_practice",
    created: p.created,
    customer: p.customer,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: p.returnUrl,
    url: p.url,
  } satisfies Stripe.BillingPortal.Session;
}

export function dispute(d: { id: string; created: number; charge: Stripe.Charge; amount: number }): Stripe.Dispute {
  const made = {
    id: d.id,
    object: "dispute",
    amount: d.amount,
    balance_transactions: [],
    charge: d.charge.id,
    created: d.created,
    currency: d.charge.currency,
    enhanced_eligibility_types: [],
    evidence: {},
    evidence_details: {
      due_by: d.created + 7 * 86_400,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: d.charge.payment_intent,
    payment_method_details: {
      type: "card",
      card: { brand: "visa", case_type: "chargeback", network: "visa", network_reason_code: "10.4" },
    },
    reason: "fraudulent",
    status: "needs_response",
  };
  return made as unknown as Stripe.Dispute;
}
