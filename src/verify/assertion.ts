import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64Url, toBase64Url } from "../kernel/ids.js";
import type { Assertion } from "../publication/entry.js";

/** COSE_Key labels (RFC 9053 sections 2 and 7): kty, alg, and the parameters of each kind of key. */
type CoseKey = ReadonlyMap<number, number | Uint8Array>;

/** Just enough CBOR (RFC 8949) for a COSE_Key: one map of integers to integers and byte strings. Throws for anything else. */
function coseKey(bytes: Uint8Array): CoseKey {
  let at = 0;
  const head = (): { major: number; value: number } => {
    const byte = bytes[at++] ?? 0xff;
    const [major, low] = [byte >> 5, byte & 31];
    const size = low < 24 ? 0 : low === 24 ? 1 : low === 25 ? 2 : -1;
    if (size < 0) throw new RangeError("this is no COSE key");
    let value = size === 0 ? low : 0;
    for (let i = 0; i < size; i++) value = value * 256 + (bytes[at++] ?? 0);
    return { major, value };
  };
  const item = (): number | Uint8Array => {
    const { major, value } = head();
    if (major === 0) return value;
    if (major === 1) return -1 - value;
    if (major !== 2 || at + value > bytes.length) throw new RangeError("this is no COSE key");
    at += value;
    return bytes.slice(at - value, at);
  };
  const { major, value: size } = head();
  if (major !== 5) throw new RangeError("this is no COSE key");
  const key = new Map<number, number | Uint8Array>();
  for (let i = 0; i < size; i++) key.set(Number(item()), item());
  return key;
}

type Verify = (signature: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>) => Promise<boolean>;

/** ES256, EdDSA and RS256: what phones, laptops and keys make. */
async function verifierOf(publicKey: Uint8Array): Promise<Verify> {
  const key = coseKey(publicKey);
  const bytes = (label: number): Uint8Array => {
    const value = key.get(label);
    if (!(value instanceof Uint8Array)) throw new RangeError("this COSE key lacks a part");
    return value;
  };
  const jwk = (value: JsonWebKey, algorithm: RsaHashedImportParams | EcKeyImportParams): Promise<CryptoKey> =>
    crypto.subtle.importKey("jwk", value, algorithm, false, ["verify"]);
  switch (key.get(3)) {
    case -7: {
      const imported = await jwk(
        { kty: "EC", crv: "P-256", x: toBase64Url(bytes(-2)), y: toBase64Url(bytes(-3)) },
        { name: "ECDSA", namedCurve: "P-256" },
      );
      return (signature, message) =>
        crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, rawSignature(signature), message);
    }
    case -8:
      return (signature, message) => Promise.resolve(ed25519.verify(signature, message, bytes(-2)));
    case -257: {
      const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      const imported = await jwk({ kty: "RSA", n: toBase64Url(bytes(-1)), e: toBase64Url(bytes(-2)) }, algorithm);
      return (signature, message) => crypto.subtle.verify(algorithm, imported, signature, message);
    }
    default:
      throw new RangeError("this COSE key is of no kind that we know");
  }
}

/** DER's two integers to r‖s of 64 bytes, as WebCrypto wants them. */
function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const integer = der.slice(at + 2, at + 2 + length);
    const trimmed = integer[0] === 0 ? integer.slice(1) : integer;
    if (der[0] !== 0x30 || der[at] !== 0x02 || trimmed.length > 32) throw new RangeError("this is no DER signature");
    raw.set(trimmed, end - trimmed.length);
    at += 2 + length;
  }
  return raw;
}

const USER_PRESENT_AND_VERIFIED = 0x05;

export interface Expected {
  /** base64url of the credential's COSE key. */
  readonly publicKey: string;
  readonly challenge: Uint8Array;
  readonly origins: readonly string[];
}

/** Checks passkeys' assertions (WebAuthn level 3, section 7.2) with the browser's own cryptography; keys are read once. */
export class Assertions {
  private readonly verifiers = new Map<string, Promise<Verify>>();

  async holds(assertion: Assertion, expected: Expected): Promise<boolean> {
    try {
      const clientData = fromBase64Url(assertion.clientData);
      const said = JSON.parse(new TextDecoder().decode(clientData)) as {
        type?: unknown;
        challenge?: unknown;
        origin?: unknown;
      };
      if (said.type !== "webauthn.get" || said.challenge !== toBase64Url(expected.challenge)) return false;
      if (typeof said.origin !== "string" || !expected.origins.includes(said.origin)) return false;
      const authenticatorData = fromBase64Url(assertion.authenticatorData);
      const rpIdHash = sha256(new TextEncoder().encode(new URL(said.origin).hostname));
      if (authenticatorData.length < 37 || rpIdHash.some((byte, i) => byte !== authenticatorData[i])) return false;
      if (((authenticatorData[32] ?? 0) & USER_PRESENT_AND_VERIFIED) !== USER_PRESENT_AND_VERIFIED) return false;
      const message = Uint8Array.from([...authenticatorData, ...sha256(clientData)]);
      return await (
        await this.verifier(expected.publicKey)
      )(fromBase64Url(assertion.signature), message);
    } catch {
      return false;
    }
  }

  private verifier(publicKey: string): Promise<Verify> {
    const known = this.verifiers.get(publicKey) ?? verifierOf(fromBase64Url(publicKey));
    this.verifiers.set(publicKey, known);
    return known;
  }
}
