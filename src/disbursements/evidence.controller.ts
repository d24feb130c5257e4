import { Controller, Get, Param, Req } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import type { FastifyRequest } from "fastify";
import { Clock, dayIn } from "../kernel/clock.js";
import { isId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { Database } from "../platform/database/database.js";
import type { ShownEvidence } from "../publication/evidence.js";
import { LogReads } from "../tlog/log-reads.service.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import type { ItemDetails } from "../treasurers/statement.js";
import { detailsOf } from "./disbursement.js";
import { DisbursementRow } from "./disbursement.entity.js";
import { evidenceFor } from "./evidence.js";

/** What shows that a payout was approved, for the payer's own browser. */
@ApiTags("desk")
@Controller("api/v1/funds/:fund/payouts/:disbursement/evidence")
export class EvidenceController {
  constructor(
    private readonly database: Database,
    private readonly acts: DeskActs,
    private readonly log: LogReads,
    private readonly clock: Clock,
  ) {}

  /** Refuses `no-such-page` for what is not approved, or is paid. */
  @Get()
  async of(
    @Param("fund") slug: string,
    @Param("disbursement") disbursementId: string,
    @Req() request: FastifyRequest,
  ): Promise<ShownEvidence<ItemDetails>> {
    const { fund } = await this.acts.seated(slug, request);
    const tx = this.database.read;
    const where = { fundId: fund.fundId, disbursementId, state: "approved" as const };
    const found = isId(disbursementId) ? await tx.findOneBy(DisbursementRow, where) : null;
    if (found?.salt == null) throw new Refusal("no-such-page");
    const log = await this.log.published(fund.fundId);
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const { rules, ...rest } = await evidenceFor(tx, fund.fundId, [disbursementId], today);
    // What the log has taken and no checkpoint carries yet cannot be proved.
    const shown = rules.map(({ index, entry }) => ({ index: index !== null && index < (log?.size ?? 0) ? index : null, entry })); // prettier-ignore
    return {
      ...rest,
      rules: shown,
      details: detailsOf(found, fund.currency),
      salt: found.salt.toString("base64url"),
      log: log === null ? null : { origin: log.origin, vkey: log.vkey },
    };
  }
}
