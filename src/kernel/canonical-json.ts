/** What canonical JSON can carry: no undefined, no NaN, no bigint. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * RFC 8785 (JSON Canonicalization Scheme): members sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them.
 * Throws a TypeError for what I-JSON (RFC 7493) forbids: NaN, infinities, integers beyond 2^53 and lone surrogates, because a reader
 * in another language would see another value.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return canonicalNumber(value);
  if (typeof value === "string") return canonicalString(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`a ${typeof value} has no canonical JSON`);
  const members = Object.entries(value as Record<string, Json>);
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, item]) => `${canonicalString(key)}:${canonicalJson(item)}`).join(",")}}`;
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError("NaN and infinities have no JSON");
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && value < 1e21 && value > -1e21) {
    throw new TypeError("an integer beyond 2^53 would be read differently elsewhere");
  }
  return JSON.stringify(value);
}

function canonicalString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError("a lone surrogate has no UTF-8");
  return JSON.stringify(value);
}
