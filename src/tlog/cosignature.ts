import { ed25519 } from "@noble/curves/ed25519.js";
import { COSIGNATURE, fits, NoteError, type Note, type Signature, type SigningKey, type VerifierKey } from "./note.js";

/** C2SP tlog-cosignature v1.0.1 (type 0x04): a witness says that it saw this checkpoint, consistent with what it saw before, at that time. */
export interface Cosigned {
  readonly key: VerifierKey;
  /** Seconds since 1970. */
  readonly time: number;
}

const utf8 = new TextEncoder();

/** What a witness signs: the time, and the whole text of the note. */
function message(text: string, time: number): Uint8Array {
  return utf8.encode(`cosignature/v1\ntime ${time}\n${text}`);
}

export function cosign(text: string, key: SigningKey, time: number): Signature {
  const bytes = new Uint8Array(72);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  bytes.set(ed25519.sign(message(text, time), key.secretKey), 8);
  return { name: key.name, keyId: key.keyId, bytes };
}

/** The cosignatures of known witnesses. Unknown ones are passed over; throws a NoteError when a known one does not fit. */
export function cosignaturesOf(note: Note, witnesses: readonly VerifierKey[]): Cosigned[] {
  return note.signatures.flatMap((signature) => {
    const key = witnesses.find(
      (w) => w.type === COSIGNATURE && w.name === signature.name && w.keyId === signature.keyId,
    );
    if (key === undefined) return [];
    const time =
      signature.bytes.length === 72
        ? Number(new DataView(signature.bytes.buffer, signature.bytes.byteOffset).getBigUint64(0))
        : -1;
    if (
      !Number.isSafeInteger(time) ||
      time < 0 ||
      !fits(signature.bytes.slice(8), message(note.text, time), key.publicKey)
    )
      throw new NoteError(`the cosignature of ${key.name} does not fit`);
    return [{ key, time }];
  });
}
