import { withDatabase, type Verb } from "../command.js";
import type { Finding } from "./invariant.js";
import { audit } from "./run.js";

export const auditVerb: Verb = {
  help: ["audit                                recomputes the books with SQL of its own; exit 0 when all holds"],
  async run(_words, config) {
    const findings = await withDatabase(config, ({ database }) =>
      database.atomically((tx) => audit(tx, (finding) => process.stdout.write(`${lineOf(finding)}\n`))),
    );
    return findings.every((f) => f.violations === 0) ? 0 : 1;
  },
};

function lineOf(f: Finding): string {
  const wrong = f.violations === 0 ? "" : `, ${f.violations} WRONG, the first is ${f.first ?? "unnamed"}`;
  return `${f.violations === 0 ? "ok   " : "WRONG"} ${String(f.number).padStart(2)}  ${f.says}: looked at ${f.checked}${wrong}`;
}
