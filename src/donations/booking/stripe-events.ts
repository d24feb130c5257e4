import type { SignedEvent } from "../../platform/stripe/webhook.js";

/** The worker's tasks on Stripe's behalf. Each fetches the object again: what an event says about money is never believed. */
export const TASKS = {
  payment: "stripe.payment",
  pledge: "stripe.pledge",
  invoice: "stripe.invoice",
  payout: "stripe.payout",
  refund: "stripe.refund",
  pledgesEnd: "stripe.pledges-end",
  release: "stripe.release",
  sweep: "stripe.sweep",
} as const;

/** What to look at, besides the payment itself. */
export type Look = "gift" | "refunds" | "disputes";

/** One look at one object. Jobs with one key that wait are one job. */
export interface Wanted {
  readonly task: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly key: string;
}

export const paymentWanted = (account: string, paymentIntent: string, look: Look): Wanted => ({
  task: TASKS.payment,
  payload: { account, paymentIntent, look },
  key: `${look}:${paymentIntent}`,
});

export const invoiceWanted = (account: string, invoice: string): Wanted => ({
  task: TASKS.invoice,
  payload: { account, invoice },
  key: `invoice:${invoice}`,
});

/** What an event asks for. Unknown kinds ask for nothing, and fields that nobody expects are not looked at. */
export function wantedBy(event: Pick<SignedEvent, "type" | "account" | "object">): Wanted[] {
  const { type, account, object } = event;
  const id = nameIn(object["id"]);
  const intent = object["object"] === "payment_intent" ? id : nameIn(object["payment_intent"]);
  const family = type.split(".")[0] ?? "";
  if (type === "checkout.session.completed" && object["mode"] === "subscription" && id !== null)
    return [{ task: TASKS.pledge, payload: { account, session: id }, key: `pledge:${id}` }];
  if (family === "customer" && object["object"] === "subscription" && id !== null)
    return [{ task: TASKS.pledge, payload: { account, subscription: id }, key: `pledge:${id}` }];
  if (object["object"] === "invoice" && id !== null) return [invoiceWanted(account, id)];
  if (object["object"] === "payout" && id !== null)
    return [{ task: TASKS.payout, payload: { account, payout: id }, key: `payout:${id}` }];
  if (intent === null || !["checkout", "payment_intent", "charge", "refund"].includes(family)) return [];
  if (object["object"] === "dispute") return [paymentWanted(account, intent, "disputes")];
  if (object["object"] === "refund" || type === "charge.refunded") return [paymentWanted(account, intent, "refunds")];
  return [paymentWanted(account, intent, "gift")];
}

/** The name of an object of Stripe's, or null for anything else. */
export function nameIn(value: unknown): string | null {
  return typeof value === "string" && /^[a-z]{2,6}_\w{1,200}$/.test(value) ? value : null;
}
