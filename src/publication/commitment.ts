import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { toHex } from "../kernel/ids.js";

/**
 * HMAC-SHA256(salt of 32 bytes, canonical details), hex. Whoever holds salt and details can show that an item is in a batch; deleting the salt makes
 * the commitment say nothing (docs/threat-model.md: a bare hash of day, amount and category could be guessed).
 */
export function commitmentTo(salt: Uint8Array, details: object): string {
  return toHex(hmac(sha256, salt, new TextEncoder().encode(canonicalJson(details as Json))));
}
