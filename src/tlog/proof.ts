import { base64 } from "@scure/base";
import type { Hash } from "./merkle.js";
import { fromBase64, NoteError } from "./note.js";

/** C2SP tlog-proof v1: one leaf's place in a tree, its path, and the checkpoint it leads to, with all its signatures; verifies offline. */
export interface Proof {
  readonly index: number;
  readonly path: readonly Hash[];
  /** A signed note, word for word. */
  readonly checkpoint: string;
}

const HEADER = "c2sp.org/tlog-proof@v1";

export function formatProof(proof: Proof): string {
  return `${HEADER}\nindex ${proof.index}\n${proof.path.map((hash) => `${base64.encode(hash)}\n`).join("")}\n${proof.checkpoint}`;
}

/** Throws a NoteError. An `extra` line is read over: nothing vouches for it. */
export function parseProof(text: string): Proof {
  const split = text.indexOf("\n\n");
  const lines = text.slice(0, split).split("\n");
  if (split < 0 || lines.shift() !== HEADER) throw new NoteError("this is no proof of a log");
  if (/^extra \S+$/.test(lines[0] ?? "")) lines.shift();
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? "")?.[1];
  const path = lines.map(fromBase64);
  if (index === undefined || !Number.isSafeInteger(Number(index)) || path.length > 63)
    throw new NoteError("this is no proof of a log");
  const whole = path.flatMap((hash) => (hash?.length === 32 ? [hash] : []));
  if (whole.length !== path.length) throw new NoteError("a hash of the path is none");
  return { index: Number(index), path: whole, checkpoint: text.slice(split + 2) };
}
