import { Column, Entity, PrimaryColumn } from "typeorm";
import { BigIntColumn } from "../platform/database/columns.js";
import type { What } from "./hand-entry.js";
import type { Memo } from "./sponsor-account.service.js";

@Entity("hand_entry")
export class HandEntryRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("uuid") entryId: string;
  @Column("text") what: What | "undo" | "custody" | Memo;
  @BigIntColumn() amount: bigint;
  @Column("date") day: string;
  /** The draft of a transaction, or a change of custody; nothing for a memo. */
  @Column("jsonb") content: object;
  @Column("text") state: "waiting" | "booked" | "taken-back";
  @Column("uuid") enteredBy: string;
  @Column("uuid", { nullable: true }) confirmedBy: string | null;
  /** Where it stands in the journal. */
  @BigIntColumn({ nullable: true }) seq: bigint | null;
}
