/** A line of the chart, never a login. */
export type AccountType = "asset" | "income" | "expense" | "equity";

/** Which of a fund's balances a posting on an account moves; `none` for accounts that hold no money of ours. */
export type Bucket = "settled" | "in-transit" | "on-deposit" | "none";

export interface AccountLine {
  readonly code: string;
  readonly type: AccountType;
  readonly bucket: Bucket;
}

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
  suspense: "none",
};

/** `assets:venmo:desk` -> an asset whose money is settled. Throws a RangeError for a code outside the chart's five families. */
export function accountLine(code: string): AccountLine {
  const type = TYPES[code.split(":")[0] ?? ""];
  if (type === undefined) throw new RangeError(`no account can be called ${code}`);
  return { code, type, bucket: NOT_SETTLED[code] ?? (type === "asset" ? "settled" : "none") };
}

/** Where a fund's money can be: an asset whose money is settled. */
export function isHolding(code: string): boolean {
  return code.startsWith("assets:") && accountLine(code).bucket === "settled";
}

/**
 * In public, all that is settled is one account: which holding a payout came from would tell how somebody was paid, and what stays behind in one
 * of them could be a single gift (docs/adr/0005).
 */
export function publicAccount(code: string): string {
  return isHolding(code) ? "assets:holdings" : code;
}
