import { cosignaturesOf } from "../tlog/cosignature.js";
import type { Note } from "../tlog/note.js";
import { quorumSatisfied, type Policy } from "../tlog/policy.js";
import { alarm, type Finding } from "./finding.js";

/** Checks a checkpoint's cosignatures against the policy of whoever verifies (C2SP tlog-policy). */
export function witnessesOf(policy: Policy): (note: Note) => readonly Finding[] {
  return (note) => {
    try {
      const signed = policy.witnesses.filter((w) => cosignaturesOf(note, [w.key]).length > 0);
      return quorumSatisfied(policy, new Set(signed.map((w) => w.name))) ? [] : [alarm("unwitnessed")];
    } catch (error) {
      return [alarm("cosignature", { detail: error instanceof Error ? error.message : "unknown" })];
    }
  };
}
