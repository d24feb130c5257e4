import { createHash, createHmac } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { Refusal } from "../../kernel/refusal.js";
import { changed, row, type Tx } from "../database/database.js";

/**
 * A treasurer's act under an Idempotency-Key: done once, in the transaction that keeps its answer. A second POST with the same key waits for
 * the first and gets its answer; another body is refused (`key-used-before`). The
 * fingerprint is an HMAC under the key: a plain hash of a payment's reference could be guessed.
 */
@Injectable()
export class Acts {
  async once<T extends object>(
    tx: Tx,
    who: { fundId: string; principal: string; key: string; body: unknown },
    act: () => Promise<T>,
  ): Promise<T> {
    const keyHash = createHash("sha256").update(who.key).digest();
    const fingerprint = createHmac("sha256", who.key).update(JSON.stringify(who.body)).digest();
    const claimed = await changed(
      tx,
      "insert into act (fund_id, principal, key_hash, fingerprint, answer) values ($1, $2, $3, $4, '{}') on conflict do nothing returning fund_id",
      [who.fundId, who.principal, keyHash, fingerprint],
    );
    if (claimed.length === 0) {
      const kept = await row<{ fingerprint: Buffer; answer: T }>(
        tx,
        "select fingerprint, answer from act where fund_id = $1 and principal = $2 and key_hash = $3",
        [who.fundId, who.principal, keyHash],
      );
      if (kept === null) throw new Refusal("still-running");
      if (!kept.fingerprint.equals(fingerprint)) throw new Refusal("key-used-before");
      return kept.answer;
    }
    const answer = await act();
    await tx.query("update act set answer = $4 where fund_id = $1 and principal = $2 and key_hash = $3", [
      who.fundId,
      who.principal,
      keyHash,
      JSON.stringify(answer),
    ]);
    return answer;
  }
}
