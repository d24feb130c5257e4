import type { Fund } from "../../src/funds/funds.service.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import type { Commonpot } from "./commonpot.js";

/** Somebody with an invitation has made a passkey, and asks for a seat. Returns the candidate's id. */
export async function candidateFor(pot: Commonpot, fund: Fund, name: string): Promise<string> {
  const p = await practiceTreasurer(name);
  const app = await pot.db.as("app");
  const { rows } = await app.query<{ id: string }>(
    `insert into candidate (fund_id, candidate_id, name, recipient, credential_id, public_key, counter, practice, wrapped_identity, wrapped_by, day)
     values ($1, gen_random_uuid(), $2, $3, $4, $5, 0, true, $6, 'prf', current_date) returning candidate_id as id`,
    [fund.fundId, name, p.recipient, p.passkey.credentialId, p.publicKey, p.wrappedIdentity],
  );
  return rows[0]!.id;
}
