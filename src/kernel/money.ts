/** Money is whole minor units and a lower-case ISO 4217 code, as Stripe writes it. `amount * 0.029` does not compile. */
export interface Money {
  readonly amount: bigint;
  readonly currency: string;
}

/** The largest amount of one act, in minor units: far below 2^53, so that a JSON number carries it exactly. */
export const AMOUNT_MAX = 10_000_000_000n;

/** Digits after the decimal point (ISO 4217). Currencies that are absent here are refused when a fund is made. */
const EXPONENTS: Readonly<Record<string, number>> = {
  ars: 2, aud: 2, bhd: 3, brl: 2, cad: 2, chf: 2, clp: 0, cop: 2, czk: 2, dkk: 2, eur: 2, gbp: 2, hkd: 2, huf: 2,
  inr: 2, isk: 0, jod: 3, jpy: 0, krw: 0, kwd: 3, mxn: 2, nok: 2, nzd: 2, php: 2, pln: 2, ron: 2, sek: 2, sgd: 2,
  tnd: 3, try: 2, uah: 2, usd: 2, uyu: 2, zar: 2,
}; // prettier-ignore

export function isCurrency(code: string): boolean {
  return Object.hasOwn(EXPONENTS, code);
}

/** Digits after the point for a currency this program knows; throws a RangeError for others (callers check `isCurrency`). */
export function exponentOf(currency: string): number {
  const exponent = EXPONENTS[currency];
  if (exponent === undefined) throw new RangeError(`unknown currency ${currency}`);
  return exponent;
}

/** A bigint of minor units as the JSON integer of the API. */
export function toJsonAmount(amount: bigint): number {
  const n = Number(amount);
  if (!Number.isSafeInteger(n)) throw new RangeError("an amount beyond 2^53 has no exact JSON number");
  return n;
}

/** `amount × numerator / denominator`, rounded half away from zero. All are whole numbers; the denominator is positive. */
export function mulDivRound(amount: bigint, numerator: bigint, denominator: bigint): bigint {
  const product = amount * numerator;
  const half = denominator / 2n;
  return product >= 0n ? (product + half) / denominator : -((-product + half) / denominator);
}

/** 123456n, "usd", "en" -> "$1,234.56" */
export function formatMoney(amount: bigint, currency: string, locale: string): string {
  const digits = exponentOf(currency);
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency: currency.toUpperCase(),
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  // A decimal string keeps every digit: Intl reads it exactly (ECMA-402, Intl mathematical value).
  return format.format(decimalString(amount, digits) as Intl.StringNumericLiteral);
}

/** -5n, 2 -> "-0.05" */
export function decimalString(amount: bigint, digits: number): string {
  const sign = amount < 0n ? "-" : "";
  const text = (amount < 0n ? -amount : amount).toString().padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A plain decimal string ("-454.99", "5", "0.20") to minor units, or null when it is none or has too many digits. */
export function parseDecimal(text: string, digits: number): bigint | null {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text);
  if (!match) return null;
  const fraction = match[3] ?? "";
  if (fraction.length > digits && /[1-9]/.test(fraction.slice(digits))) return null;
  const minor = BigInt((match[2] ?? "") + fraction.slice(0, digits).padEnd(digits, "0"));
  return match[1] === "-" ? -minor : minor;
}

/**
 * What a person typed ("1,234.50", "1.234,50 €", "$20") in their locale, as positive minor units, or null.
 * The locale's own separators win; a lone other separator with one or two digits behind it is taken as the decimal point,
 * because a person who types "20,50" on an English page means twenty and a half and never two thousand and fifty.
 */
export function parseTypedAmount(text: string, currency: string, locale: string): bigint | null {
  const digits = exponentOf(currency);
  const parts = new Intl.NumberFormat(locale).formatToParts(12345.6);
  const decimal = parts.find((p) => p.type === "decimal")?.value ?? ".";
  const group = decimal === "," ? "." : ",";
  let plain = text
    .normalize("NFKC")
    .replace(/[\s\p{Sc}'’_]/gu, "")
    .replace(/^[a-z]{3}|[a-z]{3}$/i, "");
  // Arabic digits and signs, as an Arabic keyboard writes them, whatever the page is set in.
  plain = plain
    .replace(/[٠-٩]/g, (d) => String("٠١٢٣٤٥٦٧٨٩".indexOf(d)))
    .replace(/٫/g, decimal)
    .replace(/٬/g, group);
  if (!plain.includes(decimal) && new RegExp(`^\\d+\\${group}\\d{1,2}$`).test(plain)) plain = plain.replace(group, ".");
  else
    plain = new RegExp(`^\\d{1,3}(\\${group}\\d{3})+(\\${decimal}\\d+)?$`).test(plain)
      ? plain.replaceAll(group, "").replace(decimal, ".")
      : plain.replace(decimal, ".");
  const minor = parseDecimal(plain, digits);
  return minor !== null && minor > 0n && minor <= AMOUNT_MAX ? minor : null;
}
