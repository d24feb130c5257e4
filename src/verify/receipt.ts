import { commitmentTo } from "../publication/commitment.js";
import { decodeEntry } from "../publication/entry-format.js";
import type { Entry } from "../publication/entry.js";
import type { ReceiptFile } from "../publication/receipt.js";
import { fromHex } from "../kernel/ids.js";
import { parseCheckpoint } from "../tlog/checkpoint.js";
import { leafHash, rootFromInclusion, sameHash } from "../tlog/merkle.js";
import { parseNote, parseVerifierKey, verifyNote } from "../tlog/note.js";
import { parseProof } from "../tlog/proof.js";
import { alarm, note, type Finding } from "./finding.js";
import type { Seen } from "./verify.js";

/** What a receipt shows, offline: the entry, its place, and the checkpoint that it holds against. */
export interface ShownReceipt {
  readonly findings: readonly Finding[];
  readonly shown: {
    readonly origin: string;
    readonly index: number;
    readonly entry: Entry;
    readonly details: ReceiptFile["details"];
    readonly seen: Seen;
  } | null;
}

/**
 * Checks a receipt without any network: the checkpoint's signature by a key of `vkeys` (or by the key that the receipt states, with a note), the entry's place in it,
 * and that the entry commits to these details under this salt.
 */
export function verifyReceipt(text: string, vkeys: readonly string[]): ShownReceipt {
  const fault = (detail: string): ShownReceipt => ({ findings: [alarm("receipt", { detail })], shown: null });
  try {
    const file = JSON.parse(text) as ReceiptFile;
    if ((file as { kind?: unknown }).kind !== "commonpot-receipt") return fault("this is no receipt");
    const keys = (vkeys.length > 0 ? vkeys : [file.vkey])
      .map(parseVerifierKey)
      .filter((key) => key.name === file.origin);
    const proof = parseProof(file.proof);
    const signed = parseNote(proof.checkpoint);
    verifyNote(signed, keys);
    const checkpoint = parseCheckpoint(signed.text, file.origin);
    const body = new TextEncoder().encode(file.entry);
    const root = rootFromInclusion(leafHash(body), proof.index, checkpoint.size, proof.path);
    if (root === null || !sameHash(root, checkpoint.root)) return fault("the entry is not where it says");
    const entry = decodeEntry(body);
    if (typeof entry === "string") return fault(entry);
    const commitment = commitmentTo(fromHex(file.salt), file.details);
    if (!("commitments" in entry) || !entry.commitments.includes(commitment))
      return fault("the entry does not hold these details");
    const findings = vkeys.length > 0 ? [] : [note("first-time")];
    return {
      findings,
      shown: {
        origin: file.origin,
        index: proof.index,
        entry,
        details: file.details,
        seen: { size: checkpoint.size, root: checkpoint.root },
      },
    };
  } catch (error) {
    return fault(error instanceof Error ? error.message : "this is no receipt");
  }
}
