import { createECDH, createHash } from "node:crypto";
import { identityToRecipient } from "age-encryption";
import type { SoftwarePasskey } from "../treasurers/software-passkey.js";
import { identityFromBytes, wrapByPrf } from "../treasurers/wrapped-identity.js";

/** Everybody knows these three: they act on practice funds alone, and the database sees to that. */
export const PRACTICE_NAMES = ["Ana", "Ben", "Chris"] as const;

export interface PracticeTreasurer {
  readonly name: string;
  readonly passkey: SoftwarePasskey;
  /** COSE_Key (RFC 9053) of the P-256 public key. */
  readonly publicKey: Buffer;
  readonly recipient: string;
  readonly wrappedIdentity: string;
}

export async function practiceTreasurer(name: string): Promise<PracticeTreasurer> {
  const secret = (what: string): Buffer => createHash("sha256").update(`commonpot practice ${name} ${what}`).digest();
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(secret("passkey"));
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33, 65)];
  const text = (bytes: Buffer): string => bytes.toString("base64url");
  const prf = secret("prf");
  const identity = identityFromBytes(secret("identity"));
  return {
    name,
    passkey: {
      credentialId: text(secret("credential")),
      privateKey: { kty: "EC", crv: "P-256", x: text(x), y: text(y), d: text(secret("passkey")) },
      prf: text(prf),
    },
    publicKey: Buffer.concat([Buffer.from("a5010203262001215820", "hex"), x, Buffer.from("225820", "hex"), y]),
    recipient: await identityToRecipient(identity),
    wrappedIdentity: await wrapByPrf(identity, new Uint8Array(prf)),
  };
}
