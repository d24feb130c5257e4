import { Column, Entity, PrimaryColumn } from "typeorm";
import { BigIntColumn } from "../platform/database/columns.js";
import type { RequestState } from "./aid-request.js";

@Entity("aid_request")
export class AidRequestRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("uuid") requestId: string;
  @BigIntColumn() arrival: bigint;
  @Column("date") day: string;
  @BigIntColumn() amount: bigint;
  @Column("text") category: string;
  @Column("date", { nullable: true }) neededBy: string | null;
  /** The fund has not helped them before, by their own word. */
  @Column("boolean") firstHelp: boolean;
  @Column("text") state: RequestState;
  /** When the rule picked it last. */
  @Column("date", { nullable: true }) chosenDay: string | null;
  /** The quorum let it go before the line. */
  @Column("boolean") outOfTurn: boolean;
  @Column("int") version: number;
  /** An armored age file; null once it is erased. */
  @Column("text", { nullable: true }) sealed: string | null;
  /** What a change of how to pay replaced. */
  @Column("text", { nullable: true }) sealedBefore: string | null;
  @Column("bytea") sealedHash: Buffer;
  @Column("text") sealedBy: "server" | "browser";
  /** Answers are sealed to this, too; null without a code. */
  @Column("text", { nullable: true }) replyRecipient: string | null;
  /** What was sent so far; the database counts it (`sent_part`). */
  @BigIntColumn() sent: bigint;
  @Column("date", { nullable: true }) endedDay: string | null;
  /** The flood that it came in, where there was one. */
  @Column("uuid", { nullable: true }) floodId: string | null;
}
