import type Stripe from "stripe";

/** A balance transaction of Stripe's, as we keep it: sums, days and names of objects, nothing of a person. Minor units; times in unix seconds. */
export interface StripeLine {
  /** The connected account that it is of; empty for the server's own. */
  readonly account: string;
  readonly id: string;
  readonly type: string;
  readonly object: string | null;
  readonly amount: number;
  readonly fee: number;
  readonly net: number;
  readonly currency: string;
  /** Was it paid in another currency than it settled in? */
  readonly converted: boolean;
  readonly created: number;
  readonly availableOn: number;
}

/** Whose a line is. */
export type Standing =
  | { readonly standing: "fund"; readonly fundId: string }
  | { readonly standing: "shared" | "foreign" | "unassigned"; readonly fundId: null };

export function lineOf(account: string, t: Stripe.BalanceTransaction): StripeLine {
  return {
    account,
    id: t.id,
    type: t.type,
    object: typeof t.source === "string" ? t.source : (t.source?.id ?? null),
    amount: t.amount,
    fee: t.fee,
    net: t.net,
    currency: t.currency,
    converted: t.exchange_rate !== null,
    created: t.created,
    availableOn: t.available_on,
  };
}

/** Does Stripe keep it back for a while? Told by two times that never change, so that the same line is booked the same way whenever it is booked. */
export const pends = (line: Pick<StripeLine, "created" | "availableOn">): boolean => line.availableOn > line.created;

/** What is looked at to book a line: the payment behind it, the payout, or the account alone. */
export type Behind = "charge" | "refund" | "dispute" | "payout" | "account";

const BEHIND: Readonly<Record<string, Behind>> = {
  charge: "charge", payment: "charge", refund: "refund", payment_refund: "refund", refund_failure: "refund", payment_failure_refund: "refund",
  payout: "payout", payout_failure: "payout", payout_cancel: "payout",
}; // prettier-ignore

export function behind(line: Pick<StripeLine, "type" | "object">): Behind {
  const known = BEHIND[line.type];
  if (known !== undefined) return known;
  return line.type === "adjustment" && /^(dp|du)_/.test(line.object ?? "") ? "dispute" : "account";
}

/** What Stripe takes for the account itself: everything else that is the account's own waits in suspense until people have looked. */
const FEES: ReadonlySet<string> = new Set([
  "stripe_fee",
  "stripe_fx_fee",
  "tax_fee",
  "network_cost",
  "application_fee_refund",
]);

export const isAccountFee = (type: string): boolean => FEES.has(type);
