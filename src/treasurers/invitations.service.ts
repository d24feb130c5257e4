import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { newToken } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, row, type Tx } from "../platform/database/database.js";
import { InvitationRow } from "./treasurer.entity.js";

/** An invitation is for one seat, once, within a day (ASVS 6.4.1). */
export const INVITATION_HOURS_MAX = 24;

const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

/** One-time links: the command line hands them out while a fund is being founded, afterwards its treasurers do, at the desk. */
@Injectable()
export class Invitations {
  /** A new token; only its hash is kept. Refuses `fund-is-open`: then treasurers invite each other by proposal. */
  async invite(tx: Tx, fund: Fund, now: Date): Promise<string> {
    if (fund.state !== "founding") throw new Refusal("fund-is-open");
    return this.make(tx, fund, now);
  }

  /** For somebody who would take a seat of a fund that is open: it makes them a candidate, and nothing more. Refuses `wrong-state`. */
  async inviteCandidate(tx: Tx, fund: Fund, now: Date): Promise<string> {
    if (fund.state !== "open") throw new Refusal("wrong-state");
    return this.make(tx, fund, now);
  }

  private async make(tx: Tx, fund: Fund, now: Date): Promise<string> {
    const token = newToken();
    const expiresAt = new Date(now.getTime() + INVITATION_HOURS_MAX * 3_600_000);
    await tx.insert(InvitationRow, { fundId: fund.fundId, tokenHash: hashOf(token), expiresAt, used: false });
    return token;
  }

  /** Is this token good for a seat? Refuses `invitation-over` when it is unknown, used or too old. */
  async check(tx: Tx, fund: Fund, token: string, now: Date): Promise<void> {
    const found = await row(
      tx,
      "select from invitation where fund_id = $1 and token_hash = $2 and not used and expires_at > $3",
      [fund.fundId, hashOf(token), now],
    );
    if (!found) throw new Refusal("invitation-over");
  }

  /** Takes the seat: of two who come at once, one gets it. */
  async use(tx: Tx, fund: Fund, token: string, now: Date): Promise<void> {
    const taken = await changed(
      tx,
      "update invitation set used = true where fund_id = $1 and token_hash = $2 and not used and expires_at > $3 returning fund_id",
      [fund.fundId, hashOf(token), now],
    );
    if (taken.length === 0) throw new Refusal("invitation-over");
  }
}
