import type { Day } from "../../kernel/clock.js";
import { balanced, fromTo, type Draft } from "../transaction.js";

/** Gifts by card, and what becomes of them at Stripe. Amounts and fees are as the balance transaction says them, in minor units. */

/** What every balance transaction of Stripe says. */
export interface Settled {
  readonly day: Day;
  readonly amount: bigint;
  readonly fee: bigint;
  /** The balance transaction's own name. */
  readonly source?: string;
  /** Does Stripe keep it back until its day? Then it is on its way, and no decision may draw on it. Charges do, all else usually not. */
  readonly pends?: boolean;
}

const heldAt = (what: Settled, usually: boolean): string =>
  (what.pends ?? usually) ? "assets:stripe:pending" : "assets:stripe";

const income = (monthly: boolean | undefined): string => (monthly === true ? "income:gifts:monthly" : "income:gifts");

/**
 * A card gift, as Stripe settled it; a monthly one is booked once for each invoice. 25.00 with a fee of 1.03:
 * `assets:stripe:pending` +23.97, `expenses:fees:stripe` +1.03, `income:gifts` −25.00
 */
export function cardGift(gift: Settled & { donationId: string; invoiceId?: string; monthly?: boolean }): Draft {
  return {
    kind: "gift",
    day: gift.day,
    key: giftKey(gift.donationId, gift.invoiceId),
    ...sourced(gift.source),
    postings: balanced([
      { account: heldAt(gift, true), amount: gift.amount - gift.fee },
      { account: "expenses:fees:stripe", amount: gift.fee },
      { account: income(gift.monthly), amount: -gift.amount },
    ]),
  };
}

/** The key of a gift: of a monthly one there is one for each invoice. */
export function giftKey(donationId: string, invoiceId?: string): string {
  return invoiceId === undefined ? `gift:${donationId}` : `gift:${donationId}:${invoiceId}`;
}

/** A payment that does not fit the gift it names: nobody's yet, until people have looked. `suspense` stands where `income:gifts` would. */
export function unmatchedCard(what: Settled & { paymentIntent: string }): Draft {
  return {
    kind: "suspense",
    day: what.day,
    key: `suspense:${what.paymentIntent}`,
    ...sourced(what.source),
    postings: balanced([
      { account: heldAt(what, true), amount: what.amount - what.fee },
      { account: "expenses:fees:stripe", amount: what.fee },
      { account: "suspense", amount: -what.amount },
    ]),
  };
}

/** What Stripe kept back becomes ours to use: `assets:stripe` +23.97, `assets:stripe:pending` −23.97. `of` is the key of what is released. */
export function becameAvailable(what: { of: string; day: Day; net: bigint }): Draft {
  return {
    kind: "available",
    day: what.day,
    key: `available:${what.of}`,
    postings: fromTo(what.net, "assets:stripe:pending", "assets:stripe"),
  };
}

/** Money back to a donor; Stripe keeps its fee, so the fee stays: `income:gifts` +25.00, `assets:stripe` −25.00. `amount` is positive. */
export function refund(what: Settled & { donationId: string; refundId: string; monthly?: boolean }): Draft {
  return {
    kind: "refund",
    day: what.day,
    key: `refund:${what.donationId}:${what.refundId}`,
    ...sourced(what.source),
    postings: givenBack(what, income(what.monthly)),
  };
}

/** A refund that the donor's bank sent back to Stripe: the gift stands again. `amount` is positive. */
export function refundFailed(what: Settled & { donationId: string; refundId: string; monthly?: boolean }): Draft {
  return refund({ ...what, amount: -what.amount, refundId: `${what.refundId}:failed` });
}

/** Money back to somebody whose payment is nobody's yet, or such a refund that failed (negative): `suspense` stands where `income:gifts` would. */
export function unmatchedRefund(what: Settled & { name: string }): Draft {
  return {
    kind: "suspense",
    day: what.day,
    key: `suspense:${what.name}`,
    ...sourced(what.source),
    postings: givenBack(what, "suspense"),
  };
}

