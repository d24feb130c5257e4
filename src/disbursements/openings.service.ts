import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { Database, rows, type Tx } from "../platform/database/database.js";
import { AidRequestRow } from "../requests/aid-request.entity.js";
import { Relocking } from "../requests/relocking/relocking.service.js";
import { Passkeys, type SignedOpening } from "../treasurers/passkeys.service.js";
import { leaseIsLive } from "./disbursement.js";
import { DisbursementRow, PayoutRow } from "./disbursement.entity.js";

/** Age files, for the payer's own browser: how to pay, what that replaced, and what the person wrote since. */
export interface Opened {
  readonly sealed: string;
  /** The lock (an age header) that it had before the seats changed, while nobody else has tried the new one. */
  readonly oldLock: string | null;
  readonly sealedBefore: string | null;
  readonly messages: readonly { readonly from: "requester" | "fund"; readonly sealed: string }[];
}

/** How somebody is paid is opened by the payer on duty alone, in their own browser, and each opening is recorded. */
@Injectable()
export class Openings {
  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
    private readonly relocking: Relocking,
    private readonly clock: Clock,
  ) {}

  /**
   * Hands the sealed details to the payer on duty, after a fresh signature of theirs; each opening is recorded. Refuses `passkey`,
   * `not-yours`, `lease-over`.
   */
  async open(tx: Tx, fund: Fund, treasurerId: string, disbursementId: string, signed: SignedOpening): Promise<Opened> {
    await this.passkeys.openedBy(tx, fund, treasurerId, disbursementId, signed);
    const lease = await tx.findOneBy(PayoutRow, {
      fundId: fund.fundId,
      disbursementId,
      payer: treasurerId,
      state: "leased",
    });
    if (lease === null || !leaseIsLive(lease, this.clock.now())) throw new Refusal("lease-over");
    const disbursement = await tx.findOneByOrFail(DisbursementRow, { fundId: fund.fundId, disbursementId });
    const request =
      disbursement.requestId === null
        ? null
        : await tx.findOneBy(AidRequestRow, { fundId: fund.fundId, requestId: disbursement.requestId });
    if (request?.sealed == null) throw new Refusal("wrong-state");
    await tx.query(
      "insert into opening (fund_id, opening_id, disbursement_id, treasurer_id, day) values ($1, $2, $3, $4, $5)",
      [fund.fundId, newId(), disbursementId, treasurerId, dayIn(fund.charter.timeZone, this.clock.now())],
    );
    const messages = await rows<Opened["messages"][number]>(
      tx,
      'select sender as "from", sealed from request_message where fund_id = $1 and request_id = $2 order by ordinal',
      [fund.fundId, request.requestId],
    );
    const { requestId, sealed, sealedBefore } = request;
    return { sealed, oldLock: await this.relocking.oldLock(tx, fund, requestId), sealedBefore, messages }; // prettier-ignore
  }

  async challenge(
    fund: Fund,
    treasurerId: string,
    disbursementId: string,
  ): Promise<{ challengeId: string; challenge: string }> {
    return this.database.atomically(async (tx) => {
      if (!(await tx.existsBy(DisbursementRow, { fundId: fund.fundId, disbursementId })))
        throw new Refusal("no-such-page");
      return this.passkeys.issue(tx, fund, "open", { treasurerId, subject: disbursementId });
    });
  }
}
