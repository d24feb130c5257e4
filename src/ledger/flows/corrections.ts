import type { Day } from "../../kernel/clock.js";
import { fromTo, type Draft, type Posting, type Reason, type Transaction } from "../transaction.js";

/** Nothing is edited: what was wrong is undone posting for posting, with a reason, and booked anew. */

const negated = (postings: readonly Posting[]): Posting[] =>
  postings.map((p) => ({ account: p.account, amount: -p.amount }));

type Booked = Pick<Transaction, "seq" | "postings">;

/** Undoes anything but a payout. A reversal is never reversed: what it undid is booked anew. */
export function reverse(wrong: Booked, what: { day: Day; reason: Reason }): Draft {
  return {
    kind: "reversal",
    day: what.day,
    key: `reversal:${wrong.seq}`,
    undoes: { seq: wrong.seq, reason: what.reason },
    postings: negated(wrong.postings),
  };
}

/** A payout failed or came back: `expenses:aid:rent` −, the holding +; its money is promised again, and the disbursement is open. */
export function payoutReturned(sent: Booked, what: { day: Day; reason: Reason }): Draft {
  return {
    kind: "payout-returned",
    day: what.day,
    key: `payout-returned:${sent.seq}`,
    undoes: { seq: sent.seq, reason: what.reason },
    postings: negated(sent.postings),
  };
}

/** What money in suspense turned out to be. */
export type Clearing = "gift" | "aid" | "reimbursement" | "given-back" | "came-back" | "fee";

/**
 * People have looked at money in suspense. Money that came in (`suspense` −) becomes a gift, `suspense` + and `income:gifts` −, or is given back,
 * `suspense` + and the holding −. Money that went out (`suspense` +) becomes aid, a reimbursement or a fee, that account + and `suspense` −, or has come back, the holding + and `suspense` −.
 */
export function cleared(what: {
  clearingId: string;
  day: Day;
  amount: bigint;
  as: Clearing;
  /** For `aid`. */
  category?: string;
  /** For `given-back` and `came-back`. */
  holding?: string;
}): Draft {
  const holding = what.holding ?? "assets:bank";
  const postings: Readonly<Record<Clearing, () => Posting[]>> = {
    "gift": () => fromTo(what.amount, "income:gifts", "suspense"),
    "given-back": () => fromTo(what.amount, holding, "suspense"),
    "aid": () => fromTo(what.amount, "suspense", `expenses:aid:${what.category ?? "other"}`),
    "reimbursement": () => fromTo(what.amount, "suspense", "expenses:reimbursements"),
    "fee": () => fromTo(what.amount, "suspense", "expenses:fees:rail"),
    "came-back": () => fromTo(what.amount, "suspense", holding),
  }; // prettier-ignore
  return { kind: "cleared", day: what.day, key: `cleared:${what.clearingId}`, postings: postings[what.as]() };
}
