import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64 } from "@scure/base";

/** C2SP signed-note v1.0.0: a text, an empty line, and signature lines. */
export interface Signature {
  readonly name: string;
  /** The first four bytes of SHA-256(name || LF || type || public key), as a number. */
  readonly keyId: number;
  readonly bytes: Uint8Array;
}

export interface Note {
  /** Ends with LF. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

/** Types of signatures that we make and check: Ed25519, and Ed25519 cosignatures with a timestamp (tlog-cosignature v1). */
export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;

/** A verifier key as it is written: `name+hex key id+base64(type || key)`. */
export interface VerifierKey {
  readonly name: string;
  readonly keyId: number;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

export interface SigningKey extends VerifierKey {
  readonly secretKey: Uint8Array;
}

/** A note that is none, or one that must not be trusted. */
export class NoteError extends Error {}

const SIGNATURES_MAX = 100;
const utf8 = new TextEncoder();

export function keyIdOf(name: string, type: number, publicKey: Uint8Array): number {
  const digest = sha256(Uint8Array.of(...utf8.encode(`${name}\n`), type, ...publicKey));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

export function signingKey(name: string, secretKey: Uint8Array, type = ED25519): SigningKey {
  if (!isKeyName(name)) throw new NoteError("a key's name has no spaces and no plus");
  const publicKey = ed25519.getPublicKey(secretKey);
  return { name, type, publicKey, secretKey, keyId: keyIdOf(name, type, publicKey) };
}

export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.keyId.toString(16).padStart(8, "0")}+${base64.encode(Uint8Array.of(key.type, ...key.publicKey))}`;
}

/** Throws a NoteError for anything that is not exactly a verifier key of a type that we know. The base64 part may hold plus signs itself. */
export function parseVerifierKey(text: string): VerifierKey {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  const [, name = "", id = "", encoded = ""] = match ?? [];
  const bytes = match && isKeyName(name) ? fromBase64(encoded) : null;
  const type = bytes?.[0];
  if (bytes?.length !== 33 || (type !== ED25519 && type !== COSIGNATURE))
    throw new NoteError("this is no verifier key");
  const publicKey = bytes.slice(1);
  const keyId = keyIdOf(name, type, publicKey);
  if (keyId !== Number.parseInt(id, 16)) throw new NoteError("the verifier key's id does not fit its key");
  return { name, type, publicKey, keyId };
}

/** Non-empty, without Unicode spaces and without a plus. */
export function isKeyName(name: string): boolean {
  return name !== "" && !/[\s+]/u.test(name) && name.isWellFormed();
}

export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatSignature).join("")}`;
}

export function formatSignature(signature: Signature): string {
  const bytes = new Uint8Array(4 + signature.bytes.length);
  new DataView(bytes.buffer).setUint32(0, signature.keyId);
  bytes.set(signature.bytes, 4);
  return `— ${signature.name} ${base64.encode(bytes)}\n`;
}

/** Throws a NoteError. Nothing is verified yet. */
export function parseNote(text: string): Note {
  if (!text.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(text))
    throw new NoteError("a note is text without control characters");
  const split = text.lastIndexOf("\n\n");
  if (split < 0 || !text.endsWith("\n")) throw new NoteError("a note has an empty line before its signatures");
  const lines = text
    .slice(split + 2)
    .split("\n")
    .slice(0, -1);
  if (lines.length === 0 || lines.length > SIGNATURES_MAX) throw new NoteError("a note has 1 to 100 signatures");
  return { text: text.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

export function parseSignature(line: string): Signature {
  const match = /^— (\S+) (\S+)$/.exec(line);
  const bytes = match && isKeyName(match[1] ?? "") ? fromBase64(match[2] ?? "") : null;
  if (!match || bytes === null || bytes.length < 5) throw new NoteError("this is no signature line");
  return {
    name: match[1] ?? "",
    keyId: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0),
    bytes: bytes.slice(4),
  };
}

export function sign(text: string, key: SigningKey): Signature {
  return { name: key.name, keyId: key.keyId, bytes: ed25519.sign(utf8.encode(text), key.secretKey) };
}

/**
 * The signatures of known keys, each of which fits. Unknown keys are passed over; a known key whose signature does not fit makes the whole note a bad one. Throws a NoteError then, and
 * when no known key has signed.
 */
export function verifyNote(note: Note, keys: readonly VerifierKey[]): VerifierKey[] {
  const verified: VerifierKey[] = [];
  for (const signature of note.signatures) {
    const key = keys.find((k) => k.type === ED25519 && k.name === signature.name && k.keyId === signature.keyId);
    if (key === undefined) continue;
    if (!fits(signature.bytes, utf8.encode(note.text), key.publicKey))
      throw new NoteError(`the signature of ${key.name} does not fit`);
    if (!verified.includes(key)) verified.push(key);
  }
  if (verified.length === 0) throw new NoteError("nobody that we know has signed this note");
  return verified;
}

export function fits(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return signature.length === 64 && ed25519.verify(signature, message, publicKey);
  } catch {
    return false;
  }
}

/** Canonical standard base64 with padding, or null. */
export function fromBase64(text: string): Uint8Array | null {
  try {
    const bytes = base64.decode(text);
    return base64.encode(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}
