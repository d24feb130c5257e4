import { Injectable } from "@nestjs/common";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { Database, row, type Tx } from "../platform/database/database.js";
import { AidRequestRow } from "./aid-request.entity.js";
import { makeClaim, type Claim } from "./claim-code.js";
import { requireRight, type CodeKind } from "./claim-rights.js";
import { Claims, idOf, type Once, type OpenedRequest } from "./claims.service.js";

/** Makes codes and takes them back. Each is shown once; what is kept finds the request, and says nothing of the words. */
@Injectable()
export class ClaimCodes {
  constructor(
    private readonly database: Database,
    private readonly claims: Claims,
  ) {}

  /** Is there a code for somebody who helps? */
  async hasHelper({ request }: OpenedRequest): Promise<boolean> {
    const found = await row(
      this.database.read,
      "select from claim_locator where fund_id = $1 and request_id = $2 and kind = 'helper'",
      [request.fundId, request.requestId],
    );
    return found !== null;
  }

  /** Seven words for somebody who helps. One helper at a time: words that were made for another open nothing any more. The same key gets the same words. */
  async makeHelper(opened: OpenedRequest, once: Once = null): Promise<string> {
    requireRight(opened.kind, "codes");
    const { code, claim } = await makeClaim();
    return this.claims.withLocked(opened, once, async (tx, request) => {
      if (request.state === "withdrawn") throw new Refusal("wrong-state");
      await takeBack(tx, request, ["helper"]);
      await locate(tx, request, claim, "helper");
      return code;
    });
  }

  /** From now on the helper's words open nothing. Doing it again changes nothing. */
  async takeBackHelper(opened: OpenedRequest, once: Once = null): Promise<void> {
    requireRight(opened.kind, "codes");
    await this.claims.withLocked(opened, once, (tx, request) => takeBack(tx, request, ["helper"]));
  }

  /** "No code": no words open the request any more, and answers are locked for nobody's words. The place in line stays, and so does how it is paid. */
  async forget(opened: OpenedRequest): Promise<void> {
    requireRight(opened.kind, "codes");
    await this.claims.withLocked(opened, null, async (tx, request) => {
      await takeBack(tx, request, ["own", "helper", "replacement"]);
      await tx.update(AidRequestRow, idOf(request), { replyRecipient: null });
    });
  }

  /**
   * Seven words in place of lost ones, when the treasurers have decided it by their quorum; whoever calls this has made sure of that. All words that there were open nothing from now on: what
   * was lost, somebody may have found. The new ones change how to be paid as any do: the signing starts again, and the desk says that it was changed. Messages from before stay locked with the
   * old words. Refuses `no-such-request` for what was erased or has no fund of this name, and `wrong-state` for what was taken back.
   */
  async issueAnotherCode(tx: Tx, fund: Fund, requestId: string): Promise<string> {
    const { code, claim } = await makeClaim();
    const request = await tx.findOne(AidRequestRow, {
      where: { fundId: fund.fundId, requestId },
      lock: { mode: "pessimistic_write" },
    });
    if (request === null) throw new Refusal("no-such-request");
    if (request.state === "withdrawn") throw new Refusal("wrong-state");
    await takeBack(tx, request, ["own", "helper", "replacement"]);
    await locate(tx, request, claim, "replacement");
    await tx.update(AidRequestRow, idOf(request), { replyRecipient: claim.recipient });
    return code;
  }
}

/** From these words to the request. */
export async function locate(
  tx: Tx,
  request: { readonly fundId: string; readonly requestId: string },
  claim: Claim,
  kind: CodeKind,
): Promise<void> {
  await tx.query("insert into claim_locator (tag_hash, fund_id, request_id, kind) values ($1, $2, $3, $4)", [
    claim.tagHash,
    request.fundId,
    request.requestId,
    kind,
  ]);
}

async function takeBack(tx: Tx, request: AidRequestRow, kinds: readonly CodeKind[]): Promise<undefined> {
  await tx.query("delete from claim_locator where fund_id = $1 and request_id = $2 and kind = any ($3)", [
    request.fundId,
    request.requestId,
    kinds,
  ]);
  return undefined;
}
