import { Injectable } from "@nestjs/common";
import { IsNull } from "typeorm";
import {
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { Clock } from "../kernel/clock.js";
import { newId, newToken, toBase64Url } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, row, type Tx } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { challengeFor, type Purpose } from "./statement.js";
import { CredentialRow, TreasurerRow } from "./treasurer.entity.js";

/** Time to sign; and, when taking a seat, time to write the paper backup down before the seat is taken. */
export const CHALLENGE_MINUTES = {
  register: 60,
  login: 5,
  open: 5,
  approve: 5,
  genesis: 5,
  decide: 5,
} as const satisfies Record<Purpose, number>;
/** ES256, EdDSA, RS256: what phones, laptops and keys make. */
export const ALGORITHMS = [-7, -8, -257];

export interface Challenge {
  readonly challengeId: string;
  /** base64url */
  readonly challenge: string;
}

export interface Consumed {
  readonly treasurerId: string | null;
  readonly subject: Json;
  readonly challenge: string;
}

/** What a browser hands in to open something sealed. */
export interface SignedOpening {
  readonly challengeId: string;
  readonly response: unknown;
}

export interface NewCredential {
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly counter: bigint;
}

/** Passkeys: challenges that are used once, and the two verifications. Everything that does not fit is one refusal, `passkey`. */
@Injectable()
export class Passkeys {
  constructor(
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  /** A challenge for a purpose: over `text` where something is signed, over a random token elsewhere. */
  async issue(
    tx: Tx,
    fund: Fund,
    purpose: Purpose,
    about: { treasurerId?: string; text?: string; subject?: Json } = {},
  ): Promise<Challenge> {
    const challengeId = newId();
    const challenge = await challengeFor(purpose, about.text ?? newToken());
    const expiresAt = new Date(this.clock.now().getTime() + CHALLENGE_MINUTES[purpose] * 60_000);
    await tx.query("insert into challenge (fund_id, challenge_id, purpose, treasurer_id, challenge, subject, expires_at) values ($1, $2, $3, $4, $5, $6, $7)", [
      fund.fundId, challengeId, purpose, about.treasurerId ?? null, Buffer.from(challenge), JSON.stringify(about.subject ?? null), expiresAt,
    ]); // prettier-ignore
    return { challengeId, challenge: toBase64Url(challenge) };
  }

  /** Takes a challenge away: it is good once, for its purpose, for its minutes. */
  async consume(tx: Tx, fund: Fund, purpose: Purpose, challengeId: string): Promise<Consumed> {
    const [taken] = await changed<{ treasurer_id: string | null; challenge: Buffer; subject: Json }>(
      tx,
      "delete from challenge where fund_id = $1 and challenge_id = $2 and purpose = $3 and expires_at > $4 returning treasurer_id, challenge, subject",
      [fund.fundId, challengeId, purpose, this.clock.now()],
    );
    if (!taken) throw new Refusal("passkey");
    return {
      treasurerId: taken.treasurer_id,
      subject: taken.subject,
      challenge: taken.challenge.toString("base64url"),
    };
  }

  /** A fresh signature of this treasurer, for a challenge that they were given to open this and nothing else. Refuses `passkey`, `not-yours`. */
  async openedBy(tx: Tx, fund: Fund, treasurerId: string, subject: Json, signed: SignedOpening): Promise<void> {
    const consumed = await this.consume(tx, fund, "open", signed.challengeId);
    const credential = await this.verify(tx, fund, signed.response, consumed.challenge);
    const isTheirs = credential.treasurerId === treasurerId && consumed.treasurerId === treasurerId;
    if (!isTheirs || canonicalJson(consumed.subject) !== canonicalJson(subject)) throw new Refusal("not-yours");
  }

  async verifyNew(response: unknown, challenge: string): Promise<NewCredential> {
    refusePrf(response);
    try {
      const result = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: this.address.origin,
        expectedRPID: this.address.hostname,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (!result.verified) throw new Error("not verified");
      const { credential } = result.registrationInfo;
      return {
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey),
        counter: BigInt(credential.counter),
      };
    } catch {
      throw new Refusal("passkey");
    }
  }

  /** Checks an assertion: origin, rpId, user verification, signature, counter. Returns whose passkey it was. */
  async verify(tx: Tx, fund: Fund, response: unknown, challenge: string): Promise<CredentialRow> {
    refusePrf(response);
    const credentialId = (response as { id?: unknown } | null)?.id;
    const credential =
      typeof credentialId === "string"
        ? await tx.findOneBy(CredentialRow, { fundId: fund.fundId, credentialId })
        : null;
    if (credential === null || (credential.practice && !fund.practice)) throw new Refusal("passkey");
    const seat = { fundId: fund.fundId, treasurerId: credential.treasurerId, leftDay: IsNull() };
    if (!(await tx.existsBy(TreasurerRow, seat))) throw new Refusal("passkey");
    const suspended = await row(
      tx,
      "select 1 from suspension where fund_id = $1 and treasurer_id = $2 and until > $3 and lifted_by is null limit 1",
      [fund.fundId, credential.treasurerId, this.clock.now()],
    );
    if (suspended !== null) throw new Refusal("suspended");
    let counter: number;
    try {
      const result = await verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: this.address.origin,
        expectedRPID: this.address.hostname,
        requireUserVerification: true,
        credential: {
          id: credential.credentialId,
          publicKey: new Uint8Array(credential.publicKey),
          counter: Number(credential.counter),
        },
      });
      if (!result.verified) throw new Error("not verified");
      counter = result.authenticationInfo.newCounter;
    } catch {
      throw new Refusal("passkey");
    }
    if (BigInt(counter) !== credential.counter)
      await tx.update(
        CredentialRow,
        { fundId: fund.fundId, credentialId: credential.credentialId },
        { counter: BigInt(counter) },
      );
    return credential;
  }
}

/** What a passkey's PRF gave opens the treasurer's key: the browser strips it, and we refuse to have seen it. */
function refusePrf(response: unknown): void {
  const results = (response as { clientExtensionResults?: { prf?: { results?: unknown } } } | null)
    ?.clientExtensionResults?.prf?.results;
  if (results !== undefined) throw new Refusal("passkey");
}
