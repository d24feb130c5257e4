import { row, type Tx } from "../../platform/database/database.js";
import { heldApprovals } from "./held-approvals.js";
import { verifiedLogs } from "./log-verified.js";
import type { Finding } from "./invariant.js";
import { INVARIANTS } from "./invariants.js";

/** Runs every check in one snapshot, so that a book which is being written meanwhile is looked at as it was at one moment. `tell` hears each finding as it comes. */
export async function audit(tx: Tx, tell: (finding: Finding) => void = () => undefined): Promise<Finding[]> {
  await tx.query("set transaction isolation level repeatable read read only");
  // One pass over millions of postings takes longer than any page may, and sorts better in memory.
  await tx.query("set local statement_timeout = '10min'");
  await tx.query("set local work_mem = '256MB'");
  const findings: Finding[] = [];
  for (const { number, says, rows } of INVARIANTS) {
    const found = await row<{ checked: string; violations: string; first: string | null }>(
      tx,
      `select count(*) as checked, count(*) filter (where coalesce(bad, true)) as violations, min(id) filter (where coalesce(bad, true)) as first from (${rows}) looked_at`,
    );
    const finding = {
      number,
      says,
      checked: Number(found?.checked ?? 0),
      violations: Number(found?.violations ?? 0),
      first: found?.first ?? null,
    };
    findings.push(finding);
    tell(finding);
  }
  for (const finding of [await heldApprovals(tx), ...(await verifiedLogs(tx))]) {
    findings.push(finding);
    tell(finding);
  }
  return findings;
}
