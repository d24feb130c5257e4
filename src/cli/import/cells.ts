import { isDay, type Day } from "../../kernel/clock.js";
import { parseDecimal } from "../../kernel/money.js";

/** Which of the two marks stands before the cents; the other one may group thousands. */
export type DecimalMark = "." | ",";

/** How a file writes days. Whatever follows a day (an hour) is not read. */
export const DAY_FORMATS = [
  "YYYY-MM-DD", "YYYY/MM/DD", "YYYYMMDD", "MM/DD/YYYY", "MM-DD-YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "DD.MM.YYYY",
] as const; // prettier-ignore
export type DayFormat = (typeof DAY_FORMATS)[number];

const PARTS: Readonly<Record<string, string>> = { YYYY: "(?<y>\\d{4})", MM: "(?<m>\\d{1,2})", DD: "(?<d>\\d{1,2})" };
const PATTERNS = new Map(DAY_FORMATS.map((format) => [format, patternOf(format)]));

function patternOf(format: DayFormat): RegExp {
  // Without separators there is no telling where "1" ends, so that months and days have two digits there.
  const digits = /^\w+$/.test(format) ? (part: string): string => part.replace("{1,2}", "{2}") : (part: string) => part;
  const pattern = format.replace(/YYYY|MM|DD|[^A-Z]/g, (part) =>
    PARTS[part] === undefined ? `\\${part}` : digits(PARTS[part]),
  );
  return new RegExp(`^${pattern}(?:[T ,].*)?$`);
}

/** A cell as a calendar day, or null when it is none in this format. */
export function dayOf(cell: string, format: DayFormat): Day | null {
  const groups = PATTERNS.get(format)?.exec(cell.trim())?.groups;
  if (groups === undefined) return null;
  const day = `${groups["y"] ?? ""}-${(groups["m"] ?? "").padStart(2, "0")}-${(groups["d"] ?? "").padStart(2, "0")}`;
  return isDay(day) ? day : null;
}

/**
 * A cell as minor units, as spreadsheets write money: "1,234.50", "$20", "(5.00)", "-3", "20 USD"; or null. Thousands are grouped by threes or not at all: "1,23"
 * is no amount where the point stands before the cents, and nobody has to guess what was meant.
 */
export function amountOf(cell: string, currency: string, digits: number, mark: DecimalMark): bigint | null {
  let plain = cell.normalize("NFKC").trim().replaceAll("\u2212", "-");
  const negative = [/^\((.*)\)$/, /^-(.*)$/, /^(\p{Sc})\s*-(.*)$/u, /^(.*)-$/].find((pattern) => pattern.test(plain));
  if (negative !== undefined) plain = (negative.exec(plain) ?? []).slice(1).join("");
  plain = plain
    .replace(new RegExp(`^${currency}\\s*|\\s*${currency}$`, "i"), "")
    .replace(/^\p{Sc}\s*|\s*\p{Sc}$/gu, "");
  const group = mark === "." ? "[,' ’]" : "[.' ’]";
  const match = new RegExp(`^(\\d+|\\d{1,3}(?:${group}\\d{3})+)(?:\\${mark}(\\d+))?$`).exec(plain);
  if (match === null) return null;
  const whole = (match[1] ?? "").replace(/\D/g, "");
  const minor = parseDecimal(match[2] === undefined ? whole : `${whole}.${match[2]}`, digits);
  return minor === null || negative === undefined ? minor : -minor;
}
