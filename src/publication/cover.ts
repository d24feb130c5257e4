import { isMoney } from "./entry-format.js";
import type { Entry } from "./entry.js";

/** What the published entries say of decisions and of what could pay for them. Minor units. */
export interface Cover {
  /** Everything that came in, by entries that are no decisions. */
  readonly cameIn: number;
  /** Everything that decisions sent out: payouts, reimbursements, bail, transfers to other funds. */
  readonly sentOut: number;
}

export const NOTHING: Cover = { cameIn: 0, sentOut: 0 };

const DECISIONS: ReadonlySet<string> = new Set(["payouts", "reimbursements", "deposits", "transfer"]);

/**
 * Decisions never send out more than came in before them: the journal refuses it, and the publisher holds a batch back until what covers it is public. Facts
 * that take money away afterwards (a refund, a chargeback) are no part of this, because nobody decided them.
 */
export function covers(before: Cover, entry: Entry): Cover {
  if (!isMoney(entry)) return before;
  const change = entry.postings.filter((p) => p.account === "assets:holdings").reduce((sum, p) => sum + p.amount, 0);
  const { cameIn, sentOut } = before;
  if (change >= 0) return { cameIn: cameIn + change, sentOut };
  return DECISIONS.has(entry.kind) ? { cameIn, sentOut: sentOut - change } : before;
}

export const isCovered = (cover: Cover): boolean => cover.sentOut <= cover.cameIn;
