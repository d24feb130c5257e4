import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { toHex } from "../kernel/ids.js";
import { recipientsIn, type StatedEntry } from "../verify/proven-entry.js";
import { Refused } from "./api.js";

/** The keys that a page names, and where the public log says the same. */
export interface StatedKeys extends StatedEntry {
  readonly recipients: readonly string[];
  readonly fund: string;
}

/** The page names other keys than the public log: nothing is locked for them. */
export class WrongKeys extends Error {}

/** The treasurers' recipients as the public log proves them. Null when there is no reading it now. Throws `WrongKeys`. */
export async function provenRecipients(stated: StatedKeys): Promise<readonly string[] | null> {
  const api = `/api/v1/funds/${stated.fund}/entries`;
  const options: RequestInit = { credentials: "omit", cache: "no-store" };
  const [listed, proof] = await Promise.all([
    fetch(`${api}?from=${stated.index}&limit=1`, options),
    fetch(`${api}/${stated.index}/proof`, options),
  ]);
  if (!listed.ok || !proof.ok) return null;
  const { entries } = (await listed.json()) as { entries: { entry: Json }[] };
  const file = await proof.text();
  let found: string[];
  try {
    found = recipientsIn(canonicalJson(entries[0]?.entry ?? null), file, stated);
  } catch {
    throw new WrongKeys();
  }
  if (JSON.stringify([...found].sort()) !== JSON.stringify([...stated.recipients].sort())) throw new WrongKeys();
  return found;
}

/** The same, for a treasurer's own acts: nothing goes on without. Refuses `wrong-keys`, `busy`. */
export async function treasurersIn(stated: StatedKeys): Promise<readonly string[]> {
  try {
    const found = await provenRecipients(stated);
    if (found !== null) return found;
  } catch (error) {
    if (error instanceof WrongKeys) throw new Refused("wrong-keys");
  }
  throw new Refused("busy");
}

/** Four groups of four, of the keys that it is locked for: the same for everybody who asks this fund. */
export function fingerprintOf(keys: readonly string[]): string {
  const hex = toHex(sha256(new TextEncoder().encode([...keys].sort().join("\n"))));
  return (hex.slice(0, 16).match(/.{4}/g) ?? []).join(" ");
}
