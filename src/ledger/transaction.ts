import type { Day } from "../kernel/clock.js";
import { invariant } from "../kernel/invariant.js";

/** The closed set of kinds; the database keeps the same list (table `transaction_kind`). */
export type TransactionKind =
  | "gift"
  | "available"
  | "refund"
  | "bank"
  | "payout"
  | "payout-returned"
  | "import"
  | "reversal"
  | "moved"
  | "suspense";

/** A signed amount in minor units on one account of the chart; debit is positive. */
export interface Posting {
  readonly account: string;
  readonly amount: bigint;
}

/** Balanced postings that are about to be written. */
export interface Draft {
  readonly kind: TransactionKind;
  readonly day: Day;
  /** The idempotency key: a thing is booked if and only if a transaction with its key exists. */
  readonly key: string;
  readonly postings: readonly Posting[];
  readonly reverses?: bigint;
  /** The hold that a payout takes its money from. */
  readonly hold?: string;
}

/** Drops zero amounts and makes sure that the rest is a transaction. */
export function balanced(postings: readonly Posting[]): Posting[] {
  const kept = postings.filter((p) => p.amount !== 0n);
  invariant(kept.length >= 2, "a transaction has two postings or more");
  invariant(kept.reduce((sum, p) => sum + p.amount, 0n) === 0n, "the postings of a transaction add up to zero");
  return kept;
}
