import { base64 } from "@scure/base";
import { parseCheckpoint } from "./checkpoint.js";
import { cosign } from "./cosignature.js";
import { EMPTY_ROOT, isConsistent, sameHash, type Hash } from "./merkle.js";
import {
  formatNote,
  formatSignature,
  fromBase64,
  NoteError,
  parseNote,
  verifyNote,
  type SigningKey,
  type VerifierKey,
} from "./note.js";

/** C2SP tlog-witness v1.0.0: what is asked of a witness. */
export interface AddCheckpoint {
  /** The size that the log believes the witness cosigned last. */
  readonly old: number;
  readonly proof: readonly Hash[];
  /** A signed note, word for word. */
  readonly checkpoint: string;
}

/** What a witness remembers of a log: the last checkpoint that it cosigned. */
export interface Cosigned {
  readonly size: number;
  readonly root: Hash;
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  readonly contentType: string;
  /** To be on the disk before the answer goes out. */
  readonly remember?: Cosigned & { readonly origin: string; readonly checkpoint: string };
}

const PROOF_MAX = 63;
export const SIZE_CONTENT_TYPE = "text/x.tlog.size";

export function formatAddCheckpoint({ old, proof, checkpoint }: AddCheckpoint): string {
  return `old ${old}\n${proof.map((hash) => `${base64.encode(hash)}\n`).join("")}\n${checkpoint}`;
}

/** Throws a NoteError for anything that is not spelled exactly so. */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const split = body.indexOf("\n\n");
  const [first = "", ...lines] = body.slice(0, split).split("\n");
  const old = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1];
  const proof = lines.map(fromBase64).filter((hash): hash is Hash => hash?.length === 32);
  if (
    split < 0 ||
    old === undefined ||
    !Number.isSafeInteger(Number(old)) ||
    proof.length !== lines.length ||
    proof.length > PROOF_MAX
  )
    throw new NoteError("this is no add-checkpoint request");
  return { old: Number(old), proof, checkpoint: body.slice(split + 2) };
}

/** Decides as the table of tlog-witness says; the caller keeps `remember` durably before it answers. `keysOf` gives the keys of a log that the witness knows. */
export function answer(
  body: string,
  knows: { keysOf: (origin: string) => readonly VerifierKey[]; remembered: (origin: string) => Cosigned | null },
  key: SigningKey,
  now: number,
): WitnessAnswer {
  const refuse = (status: WitnessAnswer["status"], text: string): WitnessAnswer => ({
    status,
    body: `${text}\n`,
    contentType: "text/plain; charset=utf-8",
  });
  let asked: AddCheckpoint;
  let origin: string;
  try {
    asked = parseAddCheckpoint(body);
    origin = parseNote(asked.checkpoint).text.split("\n")[0] ?? "";
  } catch {
    return refuse(400, "malformed");
  }
  const keys = knows.keysOf(origin);
  if (keys.length === 0) return refuse(404, "this log is not known here");
  const note = parseNote(asked.checkpoint);
  let signedBy: readonly VerifierKey[];
  try {
    signedBy = verifyNote(note, keys);
  } catch {
    return refuse(403, "no valid signature of the log");
  }
  let checkpoint;
  try {
    checkpoint = parseCheckpoint(note.text, origin);
  } catch {
    // An empty log with another root than the empty one is a wrong proof, and no bad spelling.
    return refuse(note.text.split("\n")[1] === "0" && asked.old === 0 ? 422 : 400, "malformed checkpoint");
  }
  if (asked.old > checkpoint.size) return refuse(400, "the old size is larger than the new one");
  const before = knows.remembered(origin) ?? { size: 0, root: EMPTY_ROOT };
  if (asked.old !== before.size) return { status: 409, body: `${before.size}\n`, contentType: SIZE_CONTENT_TYPE };
  if (before.size === checkpoint.size && !sameHash(before.root, checkpoint.root))
    return refuse(422, "another root for the same size");
  if (!isConsistent(before.size, checkpoint.size, before.root, checkpoint.root, asked.proof))
    return refuse(422, "the proof does not hold");
  const line = formatSignature(cosign(note.text, key, now));
  // Only the log's own signatures are kept: what anybody else put below the note is none of ours to show.
  const own = note.signatures.filter((s) => signedBy.some((k) => k.name === s.name && k.keyId === s.keyId));
  const { size, root } = checkpoint;
  return {
    status: 200,
    body: line,
    contentType: "text/plain; charset=utf-8",
    remember: { origin, size, root, checkpoint: `${formatNote({ text: note.text, signatures: own })}${line}` },
  };
}
