import { accountLine, type AccountLine } from "./account.js";

/** Categories of help that a fund names in public: at most four, and "other" for the rest. */
export const CATEGORIES_MAX = 4;

/** The chart of accounts that every fund opens with (docs/architecture.md, the journal). */
const EVERY_FUND = [
  "assets:stripe", "assets:stripe:pending", "assets:bank", "assets:sponsor", "assets:cash:box", "assets:deposits", "assets:disputed",
  "income:gifts", "income:gifts:monthly", "income:transfers", "income:dues",
  "expenses:aid:other", "expenses:fees:stripe", "expenses:fees:rail", "expenses:fees:host", "expenses:fees:tax",
  "expenses:chargebacks", "expenses:reimbursements", "expenses:transfers", "equity:opening", "suspense",
]; // prettier-ignore

export function chartFor(categories: readonly string[]): AccountLine[] {
  const codes = [...EVERY_FUND, ...categories.filter((c) => c !== "other").map((c) => `expenses:aid:${c}`)];
  return codes.map(accountLine);
}
