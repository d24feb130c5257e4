import { cosignaturesOf } from "../tlog/cosignature.js";
import type { Note } from "../tlog/note.js";
import { quorumSatisfied, type Policy } from "../tlog/policy.js";
import { alarm, type Finding } from "./finding.js";

/** Checks a checkpoint's cosignatures against the policy of whoever verifies (C2SP tlog-policy). */
export function witnessesOf(policy: Policy): (note: Note) => readonly Finding[] {
  return (note) => {
    try {
      const cosigned = cosignaturesOf(
        note,
        policy.witnesses.map((w) => w.key),
      );
      return quorumSatisfied(policy, new Set(cosigned.map((c) => c.key))) ? [] : [alarm("unwitnessed")];
    } catch (error) {
      return [alarm("cosignature", { detail: error instanceof Error ? error.message : "unknown" })];
    }
  };
}
