/** A line of the chart, never a login. */
export type AccountType = "asset" | "income" | "expense" | "equity";

/** Which of a fund's balances a posting on an account moves; `none` for accounts that hold no money of ours. */
export type Bucket = "settled" | "in-transit" | "on-deposit" | "none";

const TYPES: Readonly<Record<string, AccountType>> = {
  assets: "asset",
  income: "income",
  expenses: "expense",
  equity: "equity",
  suspense: "asset",
};
const NOT_SETTLED: Readonly<Record<string, Bucket>> = {
  "assets:stripe:pending": "in-transit",
  "assets:deposits": "on-deposit",
  "assets:disputed": "none",
  "suspense": "none",
}; // prettier-ignore

/** `assets:venmo:desk` -> asset. Throws a RangeError for a code outside the chart's five families. The database says the same (`account_type`). */
export function accountType(code: string): AccountType {
  const type = TYPES[code.split(":")[0] ?? ""];
  if (type === undefined) throw new RangeError(`no account can be called ${code}`);
  return type;
}

/** The database says the same (`account_bucket`). */
export function bucketOf(code: string): Bucket {
  return NOT_SETTLED[code] ?? (accountType(code) === "asset" ? "settled" : "none");
}

/** Where a fund's money can be: an asset whose money is settled. */
export function isHolding(code: string): boolean {
  return code.startsWith("assets:") && bucketOf(code) === "settled";
}

/** Rails whose money people keep by hand, each under labels of their own: `assets:cash:<label>`. */
export const HELD_BY_HAND = ["cash", "venmo", "cash-app", "zelle", "paypal", "cheque", "bank"] as const;

/** A label of a holding is never a name. Returns the account's code, or null when the label cannot be one. */
export function holdingCode(rail: (typeof HELD_BY_HAND)[number], label: string): string | null {
  return /^[a-z0-9-]{1,16}$/.test(label) ? `assets:${rail}:${label}` : null;
}

/**
 * In public, all that is settled is one account: which holding a payout came from would tell how somebody was paid, and what stays behind in one
 * of them could be a single gift (docs/adr/0005).
 */
export function publicAccount(code: string): string {
  return isHolding(code) ? "assets:holdings" : code;
}
