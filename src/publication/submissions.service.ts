import { Injectable } from "@nestjs/common";
import type { Tx } from "../platform/database/database.js";
import type {
  ApprovalEntry,
  ChangeEntry,
  CharterEntry,
  DrawEntry,
  DrawnEntry,
  GenesisEntry,
  ImportedEntry,
  RosterEntry,
  StatementEntry,
} from "./entry.js";

type Undated<T> = Omit<T, "day">;
/** What other rooms may hand down; the publisher adds the day on which it goes out. */
export type Submission =
  | Undated<GenesisEntry>
  | Undated<CharterEntry>
  | Undated<RosterEntry>
  | Undated<ChangeEntry>
  | Undated<DrawEntry>
  | Undated<DrawnEntry>
  | Undated<ApprovalEntry>
  | Undated<StatementEntry>
  | Undated<ImportedEntry>;

/** The door through which upper rooms hand public entries down, in the SQL transaction of the act that they tell of. Handing the same down twice is once. */
@Injectable()
export class Submissions {
  /** Goes out with the next tick. */
  async submit(tx: Tx, fundId: string, submissionId: string, entry: Submission): Promise<void> {
    await this.write(tx, fundId, submissionId, entry, false);
  }

  /** A signed yes: it goes out with the first batch that it stands behind, so that nobody can count what was signed and not paid yet. */
  async approval(
    tx: Tx,
    fundId: string,
    submissionId: string,
    entry: Undated<ApprovalEntry>,
    commitments: readonly string[],
  ): Promise<void> {
    await this.write(tx, fundId, submissionId, entry, true);
    await tx.query(
      "insert into support (fund_id, commitment, submission_id) select $1, decode(c, 'hex'), $2 from unnest($3::text[]) c on conflict do nothing",
      [fundId, submissionId, commitments],
    );
  }

  /** What was approved for a hold: the commitment under which its payout is published. */
  async decided(tx: Tx, fundId: string, holdId: string, commitment: Buffer): Promise<void> {
    await tx.query("insert into decision (fund_id, hold_id, commitment) values ($1, $2, $3) on conflict do nothing", [
      fundId,
      holdId,
      commitment,
    ]);
  }

  private async write(tx: Tx, fundId: string, submissionId: string, entry: Submission, waits: boolean): Promise<void> {
    await tx.query(
      "insert into submission (fund_id, submission_id, entry, waits) values ($1, $2, $3, $4) on conflict do nothing",
      [fundId, submissionId, JSON.stringify(entry), waits],
    );
  }
}
