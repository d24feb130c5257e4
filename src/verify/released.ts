import { commitmentTo } from "../publication/commitment.js";
import type { ApprovalEntry } from "../publication/entry.js";
import type { Evidence, RulesEntry } from "../publication/evidence.js";
import type { ItemDetails } from "../treasurers/statement.js";
import { Governance } from "./governance.js";

/** Behind every entry of a log. */
const PLACE = 2_000_000_000;

/** An item that is said to be approved. */
export interface Item {
  /** Hex. */
  readonly commitment: string;
  readonly details: ItemDetails;
  readonly salt: Uint8Array;
}

/**
 * Which of these items a quorum signed: rules and seats are replayed from the fund's first entry on, each passkey's signature is checked, and each commitment is computed again from what it is said to be of.
 * The same in the worker, which releases payouts, and in the browser of whoever pays, so that neither has to believe the other, nor the web process, nor the rows that it wrote. Nothing is approved where the
 * rules themselves do not hold.
 */
export async function approvedOf(evidence: Evidence, items: readonly Item[]): Promise<boolean[]> {
  const governance = await replayed(evidence);
  const valid = governance === null ? [] : await validApprovals(governance, evidence);
  return items.map(
    ({ commitment, details, salt }) =>
      governance !== null &&
      valid.length > 0 &&
      commitmentTo(salt, details) === commitment &&
      governance.quorum([commitment], valid, PLACE).length === 0,
  );
}

/** Null where they do not hold. */
async function replayed({ rules, firstPayout }: Evidence): Promise<Governance | null> {
  const governance = new Governance();
  for (const [i, { index, entry }] of rules.entries()) {
    governance.hasPaid = firstPayout !== null && (index === null || index > firstPayout);
    if ((await read(governance, entry, index ?? PLACE / 2 + i)).length > 0) return null;
  }
  return governance.isOpen ? governance : null;
}

/** The places of those approvals that hold: signed with a key of the roster, under rules that were in force, once. */
async function validApprovals(governance: Governance, { approvals, day }: Evidence): Promise<number[]> {
  const valid: number[] = [];
  for (const [i, { treasurer, statement, assertion }] of approvals.entries()) {
    const at = PLACE - approvals.length + i;
    const entry: ApprovalEntry = { v: 1, kind: "approval", day, treasurer, statement, assertion };
    if ((await governance.approved(entry, at)).length === 0) valid.push(at);
  }
  return valid;
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
