import fs from "node:fs";
import { base64 } from "@scure/base";
import { writeDurably } from "../../tlog/signer.js";
import type { Seen } from "../../verify/verify.js";

/** What this computer remembers of a log: its keys, and checkpoints that it has verified. History that is rewritten later is noticed against them. */
export interface Remembered {
  readonly vkeys: readonly string[];
  readonly seen: readonly Seen[];
}

/** Of each log the first checkpoint and the newest ones are kept. */
const SEEN_MAX = 50;

type Stored = Record<string, { vkeys: string[]; seen: { size: number; root: string }[] } | undefined>;

function stored(file: string): Stored {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Stored) : {};
}

/** By the log's origin; null when it was never looked at from here. */
export function recall(file: string, origin: string): Remembered | null {
  const kept = stored(file)[origin];
  if (kept === undefined) return null;
  return { vkeys: kept.vkeys, seen: kept.seen.map(({ size, root }) => ({ size, root: base64.decode(root) })) };
}

export function remember(file: string, origin: string, vkeys: readonly string[], now: Seen): void {
  const all = stored(file);
  const before = (all[origin]?.seen ?? []).filter((seen) => seen.size !== now.size);
  const seen = [...before, { size: now.size, root: base64.encode(now.root) }].sort((a, b) => a.size - b.size);
  const kept = seen.length > SEEN_MAX ? [...seen.slice(0, 1), ...seen.slice(1 - SEEN_MAX)] : seen;
  writeDurably(file, `${JSON.stringify({ ...all, [origin]: { vkeys: [...vkeys], seen: kept } }, null, 1)}\n`);
}
