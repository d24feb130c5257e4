import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
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

  /** Seat, passkey and sealed identity come together or not at all. In a fund that is open whoever comes is a candidate, until the treasurers have decided it. */
  async finish(
    tx: Tx,
    fund: Fund,
    token: string,
    challengeId: string,
    seat: NewSeat,
    response: unknown,
  ): Promise<{ treasurerId: string; seated: boolean }> {
    // The last signature of the genesis takes the same lock: whoever is seated after it is not in what was signed.
    await tx.query("select pg_advisory_xact_lock(hashtextextended($1, 1))", [fund.fundId]);
    const [now] = await rows<{ state: string }>(tx, "select state from fund where fund_id = $1", [fund.fundId]);
    if (now?.state !== "founding" && now?.state !== "open") throw new Refusal("fund-is-open");
    const { challenge } = await this.passkeys.consume(tx, fund, "register", challengeId);
    const credential = await this.passkeys.verifyNew(response, challenge);
    await this.invitations.use(tx, fund, token, this.clock.now());
    if (now.state === "founding")
      return { treasurerId: await this.seat(tx, fund, seat, credential, false), seated: true };
    return { treasurerId: await this.stand(tx, fund, seat, credential), seated: false };
  }

  /** Who would take a seat of a fund that is open, oldest first; not those who sit, or sat, in one. */
  candidates(tx: Tx, fund: Fund): Promise<{ candidateId: string; name: string; day: Day }[]> {
    return rows(
      tx,
      `select candidate_id as "candidateId", name, day::text as day from candidate c where fund_id = $1
         and not exists (select from treasurer t where t.fund_id = c.fund_id and t.treasurer_id = c.candidate_id) order by day, candidate_id`,
      [fund.fundId],
    );
  }

  private async stand(tx: Tx, fund: Fund, seat: NewSeat, credential: NewCredential): Promise<string> {
    const candidateId = newId();
    try {
      await tx.query(
        `insert into candidate (fund_id, candidate_id, name, recipient, credential_id, public_key, counter, practice, wrapped_identity, wrapped_by, day)
         values ($1, $2, $3, $4, $5, $6, $7, false, $8, $9, $10)`,
        [
          fund.fundId, candidateId, seat.name, seat.recipient, credential.credentialId, credential.publicKey, credential.counter.toString(), seat.wrappedIdentity, seat.wrappedBy,
          dayIn(fund.charter.timeZone, this.clock.now()),
        ], // prettier-ignore
      );
    } catch (error) {
      if (sqlState(error) === "23505") throw new Refusal("name-taken", { field: "name" });
      throw error;
    }
    return candidateId;
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
        leftDay: null,
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
