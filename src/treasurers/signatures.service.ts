import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Json } from "../kernel/canonical-json.js";
import type { Fund } from "../funds/funds.service.js";
import type { Tx } from "../platform/database/database.js";
import { Passkeys } from "./passkeys.service.js";

/** The purposes under which a text is signed, and kept word for word. */
type SignedPurpose = "approve" | "genesis" | "decide";

export interface SignedText {
  readonly statementId: string;
  /** What was signed. */
  readonly text: string;
  /** What the challenge was about, as it was issued. */
  readonly subject: Json;
}

/** A treasurer's passkey over a text: checked, and kept with its assertion. */
@Injectable()
export class Signatures {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly clock: Clock,
  ) {}

  /** The challenge's subject holds the text as `statement`. Refuses `passkey` and `not-yours`. */
  async keep(
    tx: Tx,
    fund: Fund,
    purpose: SignedPurpose,
    by: { readonly treasurerId: string; readonly challengeId: string; readonly response: unknown },
  ): Promise<SignedText> {
    const { treasurerId, challengeId, response } = by;
    const consumed = await this.passkeys.consume(tx, fund, purpose, challengeId);
    const credential = await this.passkeys.verify(tx, fund, response, consumed.challenge);
    if (credential.treasurerId !== treasurerId || consumed.treasurerId !== treasurerId) throw new Refusal("not-yours");
    const text = (consumed.subject as { statement: string }).statement;
    const { nonce } = JSON.parse(text) as { nonce: string };
    const statementId = newId();
    await tx.query("insert into signed_statement (fund_id, statement_id, treasurer_id, purpose, statement, nonce, assertion, day) values ($1, $2, $3, $4, $5, $6, $7, $8)", [
      fund.fundId, statementId, treasurerId, purpose, text, nonce, JSON.stringify(response), dayIn(fund.charter.timeZone, this.clock.now()),
    ]); // prettier-ignore
    return { statementId, text, subject: consumed.subject };
  }
}
