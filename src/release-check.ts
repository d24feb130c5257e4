import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { detailsOf } from "./disbursements/disbursement.js";
import type { Fund } from "./funds/funds.service.js";
import { Clock, dayIn, type Day } from "./kernel/clock.js";
import { row, rows, type Tx } from "./platform/database/database.js";
import { commitmentTo } from "./publication/commitment.js";
import type { ApprovalEntry, ChangeEntry, CharterEntry, GenesisEntry, RosterEntry } from "./publication/entry.js";
import { Alarms } from "./treasurers/alarms.service.js";
import type { PasskeyAssertion } from "./treasurers/software-passkey.js";
import { publicAssertion } from "./treasurers/statement.js";
import { Governance } from "./verify/governance.js";

type RulesEntry = GenesisEntry | CharterEntry | RosterEntry | ChangeEntry;

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

/** Behind every entry of a log. */
const PLACE = 2_000_000_000;

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
  const governance = await replayed(tx, fund.fundId, day);
  const valid = governance === null ? [] : await validApprovals(tx, fund.fundId, governance, waiting, day);
  return waiting.map((one) => ({
    disbursementId: one.disbursementId,
    holds:
      governance !== null &&
      valid.length > 0 &&
      isWhatWasSigned(one, fund.currency) &&
      governance.quorum([one.commitment.toString("hex")], valid, PLACE).length === 0,
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

/** The places of those approvals that hold: signed with a key of the roster, under rules that were in force, once. */
async function validApprovals(
  tx: Tx,
  fundId: string,
  governance: Governance,
  waiting: readonly Approved[],
  day: Day,
): Promise<number[]> {
  const signed = await rows<{ treasurer: string; statement: string; assertion: PasskeyAssertion }>(
    tx,
    `select s.treasurer_id as treasurer, s.statement, s.assertion from signed_statement s
     where s.fund_id = $1 and s.statement_id in (select a.statement_id from approval a where a.fund_id = $1 and a.disbursement_id = any ($2))`,
    [fundId, waiting.map((one) => one.disbursementId)],
  );
  const valid: number[] = [];
  for (const [i, { assertion, ...said }] of signed.entries()) {
    const at = PLACE - signed.length + i;
    const entry: ApprovalEntry = { v: 1, kind: "approval", day, ...said, assertion: publicAssertion(assertion) };
    if ((await governance.approved(entry, at)).length === 0) valid.push(at);
  }
  return valid;
}

/** The row, the salt and the sealed file still say what the commitment was made from. */
function isWhatWasSigned(one: Approved, currency: string): boolean {
  if (one.salt === null || one.sealed === null) return false;
  if (!createHash("sha256").update(one.sealed).digest().equals(one.sealedHash)) return false;
  return commitmentTo(one.salt, detailsOf(one, currency)) === one.commitment.toString("hex");
}

/** The rules and seats as the log tells them, and what was handed down to it and is not published yet. Null where they do not hold. */
async function replayed(tx: Tx, fundId: string, today: Day): Promise<Governance | null> {
  const entries = await rows<{ idx: string | null; entry: RulesEntry }>(
    tx,
    `select idx, 0 as no, convert_from(body, 'UTF8')::jsonb as entry from log_entry where fund_id = $1 and kind in ('genesis', 'charter', 'roster', 'change')
     union all
     select null, s.submission_no, s.entry || jsonb_build_object('day', $2::text) from submission s where s.fund_id = $1 and s.entry ->> 'kind' in ('genesis', 'charter', 'roster', 'change')
       and not exists (select from log_entry e where e.fund_id = s.fund_id and e.submission_id = s.submission_id)
     order by idx nulls last, no`,
    [fundId, today],
  );
  const paid = await row<{ idx: string | null }>(
    tx,
    "select min(idx) as idx from log_entry where fund_id = $1 and kind = 'payouts'",
    [fundId],
  );
  const governance = new Governance();
  for (const [i, { idx, entry }] of entries.entries()) {
    governance.hasPaid = paid?.idx != null && (idx === null || BigInt(idx) > BigInt(paid.idx));
    if ((await read(governance, entry, idx === null ? PLACE / 2 + i : Number(idx))).length > 0) return null;
  }
  return governance.isOpen ? governance : null;
}

async function read(governance: Governance, entry: RulesEntry, index: number): Promise<readonly unknown[]> {
  switch (entry.kind) {
    case "genesis":
      return governance.began(entry, index);
    case "charter":
      return governance.chartered(entry, index);
    case "roster":
      return governance.seated(entry, index);
    case "change":
      return governance.decided(entry, index);
  }
}
