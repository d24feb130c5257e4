/** Categories of help that a fund names in public: at most four, and "other" for the rest. */
export const CATEGORIES_MAX = 4;

/** The chart of accounts that every fund opens with (docs/architecture.md, the journal). */
const EVERY_FUND = [
  "assets:stripe", "assets:stripe:pending", "assets:bank", "assets:sponsor", "assets:cash:box", "assets:deposits", "assets:disputed",
  "income:gifts", "income:gifts:monthly", "income:transfers", "income:dues", "income:levies",
  "expenses:aid:other", "expenses:fees:stripe", "expenses:fees:rail", "expenses:fees:host", "expenses:fees:tax",
  "expenses:chargebacks", "expenses:deposits:forfeited", "expenses:deposits:court-fees", "expenses:reimbursements", "expenses:transfers",
  "equity:opening", "suspense",
]; // prettier-ignore

/** The codes of a new fund's accounts, each once. */
export function chartFor(categories: readonly string[]): string[] {
  return [...new Set([...EVERY_FUND, ...categories.map((c) => `expenses:aid:${c}`)])];
}
