import fs from "node:fs";
import { writeDurably } from "../../tlog/signer.js";
import { withVerified, type Remembered } from "../../verify/memory.js";
import type { Verified } from "../../verify/verify.js";

type Stored = Record<string, Remembered | undefined>;

function stored(file: string): Stored {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Stored) : {};
}

/** What this computer remembers of a log, by its origin; null when it was never looked at from here. */
export function recall(file: string, origin: string): Remembered | null {
  return stored(file)[origin] ?? null;
}

export function remember(file: string, origin: string, verified: Verified): void {
  const all = stored(file);
  writeDurably(file, `${JSON.stringify({ ...all, [origin]: withVerified(all[origin] ?? null, verified) }, null, 1)}\n`);
}
