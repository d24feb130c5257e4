import { base64 } from "@scure/base";
import { EMPTY_ROOT, sameHash, type Hash } from "./merkle.js";
import { fromBase64, NoteError } from "./note.js";

/** C2SP tlog-checkpoint v1.0.0: what a log's signed note says. */
export interface Checkpoint {
  readonly origin: string;
  /** Below 2^53. */
  readonly size: number;
  readonly root: Hash;
}

export function formatCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${base64.encode(checkpoint.root)}\n`;
}

/** Reads the text of a note. Throws a NoteError unless it is exactly canonical and, where `origin` is given, of that log. Extension lines are allowed and ignored. */
export function parseCheckpoint(text: string, origin?: string): Checkpoint {
  const [of = "", size = "", encoded = "", ...extensions] = text.split("\n").slice(0, -1);
  const root = fromBase64(encoded);
  if (
    of === "" ||
    !/^(0|[1-9]\d{0,15})$/.test(size) ||
    !Number.isSafeInteger(Number(size)) ||
    root?.length !== 32 ||
    extensions.includes("")
  )
    throw new NoteError("this is no checkpoint");
  if (origin !== undefined && of !== origin) throw new NoteError(`this checkpoint is of another log: ${of}`);
  const checkpoint = { origin: of, size: Number(size), root };
  if (checkpoint.size === 0 && !sameHash(root, EMPTY_ROOT)) throw new NoteError("an empty log has the empty root");
  return checkpoint;
}
