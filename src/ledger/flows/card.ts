import type { Day } from "../../kernel/clock.js";
import { balanced, fromTo, type Draft } from "../transaction.js";

/** Gifts by card, and what becomes of them at Stripe. `source` is always the name of Stripe's balance transaction. */

/**
 * A card gift, as Stripe settled it. 25.00 with a fee of 1.03:
 * `assets:stripe:pending` +23.97, `expenses:fees:stripe` +1.03, `income:gifts` −25.00
 */
export function cardGift(gift: {
  donationId: string;
  day: Day;
  amount: bigint;
  fee: bigint;
  monthly?: boolean;
  source?: string;
}): Draft {
  return {
    kind: "gift",
    day: gift.day,
    key: `gift:${gift.donationId}`,
    ...sourced(gift.source),
    postings: balanced([
      { account: "assets:stripe:pending", amount: gift.amount - gift.fee },
      { account: "expenses:fees:stripe", amount: gift.fee },
      { account: gift.monthly === true ? "income:gifts:monthly" : "income:gifts", amount: -gift.amount },
    ]),
  };
}

/** A payment that does not fit the gift it names: nobody's yet, until people have looked. `suspense` stands where `income:gifts` would. */
export function unmatchedCard(what: {
  paymentIntent: string;
  day: Day;
  amount: bigint;
  fee: bigint;
  source?: string;
}): Draft {
  return {
    kind: "suspense",
    day: what.day,
    key: `suspense:${what.paymentIntent}`,
    ...sourced(what.source),
    postings: balanced([
      { account: "assets:stripe:pending", amount: what.amount - what.fee },
      { account: "expenses:fees:stripe", amount: what.fee },
      { account: "suspense", amount: -what.amount },
    ]),
  };
}

/** What Stripe held back becomes ours to use: `assets:stripe` +23.97, `assets:stripe:pending` −23.97 */
export function becameAvailable(what: { donationId: string; day: Day; net: bigint }): Draft {
  return {
    kind: "available",
    day: what.day,
    key: `available:${what.donationId}`,
    postings: fromTo(what.net, "assets:stripe:pending", "assets:stripe"),
  };
}

/** Money back to a donor; Stripe keeps its fee, so the fee stays: `income:gifts` +25.00, `assets:stripe` −25.00 */
export function refund(what: {
  donationId: string;
  refundId: string;
  day: Day;
  amount: bigint;
  fee: bigint;
  monthly?: boolean;
  source?: string;
}): Draft {
  return {
    kind: "refund",
    day: what.day,
    key: `refund:${what.donationId}:${what.refundId}`,
    ...sourced(what.source),
    postings: balanced([
      { account: what.monthly === true ? "income:gifts:monthly" : "income:gifts", amount: what.amount },
      { account: "expenses:fees:stripe", amount: what.fee },
      { account: "assets:stripe", amount: -what.amount - what.fee },
    ]),
  };
}

/** A chargeback is opened, 25.00 with Stripe's 15.00: `assets:disputed` +25.00, `expenses:fees:stripe` +15.00, `assets:stripe` −40.00 */
export function disputeOpened(what: {
  disputeId: string;
  day: Day;
  amount: bigint;
  fee: bigint;
  source?: string;
}): Draft {
  return {
    kind: "dispute",
    day: what.day,
    key: `dispute:${what.disputeId}`,
    ...sourced(what.source),
    postings: balanced([
      { account: "assets:disputed", amount: what.amount },
      { account: "expenses:fees:stripe", amount: what.fee },
      { account: "assets:stripe", amount: -what.amount - what.fee },
    ]),
  };
}

/** The bank sided with us; a fee may come back too: `assets:stripe` +40.00, `assets:disputed` −25.00, `expenses:fees:stripe` −15.00 */
export function disputeWon(what: {
  disputeId: string;
  day: Day;
  amount: bigint;
  feeReturned: bigint;
  source?: string;
}): Draft {
  return {
    kind: "dispute-won",
    day: what.day,
    key: `dispute-won:${what.disputeId}`,
    ...sourced(what.source),
    postings: balanced([
      { account: "assets:stripe", amount: what.amount + what.feeReturned },
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

/** Stripe pays the bank: `assets:bank` +, `assets:stripe` − */
export function stripePaidBank(what: { payoutId: string; day: Day; amount: bigint }): Draft {
  return {
    kind: "bank",
    day: what.day,
    key: `bank:${what.payoutId}`,
    postings: fromTo(what.amount, "assets:stripe", "assets:bank"),
  };
}

function sourced(source: string | undefined): { source?: string } {
  return source === undefined ? {} : { source };
}
