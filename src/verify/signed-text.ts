import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import type { ApprovalStatement, DecisionStatement, GenesisStatement } from "../treasurers/statement.js";

/** A statement is canonical JSON with its own closed list of fields: the signed bytes have one reading. */
export function parsed(text: string): ApprovalStatement | GenesisStatement | DecisionStatement | null {
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    const fields = FIELDS[said["purpose"] as keyof typeof FIELDS];
    const known = Object.keys(said).sort().join() === fields && said["v"] === 1 && typeof said["nonce"] === "string";
    const whole =
      said["purpose"] !== "approve" ||
      (Array.isArray(said["commitments"]) && said["commitments"].every((c) => typeof c === "string"));
    return known && whole && canonicalJson(said as Json) === text
      ? (said as unknown as ApprovalStatement | GenesisStatement | DecisionStatement)
      : null;
  } catch {
    return null;
  }
}

const FIELDS = {
  approve: "charter,commitments,fund,logSize,nonce,purpose,quorum,roster,v",
  genesis: "charter,fund,nonce,purpose,roster,v",
  decide: "charter,decision,fund,kind,nonce,purpose,quorum,roster,subject,v",
} as const;
