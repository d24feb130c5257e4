import { Injectable } from "@nestjs/common";
import { addDays, Clock, dayIn } from "../kernel/clock.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, type Tx } from "../platform/database/database.js";

/** Erases what has served: a request goes with its sealed file, its code and its messages; counts survive. */
@Injectable()
export class Erasure {
  constructor(private readonly clock: Clock) {}

  /** Returns how many requests were erased. */
  async erase(tx: Tx, fund: Fund): Promise<number> {
    const before = addDays(dayIn(fund.charter.timeZone, this.clock.now()), -fund.charter.retentionDays);
    const gone = await changed<{ request_id: string }>(
      tx,
      "delete from aid_request where fund_id = $1 and state in ('paid', 'withdrawn', 'aside') and ended_day <= $2 returning request_id",
      [fund.fundId, before],
    );
    await tx.query("delete from request_key where fund_id = $1 and expires_at <= $2", [fund.fundId, this.clock.now()]);
    if (gone.length > 0)
      await tx.query(
        "update disbursement set request_id = null, salt = null where fund_id = $1 and request_id = any ($2)",
        [fund.fundId, gone.map((g) => g.request_id)],
      );
    if (gone.length > 0) {
      await tx.query(
        "update payout p set rail = null, reference_mac = null, reference_sealed = null from disbursement d where p.fund_id = $1 and d.fund_id = $1 and d.disbursement_id = p.disbursement_id and d.request_id is null and p.state = 'sent'",
        [fund.fundId],
      );
    }
    return gone.length;
  }
}
