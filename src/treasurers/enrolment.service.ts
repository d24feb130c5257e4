import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { Database, rows, sqlState, type Tx } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { Invitations } from "./invitations.service.js";
import { Passkeys, type Challenge, type NewCredential } from "./passkeys.service.js";
import { CredentialRow, TreasurerRow } from "./treasurer.entity.js";

export interface NewSeat {
  readonly name: string;
  readonly recipient: string;
  readonly wrappedIdentity: string;
  readonly wrappedBy: "prf" | "passphrase";
}

/** What a browser needs to make a passkey (WebAuthn's PublicKeyCredentialCreationOptions, in JSON). */
export interface RegistrationOptions extends Challenge {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string };
}

/** Taking a seat with an invitation. */
@Injectable()
export class Enrolment {
  constructor(
    private readonly database: Database,
    private readonly invitations: Invitations,
    private readonly passkeys: Passkeys,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  async begin(fund: Fund, token: string): Promise<RegistrationOptions> {
    return this.database.atomically(async (tx) => {
      await this.invitations.check(tx, fund, token, this.clock.now());
      const challenge = await this.passkeys.issue(tx, fund, "register");
      return {
        ...challenge,
        rp: { id: this.address.hostname, name: fund.charter.name },
        user: { id: Buffer.from(newId()).toString("base64url") },
      };
    });
  }

  /** Seat, passkey and sealed identity come together or not at all. Returns the new treasurer's id. */
  async finish(
    tx: Tx,
    fund: Fund,
    token: string,
    challengeId: string,
    seat: NewSeat,
    response: unknown,
  ): Promise<string> {
    // The last signature of the genesis takes the same lock: whoever is seated after it is not in what was signed.
    await tx.query("select pg_advisory_xact_lock(hashtextextended($1, 1))", [fund.fundId]);
    const [now] = await rows<{ state: string }>(tx, "select state from fund where fund_id = $1", [fund.fundId]);
    if (now?.state !== "founding") throw new Refusal("fund-is-open");
    const { challenge } = await this.passkeys.consume(tx, fund, "register", challengeId);
    const credential = await this.passkeys.verifyNew(response, challenge);
    await this.invitations.use(tx, fund, token, this.clock.now());
    return this.seat(tx, fund, seat, credential, false);
  }

  /** Writes the seat. `practice` credentials are refused by the database on any fund that is not for practice. */
  async seat(tx: Tx, fund: Fund, seat: NewSeat, credential: NewCredential, practice: boolean): Promise<string> {
    const treasurerId = newId();
    const { name, recipient, wrappedIdentity, wrappedBy } = seat;
    try {
      await tx.insert(TreasurerRow, {
        fundId: fund.fundId,
        treasurerId,
        name,
        recipient,
        joinedDay: dayIn(fund.charter.timeZone, this.clock.now()),
      });
      await tx.insert(CredentialRow, {
        fundId: fund.fundId,
        treasurerId,
        practice,
        wrappedIdentity,
        wrappedBy,
        ...credential,
      });
    } catch (error) {
      if (sqlState(error) === "23505") throw new Refusal("name-taken", { field: "name" });
      throw error;
    }
    return treasurerId;
  }
}
