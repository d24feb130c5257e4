import { toHex } from "../kernel/ids.js";
import { charterHash, type Charter } from "./charter.js";

/**
 * The name of a purpose: the first 16 hex digits of the charter's hash. A link that carries it says what it was made for, and no longer fits
 * once any word of the charter has changed. Too short to prove anything to a stranger; the whole hash stands in the log.
 */
export function purposeOf(charter: Charter): string {
  return toHex(charterHash(charter)).slice(0, 16);
}

export function isPurpose(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{16}$/.test(text);
}
