import { audit } from "../ledger/audit.js";
import { withDatabase, type Verb } from "./command.js";

export const auditVerb: Verb = {
  help: ["audit                                recomputes the books with SQL of its own; exit 0 when all holds"],
  async run(_words, config) {
    const findings = await withDatabase(config, ({ database }) => database.atomically((tx) => audit(tx)));
    for (const f of findings) {
      process.stdout.write(
        `${f.violations === 0 ? "ok   " : "WRONG"} ${f.invariant}: checked ${f.checked}, violations ${f.violations}${f.first === null ? "" : `, first ${f.first}`}\n`,
      );
    }
    return findings.every((f) => f.violations === 0) ? 0 : 1;
  },
};
