import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64nopad, bech32 } from "@scure/base";
import { armor, Decrypter } from "age-encryption";

/*
 * The lock of an age file (age-encryption.org/v1, "Header"), apart from what it locks: a file can be locked for other people without being opened, and what is inside stays as it was, byte for
 * byte. The library does everything but write a header for a file key that is there already, which is what this is for. Pure: the same in a browser and here.
 */
const VERSION = "age-encryption.org/v1\n";
const X25519_INFO = new TextEncoder().encode("age-encryption.org/v1/X25519");
const MAC_START = "\n--- ";
const MAC_LENGTH = 43;
const STANZA = /^-> X25519 [A-Za-z0-9+/]{43}\n[A-Za-z0-9+/]{43}\n/;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export interface Parts {
  readonly header: string;
  readonly payload: Uint8Array;
}

/** Takes an armored file apart. Throws when it is none. */
export function partsOf(file: string): Parts {
  const bytes = armor.decode(file);
  const text = new TextDecoder("latin1").decode(bytes);
  const at = text.indexOf(MAC_START);
  const end = at + MAC_START.length + MAC_LENGTH + 1;
  if (!text.startsWith(VERSION) || at < 0 || text[end - 1] !== "\n") throw new Error("no age file");
  return { header: text.slice(0, end), payload: bytes.subarray(end) };
}

export function joined({ header, payload }: Parts): string {
  const start = bytesOf(header);
  const bytes = new Uint8Array(start.length + payload.length);
  bytes.set(start);
  bytes.set(payload, start.length);
  return armor.encode(bytes);
}

/** The key of the file, for whoever is one of its recipients; throws for everybody else, and when the header was changed. */
export async function fileKeyIn(header: string, identity: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decryptHeader(bytesOf(header));
}

/** A header that gives this file key to these recipients (`age1…`, X25519) and to nobody else. */
export function headerFor(fileKey: Uint8Array, recipients: readonly string[]): string {
  const stanzas = recipients.map((recipient) => stanzaFor(fileKey, recipient)).join("");
  const unsigned = `${VERSION}${stanzas}---`;
  const mac = hmac(sha256, hkdf(sha256, fileKey, undefined, bytesOf("header"), 32), bytesOf(unsigned));
  return `${unsigned} ${base64nopad.encode(mac)}\n`;
}

/** For how many recipients a header is; null when it is not of the one form that we write. */
export function recipientsOf(header: string): number | null {
  if (!header.startsWith(VERSION)) return null;
  let rest = header.slice(VERSION.length);
  let count = 0;
  for (let stanza = STANZA.exec(rest); stanza !== null; stanza = STANZA.exec(rest)) {
    rest = rest.slice(stanza[0].length);
    count++;
  }
  return /^--- [A-Za-z0-9+/]{43}\n$/.test(rest) ? count : null;
}

/** "X25519 recipient type": an ephemeral share, and the file key under what both sides can compute. */
function stanzaFor(fileKey: Uint8Array, recipient: string): string {
  const { prefix, bytes: theirs } = bech32.decodeToBytes(recipient);
  if (prefix !== "age" || theirs.length !== 32) throw new Error("no X25519 recipient");
  const { secretKey, publicKey: share } = x25519.keygen();
  const salt = new Uint8Array(64);
  salt.set(share);
  salt.set(theirs, 32);
  const key = hkdf(sha256, x25519.getSharedSecret(secretKey, theirs), salt, X25519_INFO, 32);
  const body = chacha20poly1305(key, new Uint8Array(12)).encrypt(fileKey);
  return `-> X25519 ${base64nopad.encode(share)}\n${base64nopad.encode(body)}\n`;
}
