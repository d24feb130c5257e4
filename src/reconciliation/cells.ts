import { isDay, type Day } from "../kernel/clock.js";
import { parseDecimal } from "../kernel/money.js";

/** In which order a source writes day, month and year. */
export const DAY_ORDERS = ["ymd", "mdy", "dmy"] as const;
export type DayOrder = (typeof DAY_ORDERS)[number];

/** The sign before the cents. */
export const DECIMALS = [".", ","] as const;
export type Decimal = (typeof DECIMALS)[number];

// Three numbers with the same sign between them, and perhaps a time behind.
const THREE_NUMBERS = /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T ,]+\d.*)?$/;

/** "03/04/2026", "mdy" -> "2026-03-04"; a time behind the day is let go. Null when the cell is no day in this order. */
export function dayOf(cell: string, order: DayOrder): Day | null {
  const match = THREE_NUMBERS.exec(cell.trim());
  if (!match) return null;
  const [first, second, third] = [match[1] ?? "", match[3] ?? "", match[4] ?? ""];
  const year = order === "ymd" ? first : third;
  const dayText = order === "ymd" ? third : order === "mdy" ? second : first;
  const month = order === "mdy" ? first : second;
  if (![2, 4].includes(year.length) || (order === "ymd" && year.length !== 4)) return null;
  if (month.length > 2 || dayText.length > 2) return null;
  const day = `${year.padStart(4, "20")}-${month.padStart(2, "0")}-${dayText.padStart(2, "0")}`;
  return isDay(day) ? day : null;
}

/**
 * The order in which all of these cells are days: the only one, or the one that the sign between them tells (nobody writes month.day.year), or any
 * of several that say the same. Null when more than one would do and they differ: then a person is asked, because 03/04 is two days.
 */
export function orderOf(cells: readonly string[]): DayOrder | null {
  const fitting = DAY_ORDERS.filter((order) => cells.every((cell) => dayOf(cell, order) !== null));
  const [first, ...others] = fitting.filter((order) => order !== "mdy" || !cells.some((cell) => cell.includes(".")));
  if (first === undefined || cells.length === 0) return null;
  const same = others.every((order) => cells.every((cell) => dayOf(cell, order) === dayOf(cell, first)));
  return same ? first : null;
}

const GROUPED: Readonly<Record<Decimal, RegExp>> = {
  ".": /^(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?$/,
  ",": /^(\d{1,3}(?:\.\d{3})+|\d+)?(?:,(\d+))?$/,
};

/**
 * A sum as banks and wallets write it, in minor units: "-1,234.50", "- $25.00", "(25.00)", "25,00-", "25.00 DR", "1.234,50 €". Null when it is none.
 * `digits` are those of the currency behind the point.
 */
export function amountOf(cell: string, decimal: Decimal, digits: number): bigint | null {
  const parts = signAndDigits(cell);
  if (parts === null) return null;
  const match = GROUPED[decimal].exec(parts.digits);
  if (!match || parts.digits === "") return null;
  const whole = (match[1] ?? "0").replaceAll(/[.,]/g, "");
  const minor = parseDecimal(match[2] === undefined ? whole : `${whole}.${match[2]}`, digits);
  return minor === null ? null : parts.negative ? -minor : minor;
}

/** Could this be a sum, whatever its decimal sign? */
export function isAmount(cell: string): boolean {
  return DECIMALS.some((decimal) => amountOf(cell, decimal, 3) !== null);
}

/** Has it cents behind a sign? Numbers of cheques and accounts have none. */
export function hasCents(cell: string): boolean {
  return isAmount(cell) && /[.,]\d{2}$/.test(signAndDigits(cell)?.digits ?? "");
}

/** The decimal sign of all these sums, or null where nothing tells: "1,234" alone can be a thousand or one and a bit. */
export function decimalOf(cells: readonly string[]): Decimal | null {
  const digits = cells.flatMap((cell) => signAndDigits(cell)?.digits ?? []);
  const marked = digits.filter((d) => /[.,]/.test(d));
  if (marked.length === 0) return ".";
  const fitting = DECIMALS.filter((decimal) => marked.every((d) => GROUPED[decimal].test(d)));
  const [first, second] = fitting;
  return second === undefined ? (first ?? null) : null;
}

/** Takes off whatever is no digit, and keeps what it says about the sign. */
function signAndDigits(cell: string): { negative: boolean; digits: string } | null {
  let text = cell.normalize("NFKC").replace(/[\u2212\u2013]/g, "-").replace(/[\s\p{Sc}'’]/gu, ""); // prettier-ignore
  const bracketed = /^\((.*)\)$/.exec(text);
  if (bracketed) text = bracketed[1] ?? "";
  const debit = /\dDR$/i.test(text);
  text = text.replace(/^([-+]?)[A-Z]{2,3}(?=[-+.\d])/i, "$1").replace(/(?<=\d)[A-Z]{2,3}$/i, "");
  const match = /^([-+]?)([\d.,]+)([-+]?)$/.exec(text);
  if (!match || !/\d/.test(text)) return null;
  const minuses = [match[1] === "-", match[3] === "-", bracketed !== null, debit].filter(Boolean).length;
  return minuses > 1 ? null : { negative: minuses === 1, digits: match[2] ?? "" };
}
