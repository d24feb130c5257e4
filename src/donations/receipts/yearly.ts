import { createHash } from "node:crypto";
import type { Day } from "../../kernel/clock.js";

/** So many receipts on one statement: a gift a week, and some. */
export const LINKS_MAX = 60;

/** One movement that belongs to a receipt, from the journal. */
export interface GiftLine {
  readonly donationId: string;
  /** The journal's. */
  readonly key: string;
  /** `dispute` is money that the donor's bank took back, `dispute-won` such money that came in again. */
  readonly kind: "gift" | "refund" | "dispute" | "dispute-won";
  readonly day: Day;
  /** Positive; negative for a refund that the donor's bank sent back. */
  readonly amount: bigint;
  /** What Stripe kept. */
  readonly fee: bigint;
  /** Of its receipt. */
  readonly number: string;
}

export interface Totals {
  readonly given: bigint;
  readonly refunded: bigint;
  /** Taken back through the donor's bank, less what came in again. */
  readonly disputed: bigint;
  readonly total: bigint;
}

/** A number to quote to the fund. It opens nothing: the receipt's address cannot be worked out from it. */
export function receiptNumber(receiptToken: string): string {
  const hex = createHash("sha256").update(`receipt ${receiptToken}`).digest("hex").toUpperCase();
  return `${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8, 12)}`;
}

/** What was pasted, line by line: the receipt's code of each, null where there is none. Empty lines do not count. */
export function codesIn(text: string): (string | null)[] {
  return text
    .split(/[\s,;]+/)
    .filter((line) => line !== "")
    .map((line) => /(?:^|\/receipts\/)([\w-]{43})(?:$|[/?#])/.exec(line)?.[1] ?? null);
}

export function totalsOf(lines: readonly Pick<GiftLine, "kind" | "amount">[]): Totals {
  const sum = (kind: GiftLine["kind"]): bigint =>
    lines.filter((line) => line.kind === kind).reduce((total, line) => total + line.amount, 0n);
  const [given, refunded, disputed] = [sum("gift"), sum("refund"), sum("dispute") - sum("dispute-won")];
  return { given, refunded, disputed, total: given - refunded - disputed };
}

/** Does a line of this kind bring money to the fund? */
export function comesIn(kind: GiftLine["kind"]): boolean {
  return kind === "gift" || kind === "dispute-won";
}

/** What a line is called (a message's key). */
export function wordOf({
  kind,
  amount,
}: Pick<GiftLine, "kind" | "amount">): `yearly.${GiftLine["kind"]}` | "yearly.came-back" {
  return amount < 0n ? "yearly.came-back" : `yearly.${kind}`;
}

/** Years that a statement can be asked for, the newest first. */
export function yearsUpTo(today: Day): string[] {
  const year = BigInt(today.slice(0, 4));
  return [0n, 1n, 2n, 3n, 4n, 5n, 6n].map((ago) => String(year - ago));
}

/** In the first months people ask for the year that is over. */
export function likelyYear(today: Day): string {
  return today.slice(5, 7) <= "04" ? String(BigInt(today.slice(0, 4)) - 1n) : today.slice(0, 4);
}

export function isYear(text: string): boolean {
  return /^(19|20|21)\d\d$/.test(text);
}
