import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { detailsOf } from "./disbursements/disbursement.js";
import { evidenceFor } from "./disbursements/evidence.js";
import type { Fund } from "./funds/funds.service.js";
import { Clock, dayIn, type Day } from "./kernel/clock.js";
import { rows, type Tx } from "./platform/database/database.js";
import { Alarms } from "./treasurers/alarms.service.js";
import { approvedOf } from "./verify/released.js";

interface Approved {
  readonly disbursementId: string;
  readonly amount: bigint;
  readonly category: string;
  readonly sealedHash: Buffer;
  readonly salt: Buffer | null;
  readonly commitment: Buffer;
  /** What the person's request holds now. */
  readonly sealed: string | null;
}

/**
 * Before anybody can pay what was approved, the worker, another process under another role, believes neither the web process nor the rows that it wrote: it replays who may sign from the fund's first
 * entry on, with the verifier's own code, checks every passkey's signature again, and that amount, kind and sealed file are those that were signed. What does not hold is not released, and the
 * desk is told.
 */
@Injectable()
export class ReleaseCheck {
  constructor(
    private readonly alarms: Alarms,
    private readonly clock: Clock,
  ) {}

  /** With the worker's rights. Returns how many were released. */
  async run(tx: Tx, fund: Fund): Promise<number> {
    const day = dayIn(fund.charter.timeZone, this.clock.now());
    const judged = await judge(tx, fund, "unreleased", day);
    for (const { disbursementId, holds } of judged)
      if (holds)
        await tx.query(
          "insert into release (fund_id, disbursement_id, day) values ($1, $2, $3) on conflict do nothing",
          [fund.fundId, disbursementId, day],
        );
      else await this.alarms.raise(tx, fund.fundId, "not-released", disbursementId.slice(0, 8), day);
    return judged.filter(({ holds }) => holds).length;
  }
}

/** What is approved, still stands as it was asked, and is not sent yet; and whether its quorum's signatures hold. `day`: the fund's today. */
export async function judge(
  tx: Tx,
  fund: Pick<Fund, "fundId" | "currency">,
  which: "unreleased" | "all",
  day: Day,
): Promise<{ disbursementId: string; holds: boolean }[]> {
  const waiting = await approvedOnes(tx, fund.fundId, which);
  if (waiting.length === 0) return [];
  const evidence = await evidenceFor(
    tx,
    fund.fundId,
    waiting.map((one) => one.disbursementId),
    day,
  );
  const items = waiting.map((one) => ({
    commitment: one.commitment.toString("hex"),
    details: detailsOf(one, fund.currency),
    salt: one.salt ?? Buffer.alloc(0),
  }));
  const approved = await approvedOf(evidence, items);
  return waiting.map((one, i) => ({
    disbursementId: one.disbursementId,
    holds: approved[i] === true && one.salt !== null && isSameFile(one),
  }));
}

async function approvedOnes(tx: Tx, fundId: string, which: "unreleased" | "all"): Promise<Approved[]> {
  const found = await rows<Omit<Approved, "amount"> & { amount: string }>(
    tx,
    `select d.disbursement_id as "disbursementId", d.amount, d.category, d.sealed_hash as "sealedHash", d.salt, d.commitment, r.sealed
     from disbursement d join aid_request r on r.fund_id = d.fund_id and r.request_id = d.request_id and r.version = d.request_version and r.state in ('approved', 'sending')
     where d.fund_id = $1 and d.state = 'approved'
       and ($2 = 'all' or not exists (select from release x where x.fund_id = d.fund_id and x.disbursement_id = d.disbursement_id))`,
    [fundId, which],
  );
  return found.map((d) => ({ ...d, amount: BigInt(d.amount) }));
}

/** The sealed file is still the one whose hash was signed. */
function isSameFile(one: Approved): boolean {
  return one.sealed !== null && createHash("sha256").update(one.sealed).digest().equals(one.sealedHash);
}
