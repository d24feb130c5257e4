import { bech32 } from "@scure/base";
import { armor, Decrypter, Encrypter, identityToRecipient } from "age-encryption";

/** The PRF input of every Commonpot passkey: what it gives opens the treasurer's own age identity, and nothing else. */
export const PRF_SALT_TEXT = "commonpot/age-identity/v1";

/** An age identity from 32 secret bytes (age-encryption.org/v1, X25519). */
export function identityFromBytes(bytes: Uint8Array): string {
  return bech32.encodeFromBytes("AGE-SECRET-KEY-", bytes).toUpperCase();
}

/** What a passkey's PRF gives, as an age identity that does nothing but open the wrapped one. */
async function identityFromPrf(prf: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await crypto.subtle.importKey("raw", prf, "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode("commonpot/wrapping/v1");
  return identityFromBytes(
    new Uint8Array(
      await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, key, 256),
    ),
  );
}

/** Seals a treasurer's identity to what their passkey's PRF gives. */
export async function wrapByPrf(identity: string, prf: Uint8Array<ArrayBuffer>): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(await identityFromPrf(prf)));
  return armor.encode(await encrypter.encrypt(identity));
}

export async function unwrapByPrf(wrapped: string, prf: Uint8Array<ArrayBuffer>): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(await identityFromPrf(prf));
  return decrypter.decrypt(armor.decode(wrapped), "text");
}

/** Where a passkey has no PRF: six words do. age's own scrypt makes them slow to guess. */
export async function wrapByPassphrase(identity: string, passphrase: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(16);
  encrypter.setPassphrase(passphrase);
  return armor.encode(await encrypter.encrypt(identity));
}

export async function unwrapByPassphrase(wrapped: string, passphrase: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase.trim().toLowerCase().replace(/\s+/g, " "));
  return decrypter.decrypt(armor.decode(wrapped), "text");
}
