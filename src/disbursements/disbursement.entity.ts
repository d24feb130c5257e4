import { Column, Entity, PrimaryColumn } from "typeorm";
import { BigIntColumn } from "../platform/database/columns.js";
import type { Rail } from "../requests/aid-request.js";

@Entity("disbursement")
export class DisbursementRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("uuid") disbursementId: string;
  /** Null once the request is erased; the sum stays. */
  @Column("uuid", { nullable: true }) requestId: string | null;
  @Column("int") requestVersion: number;
  @Column("uuid") selectionId: string;
  @BigIntColumn() amount: bigint;
  @Column("text") category: string;
  @Column("text") state: "proposed" | "approved" | "paid" | "void";
  @Column("bytea") sealedHash: Buffer;
  @Column("bytea", { nullable: true }) salt: Buffer | null;
  @Column("bytea") commitment: Buffer;
  @Column("date") chosenDay: string;
}

@Entity("payout")
export class PayoutRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("uuid") payoutId: string;
  @Column("uuid") disbursementId: string;
  @Column("int") attempt: number;
  @Column("text") state: "leased" | "passed-on" | "sent";
  @Column("uuid") payer: string;
  @Column("timestamptz") leaseUntil: Date;
  @Column("text", { nullable: true }) rail: Rail | null;
  @Column("text", { nullable: true }) holding: string | null;
  @Column("bytea", { nullable: true }) referenceMac: Buffer | null;
  @Column("text", { nullable: true }) referenceSealed: string | null;
  @Column("date", { nullable: true }) sentDay: string | null;
}
