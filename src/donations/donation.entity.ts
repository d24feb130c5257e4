import { Column, Entity, PrimaryColumn } from "typeorm";
import { BigIntColumn } from "../platform/database/columns.js";

@Entity("donation")
export class DonationRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("uuid") donationId: string;
  @BigIntColumn() amount: bigint;
  /** What the card is asked for: `amount`, and the fee where the donor covers it. */
  @BigIntColumn() charged: bigint;
  @Column("text") frequency: "once" | "monthly";
  @Column("date") day: string;
  /** The purpose that it was given for. */
  @Column("int") charterVersion: number;
  /** Only where the donor asked to be named. */
  @Column("text", { nullable: true }) displayName: string | null;
  /** The fund's own account at Stripe, where it has one. */
  @Column("text", { nullable: true }) cardAccount: string | null;
  @Column("bytea") keyHash: Buffer;
  @Column("bytea") fingerprint: Buffer;
  @Column("text") receiptToken: string;
  @Column("text", { nullable: true }) checkoutSession: string | null;
  @Column("text", { nullable: true }) checkoutUrl: string | null;
  /** Of a monthly gift: Stripe's name for it, the day that its last renewal failed, and the day that it ended. */
  @Column("text", { nullable: true }) subscription: string | null;
  @Column("date", { nullable: true }) renewalFailedDay: string | null;
  @Column("date", { nullable: true }) endedDay: string | null;
}
