import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { Refusal } from "../kernel/refusal.js";
import { row, type Tx } from "../platform/database/database.js";

export const KEY_HOURS = 24;
/** Shorter keys than this cannot have the randomness that hides the answer. */
export const STRONG_KEY_LENGTH_MIN = 16;

/** What makes a weak key strong enough: it lives in this process alone, so that a stolen database cannot be tried against short keys. */
const pepper = randomBytes(32).toString("base64url");
const strengthened = (key: string): string => (key.length >= STRONG_KEY_LENGTH_MIN ? key : `${pepper} ${key}`);

/**
 * Idempotency of requests. A stored answer in clear would be the code, and a plain fingerprint of a body is a guessable hash of a phone
 * number: so the answer is sealed under HKDF(key), the body under HMAC(key), and the key itself is kept as a hash alone.
 */
@Injectable()
export class RequestKeys {
  /** The first answer to this key, or null. Refuses `key-used-before` when the body was another. */
  async find(tx: Tx, fundId: string, key: string, body: string, now: Date): Promise<string | null> {
    const kept = await row<{ body_mac: Buffer; answer: Buffer }>(
      tx,
      "select body_mac, answer from request_key where fund_id = $1 and key_hash = $2 and expires_at > $3",
      [fundId, hashOf(key), now],
    );
    if (kept === null) return null;
    if (!kept.body_mac.equals(macOf(key, body))) throw new Refusal("key-used-before");
    return opened(key, kept.answer);
  }

  /** Did a request come under this key? */
  async isKnown(tx: Tx, fundId: string, key: string, now: Date): Promise<boolean> {
    const found = await row(tx, "select 1 from request_key where fund_id = $1 and key_hash = $2 and expires_at > $3", [
      fundId,
      hashOf(key),
      now,
    ]);
    return found !== null;
  }

  async keep(tx: Tx, fundId: string, key: string, body: string, answer: string, now: Date): Promise<void> {
    await tx.query("insert into request_key (fund_id, key_hash, body_mac, answer, expires_at) values ($1, $2, $3, $4, $5)", [
      fundId, hashOf(key), macOf(key, body), sealed(key, answer), new Date(now.getTime() + KEY_HOURS * 3_600_000),
    ]); // prettier-ignore
  }
}

const hashOf = (key: string): Buffer => createHash("sha256").update(strengthened(key)).digest();
const macOf = (key: string, body: string): Buffer => createHmac("sha256", strengthened(key)).update(body).digest();
const cipherKey = (key: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", strengthened(key), "", "commonpot/request-answer/v1", 32));

function sealed(key: string, answer: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", cipherKey(key), nonce);
  return Buffer.concat([nonce, cipher.update(answer, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function opened(key: string, bytes: Buffer): string {
  const decipher = createDecipheriv("aes-256-gcm", cipherKey(key), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
}