function givenBack(what: Settled, from: string): Draft["postings"] {
  return balanced([
    { account: from, amount: what.amount },
    { account: "expenses:fees:stripe", amount: what.fee },
    { account: heldAt(what, false), amount: -what.amount - what.fee },
  ]);
}

/** A line of a dispute; `donationId` where the payment is a gift of ours, so that its receipt finds it. */
interface Disputed {
  readonly disputeId: string;
  readonly donationId?: string;
}

const disputeKey = (kind: string, { donationId, disputeId }: Disputed): string =>
  donationId === undefined ? `${kind}:${disputeId}` : `${kind}:${donationId}:${disputeId}`;

/** A chargeback is opened, 25.00 with Stripe's 15.00: `assets:disputed` +25.00, `expenses:fees:stripe` +15.00, `assets:stripe` −40.00 */
export function disputeOpened(what: Settled & Disputed): Draft {
  return {
    kind: "dispute",
    day: what.day,
    key: disputeKey("dispute", what),
    ...sourced(what.source),
    postings: balanced([
      { account: "assets:disputed", amount: what.amount },
      { account: "expenses:fees:stripe", amount: what.fee },
      { account: heldAt(what, false), amount: -what.amount - what.fee },
    ]),
  };
}

/** The bank sided with us; a fee may come back too: `assets:stripe` +40.00, `assets:disputed` −25.00, `expenses:fees:stripe` −15.00 */
export function disputeWon(what: Omit<Settled, "fee"> & Disputed & { feeReturned: bigint }): Draft {
  return {
    kind: "dispute-won",
    day: what.day,
    key: disputeKey("dispute-won", what),
    ...sourced(what.source),
    postings: balanced([
      { account: heldAt({ ...what, fee: 0n }, false), amount: what.amount + what.feeReturned },
      { account: "assets:disputed", amount: -what.amount },
      { account: "expenses:fees:stripe", amount: -what.feeReturned },
    ]),
  };
}

/** The money is gone: `expenses:chargebacks` +25.00, `assets:disputed` −25.00 */
export function disputeLost(what: { disputeId: string; day: Day; amount: bigint }): Draft {
  return {
    kind: "dispute-lost",
    day: what.day,
    key: `dispute-lost:${what.disputeId}`,
    postings: fromTo(what.amount, "assets:disputed", "expenses:chargebacks"),
  };
}

/** Stripe pays the bank: `assets:bank` +, `assets:stripe` −. Negative where Stripe takes from the bank, and where a payout came back. */
export function stripePaidBank(what: { payoutId: string; day: Day; amount: bigint; source?: string }): Draft {
  return {
    kind: "bank",
    day: what.day,
    key: `bank:${what.payoutId}`,
    ...sourced(what.source),
    postings: fromTo(what.amount, "assets:stripe", "assets:bank"),
  };
}

/** What Stripe takes for the account itself: `expenses:fees:stripe` +, `assets:stripe` −. `net` is negative, as Stripe says it. */
export function accountFee(what: { source: string; day: Day; net: bigint; pends: boolean }): Draft {
  return ofTheAccount("fee", "expenses:fees:stripe", what);
}

/** What Stripe did to the account and nobody here knows the meaning of: in suspense until people have looked. */
export function unknownAtStripe(what: { source: string; day: Day; net: bigint; pends: boolean }): Draft {
  return ofTheAccount("suspense", "suspense", what);
}

function ofTheAccount(
  kind: "fee" | "suspense",
  against: string,
  what: { source: string; day: Day; net: bigint; pends: boolean },
): Draft {
  return {
    kind,
    day: what.day,
    key: `stripe:${what.source}`,
    source: what.source,
    postings: fromTo(what.net, against, what.pends ? "assets:stripe:pending" : "assets:stripe"),
  };
}

function sourced(source: string | undefined): { source?: string } {
  return source === undefined ? {} : { source };
}
