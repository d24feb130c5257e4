import type { Day } from "../kernel/clock.js";
import { balanced, type Draft } from "./transaction.js";

/**
 * A card gift, as Stripe settled it. 25.00 with a fee of 1.03:
 * `assets:stripe:pending` +23.97, `expenses:fees:stripe` +1.03, `income:gifts` −25.00
 */
export function cardGift(gift: { donationId: string; day: Day; amount: bigint; fee: bigint }): Draft {
  return {
    kind: "gift",
    day: gift.day,
    key: `gift:${gift.donationId}`,
    postings: balanced([
      { account: "assets:stripe:pending", amount: gift.amount - gift.fee },
      { account: "expenses:fees:stripe", amount: gift.fee },
      { account: "income:gifts", amount: -gift.amount },
    ]),
  };
}

/** A payment that does not fit the gift it names: nobody's yet, until people have looked. `suspense` stands where `income:gifts` would. */
export function unmatchedCard(what: { paymentIntent: string; day: Day; amount: bigint; fee: bigint }): Draft {
  return {
    kind: "suspense",
    day: what.day,
    key: `suspense:${what.paymentIntent}`,
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
    postings: balanced([
      { account: "assets:stripe", amount: what.net },
      { account: "assets:stripe:pending", amount: -what.net },
    ]),
  };
}

/** Money back to a donor; Stripe keeps its fee, so the fee stays: `income:gifts` +25.00, `assets:stripe` −25.00 */
export function refund(what: { donationId: string; refundId: string; day: Day; amount: bigint; fee: bigint }): Draft {
  return {
    kind: "refund",
    day: what.day,
    key: `refund:${what.donationId}:${what.refundId}`,
    postings: balanced([
      { account: "income:gifts", amount: what.amount },
      { account: "expenses:fees:stripe", amount: what.fee },
      { account: "assets:stripe", amount: -what.amount - what.fee },
    ]),
  };
}

/** Stripe pays the bank: `assets:bank` +, `assets:stripe` − */
export function stripePaidBank(what: { payoutId: string; day: Day; amount: bigint }): Draft {
  return {
    kind: "bank",
    day: what.day,
    key: `bank:${what.payoutId}`,
    postings: balanced([
      { account: "assets:bank", amount: what.amount },
      { account: "assets:stripe", amount: -what.amount },
    ]),
  };
}

/** Money went out to a person: `expenses:aid:rent` +, the holding −; the hold is released by the same call. */
export function payoutSent(what: {
  payoutId: string;
  disbursementId: string;
  day: Day;
  amount: bigint;
  category: string;
  holding: string;
}): Draft {
  return {
    kind: "payout",
    day: what.day,
    key: `payout:${what.payoutId}`,
    hold: what.disbursementId,
    postings: balanced([
      { account: `expenses:aid:${what.category}`, amount: what.amount },
      { account: what.holding, amount: -what.amount },
    ]),
  };
}

/** Money that went out without a hold, such as a second payment of the same sum: `suspense` +, the holding −, until people have looked. */
export function sentWithoutHold(what: { payoutId: string; day: Day; amount: bigint; holding: string }): Draft {
  return {
    kind: "suspense",
    day: what.day,
    key: `without-hold:${what.payoutId}`,
    postings: balanced([
      { account: "suspense", amount: what.amount },
      { account: what.holding, amount: -what.amount },
    ]),
  };
}
