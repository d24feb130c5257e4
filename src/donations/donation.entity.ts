import { Column, Entity, PrimaryColumn } from "typeorm";
import { BigIntColumn } from "../platform/database/columns.js";

@Entity("donation")
export class DonationRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("uuid") donationId: string;
  @BigIntColumn() amount: bigint;
  /** What the card is asked for: `amount`, and the fee where the donor covers it. */
  @BigIntColumn() charged: bigint;
  @Column("text") frequency: "once";
  @Column("date") day: string;
  @Column("bytea") keyHash: Buffer;
  @Column("bytea") fingerprint: Buffer;
  @Column("text") receiptToken: string;
  @Column("text", { nullable: true }) checkoutSession: string | null;
  @Column("text", { nullable: true }) checkoutUrl: string | null;
}
