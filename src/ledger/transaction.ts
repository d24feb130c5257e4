import type { Day } from "../kernel/clock.js";
import { invariant } from "../kernel/invariant.js";

/** The closed set of kinds. The database keeps the same list (type `transaction_kind`), with what each may do and touch (table `kind_rule`). */
export const TRANSACTION_KINDS = [
  "gift", "available", "refund", "dispute", "dispute-won", "dispute-lost", "bank", "fee", "dues", "levy", "transfer-in", "opening", "import",
  "payout", "reimbursement", "deposit", "deposit-returned", "deposit-applied", "deposit-forfeited", "deposit-reinstated",
  "moved", "transfer-out", "suspense", "cleared", "payout-returned", "reversal",
] as const; // prettier-ignore
export type TransactionKind = (typeof TRANSACTION_KINDS)[number];

/** Why something is undone: a closed list, because free text in an append-only book could name somebody. */
export const REASONS = ["wrong-amount", "wrong-account", "twice", "did-not-happen", "returned", "failed"] as const;
export type Reason = (typeof REASONS)[number];

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
  /** The seq that is undone, and why. */
  readonly undoes?: { readonly seq: bigint; readonly reason: Reason };
  /** The hold that a payout, a reimbursement or a deposit takes its money from. */
  readonly hold?: string;
  /** The deposit or the solidarity transfer that this is about. */
  readonly about?: string;
  /** The name by which the outside world knows this, unique in the fund: Stripe's balance transaction, a statement's line. */
  readonly source?: string;
}

/** What has been booked, as it is read back. */
export interface Transaction extends Draft {
  readonly seq: bigint;
  readonly recordedAt: Date;
  /** The seq that undid it. */
  readonly undoneBy?: bigint;
}

/** Drops zero amounts and makes sure that the rest is a transaction. */
export function balanced(postings: readonly Posting[]): Posting[] {
  const kept = postings.filter((p) => p.amount !== 0n);
  invariant(kept.length >= 2, "a transaction has two postings or more");
  invariant(kept.reduce((sum, p) => sum + p.amount, 0n) === 0n, "the postings of a transaction add up to zero");
  return kept;
}

/** From one account to another. */
export function fromTo(amount: bigint, from: string, to: string): Posting[] {
  return balanced([
    { account: to, amount },
    { account: from, amount: -amount },
  ]);
}
