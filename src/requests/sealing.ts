import { armor, Decrypter, Encrypter } from "age-encryption";

/** Sealed texts are padded to steps, so that their size says nothing about what they hold. */
export const PADDING_BYTES = 4096;

/** An armored age file, as whoever locks something by themselves sends it. */
export const SEALED_FILE =
  /^-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]+\n-----END AGE ENCRYPTED FILE-----\n?$/;

/** A sealed text has no more characters than this. */
export const SEALED_CHARACTERS_MAX = 15_000;

/** Seals text to age recipients (age-encryption.org/v1), padded and armored. Pure: the same in a browser and here. */
export async function seal(text: string, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(padded(text)));
}

/** Opens what was sealed; throws when the identity is not one of its recipients, or when a byte was changed. */
export async function open(sealed: string, identity: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return (await decrypter.decrypt(armor.decode(sealed), "text")).trimEnd();
}

function padded(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const size = bytes.length + ((PADDING_BYTES - (bytes.length % PADDING_BYTES)) % PADDING_BYTES);
  return Uint8Array.from({ length: Math.max(size, PADDING_BYTES) }, (_, i) => bytes[i] ?? 0x20);
}
