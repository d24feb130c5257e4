import { decodeEntry } from "../publication/entry-format.js";
import type { Entry } from "../publication/entry.js";
import { parseCheckpoint } from "../tlog/checkpoint.js";
import { leafHash, rootFromInclusion, sameHash } from "../tlog/merkle.js";
import { parseNote, parseVerifierKey, verifyNote } from "../tlog/note.js";
import { parseProof } from "../tlog/proof.js";

/** The log that a page states, and where in it an entry stands. */
export interface StatedEntry {
  readonly origin: string;
  readonly vkey: string;
  readonly index: number;
}

/** The age recipients of the treasurers as the public log carries them. Throws an Error that says what does not fit. */
export function recipientsIn(entry: string, proofFile: string, stated: StatedEntry): string[] {
  const decoded = provenEntry(entry, proofFile, stated);
  if (decoded.kind !== "roster") throw new Error("this is no roster");
  return decoded.roster.seats.map((seat) => seat.recipient);
}

/**
 * An entry (its canonical JSON) whose place in the log is proved (C2SP tlog-proof) against a checkpoint that the log's key signed. Throws an Error that says what does not fit. A server could keep a second log
 * for one person; that is what witnesses and everybody's memory of checkpoints are for (docs/threat-model.md).
 */
export function provenEntry(entry: string, proofFile: string, stated: StatedEntry): Entry {
  const proof = parseProof(proofFile);
  const signed = parseNote(proof.checkpoint);
  verifyNote(signed, [parseVerifierKey(stated.vkey)]);
  const checkpoint = parseCheckpoint(signed.text, stated.origin);
  const body = new TextEncoder().encode(entry);
  const root = rootFromInclusion(leafHash(body), proof.index, checkpoint.size, proof.path);
  if (proof.index !== stated.index || root === null || !sameHash(root, checkpoint.root))
    throw new Error("the entry is not where it says");
  const decoded = decodeEntry(body);
  if (typeof decoded === "string") throw new Error(decoded);
  return decoded;
}
