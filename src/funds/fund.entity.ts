import { Column, Entity, PrimaryColumn } from "typeorm";
import type { Template } from "./templates.js";

/** `founding` (gifts open with the first treasurer) -> `open` (asking too) -> `winding-down` -> `closed`. */
export type FundState = "founding" | "open" | "winding-down" | "closed";

@Entity("fund")
export class FundRow {
  @PrimaryColumn("uuid") fundId: string;
  @Column("text") slug: string;
  @Column("boolean") practice: boolean;
  @Column("text") template: Template;
  @Column("text") currency: string;
  @Column("text") state: FundState;
  @Column("date") createdDay: string;
}

@Entity("charter")
export class CharterRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("int") version: number;
  @Column("jsonb") charter: object;
  @Column("bytea") hash: Buffer;
  @Column("date") day: string;
}
