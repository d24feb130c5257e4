import { Column, Entity, PrimaryColumn } from "typeorm";
import { BigIntColumn } from "../platform/database/columns.js";

@Entity("treasurer")
export class TreasurerRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("uuid") treasurerId: string;
  /** What the other treasurers call them; never published. */
  @Column("text") name: string;
  /** The age recipient (age1…) to which requests are sealed. */
  @Column("text") recipient: string;
  @Column("date") joinedDay: string;
  /** When they left their seat. */
  @Column("date", { nullable: true }) leftDay: string | null;
}

@Entity("credential")
export class CredentialRow {
  @PrimaryColumn("uuid") fundId: string;
  /** WebAuthn's credential id, base64url. */
  @PrimaryColumn("text") credentialId: string;
  @Column("uuid") treasurerId: string;
  @Column("bytea") publicKey: Buffer;
  @BigIntColumn() counter: bigint;
  /** A software passkey that everybody knows: acts on practice funds only. */
  @Column("boolean") practice: boolean;
  /** The treasurer's age identity, sealed (age) to what this passkey's PRF gives, or to a passphrase. */
  @Column("text") wrappedIdentity: string;
  @Column("text") wrappedBy: "prf" | "passphrase";
}

@Entity("invitation")
export class InvitationRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("bytea") tokenHash: Buffer;
  @Column("timestamptz") expiresAt: Date;
  @Column("boolean") used: boolean;
}
