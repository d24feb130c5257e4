import { base64 } from "@scure/base";
import type { Seen, Verified } from "./verify.js";

/** What somebody remembers of a log, as it is stored: its keys, and checkpoints that were verified. History that is rewritten later is noticed against them. */
export interface Remembered {
  readonly vkeys: readonly string[];
  readonly seen: readonly { readonly size: number; readonly root: string }[];
}

/** The first checkpoint and the newest ones are kept. */
const SEEN_MAX = 50;

export function seenIn(remembered: Remembered | null): Seen[] {
  return (remembered?.seen ?? []).map(({ size, root }) => ({ size, root: base64.decode(root) }));
}

/** The memory after a log was verified. */
export function withVerified(before: Remembered | null, now: Pick<Verified, "vkeys" | "size" | "root">): Remembered {
  const others = (before?.seen ?? []).filter((seen) => seen.size !== now.size);
  const seen = [...others, { size: now.size, root: base64.encode(now.root) }].sort((a, b) => a.size - b.size);
  return { vkeys: now.vkeys, seen: seen.length > SEEN_MAX ? [...seen.slice(0, 1), ...seen.slice(1 - SEEN_MAX)] : seen };
}
