import { Injectable } from "@nestjs/common";
import { addDays, Clock, dayIn } from "../kernel/clock.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, sqlState, type Tx } from "../platform/database/database.js";

/** Erases what has served: a request goes with its sealed file, its code and its messages; counts survive. */
@Injectable()
export class Erasure {
  constructor(private readonly clock: Clock) {}

  /** What is old enough, but for what a court asked for in time. Returns how many requests were erased. */
  async erase(tx: Tx, fund: Fund): Promise<number> {
    const before = addDays(dayIn(fund.charter.timeZone, this.clock.now()), -fund.charter.retentionDays);
    const gone = await changed<{ request_id: string }>(
      tx,
      `delete from aid_request r where fund_id = $1 and state in ('paid', 'withdrawn', 'aside') and ended_day <= $2
       and not exists (select from legal_hold h where h.fund_id = r.fund_id and h.request_id = r.request_id and h.lifted_by is null) returning request_id`,
      [fund.fundId, before],
    );
    await tx.query("delete from request_key where fund_id = $1 and expires_at <= $2", [fund.fundId, this.clock.now()]);
    await forget(
      tx,
      fund,
      gone.map((g) => g.request_id),
    );
    return gone.length;
  }

  /** At the person's own word. Refuses `wrong-state` before it has ended, and `legal-hold` while a court has asked for it. */
  async eraseNow(tx: Tx, fund: Fund, requestId: string): Promise<void> {
    try {
      const gone = await changed(
        tx,
        "delete from aid_request where fund_id = $1 and request_id = $2 and state in ('paid', 'withdrawn') returning 1",
        [fund.fundId, requestId],
      );
      if (gone.length === 0) throw new Refusal("wrong-state");
    } catch (error) {
      if (sqlState(error) === "CP423") throw new Refusal("legal-hold");
      throw error;
    }
    await forget(tx, fund, [requestId]);
  }
}

/** What other rooms knew of them: the sums stay, and nothing that leads to anybody. */
async function forget(tx: Tx, fund: Fund, requestIds: readonly string[]): Promise<void> {
  if (requestIds.length === 0) return;
  await tx.query(
    "update disbursement set request_id = null, salt = null where fund_id = $1 and request_id = any ($2)",
    [fund.fundId, requestIds],
  );
  await tx.query(
    "update payout p set rail = null, reference_mac = null, reference_sealed = null from disbursement d where p.fund_id = $1 and d.fund_id = $1 and d.disbursement_id = p.disbursement_id and d.request_id is null and p.state = 'sent'",
    [fund.fundId],
  );
}
