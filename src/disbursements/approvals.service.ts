import { Injectable } from "@nestjs/common";
import { In } from "typeorm";
import { Clock, dayIn } from "../kernel/clock.js";
import { newToken } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { Journal } from "../ledger/journal.service.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, Database, row, rows, type Tx } from "../platform/database/database.js";
import { AidRequestRow } from "../requests/aid-request.entity.js";
import { Submissions } from "../publication/submissions.service.js";
import { Jobs } from "../platform/jobs/jobs.js";
import { LogReads } from "../tlog/log-reads.service.js";
import { Passkeys, type Challenge } from "../treasurers/passkeys.service.js";
import { quorumMet } from "../treasurers/quorum.js";
import type { PasskeyAssertion } from "../treasurers/software-passkey.js";
import { Signatures } from "../treasurers/signatures.service.js";
import { Seats } from "../treasurers/seats.service.js";
import { publicAssertion, statementText, type ApprovalStatement, type ItemDetails } from "../treasurers/statement.js";
import { detailsOf, RELEASE_TASK } from "./disbursement.js";
import { DisbursementRow } from "./disbursement.entity.js";
import { Selections } from "./selection.service.js";

/** What a browser is handed to sign: it recomputes every commitment from what it shows before it asks the passkey. */
export interface StatementToSign extends Challenge {
  readonly statement: string;
  readonly items: readonly { readonly disbursementId: string; readonly details: ItemDetails; readonly salt: string }[];
}

export interface Approved {
  /** The quorum is met: money is held. */
  readonly approved: readonly string[];
  /** Signed, and waiting for another treasurer. */
  readonly signed: readonly string[];
  /** Changed since the statement was made: nothing was recorded for these. */
  readonly outOfDate: readonly string[];
  /** The pot no longer covers these: nothing was recorded for them, and the others stand. */
  readonly notCovered: readonly string[];
}

interface Subject {
  readonly statement: string;
  readonly items: readonly { readonly disbursementId: string; readonly commitment: string }[];
}

@Injectable()
export class Approvals {
  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
    private readonly signatures: Signatures,
    private readonly seats: Seats,
    private readonly selections: Selections,
    private readonly journal: Journal,
    private readonly submissions: Submissions,
    private readonly log: LogReads,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
  ) {}

  /** One statement over a list. Refuses `statement-out-of-date` when one of them is no longer to be approved. */
  async statementFor(fund: Fund, treasurerId: string, disbursementIds: readonly string[]): Promise<StatementToSign> {
    return this.database.atomically(async (tx) => {
      const found = await tx.find(DisbursementRow, {
        where: { fundId: fund.fundId, disbursementId: In([...disbursementIds]), state: "proposed" },
      });
      if (found.length !== new Set(disbursementIds).size || found.length === 0)
        throw new Refusal("statement-out-of-date");
      const statement: ApprovalStatement = {
        v: 1,
        purpose: "approve",
        fund: fund.fundId,
        charter: fund.charterVersion,
        roster: await this.seats.rosterVersion(tx, fund.fundId),
        quorum: fund.charter.quorum,
        nonce: newToken(),
        logSize: (await this.log.published(fund.fundId, tx))?.size ?? 0,
        commitments: found.map((d) => d.commitment.toString("hex")).sort(),
      };
      const text = statementText(statement);
      const items = found.map((d) => ({ disbursementId: d.disbursementId, commitment: d.commitment.toString("hex") }));
      const challenge = await this.passkeys.issue(tx, fund, "approve", {
        treasurerId,
        text,
        subject: { statement: text, items },
      });
      const shown = found.map((d) => ({
        disbursementId: d.disbursementId,
        details: detailsOf(d, fund.currency),
        salt: (d.salt ?? Buffer.alloc(0)).toString("base64url"),
      }));
      return { ...challenge, statement: text, items: shown };
    });
  }

  /**
   * Records a treasurer's signed yes: locks every request and disbursement of the list, then for each inserts, counts, and moves the state. Refuses
   * `passkey`, `not-yours`, `already-approved`, `statement-out-of-date` (when every item changed) and `not-enough-free`.
   */
  async approve(tx: Tx, fund: Fund, treasurerId: string, challengeId: string, response: unknown): Promise<Approved> {
    const signed = await this.signatures.keep(tx, fund, "approve", { treasurerId, challengeId, response });
    const { statementId } = signed;
    const subject = signed.subject as unknown as Subject;
    const said = JSON.parse(subject.statement) as ApprovalStatement;
    if (said.charter !== fund.charterVersion || said.roster !== (await this.seats.rosterVersion(tx, fund.fundId)))
      throw new Refusal("statement-out-of-date");
    const recorded = await this.record(tx, fund, { treasurerId, statementId, items: subject.items });
    const entry = {
      v: 1 as const,
      kind: "approval" as const,
      treasurer: treasurerId,
      statement: subject.statement,
      assertion: publicAssertion(response as PasskeyAssertion),
    };
    await this.submissions.approval(tx, fund.fundId, statementId, entry, said.commitments);
    return recorded;
  }

  /** What a sealed approval's hash in the log is of, for the fund's own treasurers: with the salt, anybody they show it to can check it. Refuses `no-such-page`. */
  async sealed(fund: Fund, index: number): Promise<{ salt: string; approval: object }> {
    const found = await row<{ salt: Buffer; entry: object }>(
      this.database.read,
      `select s.salt, m.entry from log_entry e join submission m using (fund_id, submission_id) join approval_salt s using (fund_id, submission_id)
       where e.fund_id = $1 and e.idx = $2 and e.kind = 'approval'`,
      [fund.fundId, index],
    );
    if (found === null) throw new Refusal("no-such-page");
    return { salt: found.salt.toString("hex"), approval: found.entry };
  }

  /** The part below the signature: also what races are tried on. */
  async record(
    tx: Tx,
    fund: Fund,
    yes: { treasurerId: string; statementId: string; items: Subject["items"] },
  ): Promise<Approved> {
    const approved: string[] = [];
    const signed: string[] = [];
    const outOfDate: string[] = [];
    const notCovered: string[] = [];
    const seats = (await this.seats.all(tx, fund.fundId)).map((seat) => seat.treasurerId);
    const standing = await this.selections.lockAndVoid(
      tx,
      fund,
      yes.items.map((item) => item.disbursementId),
    );
    // In the order of the line: when the pot no longer covers all, the first are signed.
    const line = await this.selections.proposedInLine(tx, fund);
    const inLine = yes.items.toSorted((a, b) => line.indexOf(a.disbursementId) - line.indexOf(b.disbursementId));
    for (const { disbursementId, commitment } of inLine) {
      const disbursement = standing.find((d) => d.disbursementId === disbursementId);
      if (disbursement?.state !== "proposed" || disbursement.commitment.toString("hex") !== commitment)
        outOfDate.push(disbursementId);
      else
        (await this.countIfCovered(tx, fund, disbursement, yes, seats, { approved, signed, notCovered })).push(
          disbursementId,
        );
    }
    if (approved.length + signed.length === 0)
      throw new Refusal(notCovered.length > 0 ? "not-enough-free" : "statement-out-of-date");
    return { approved, signed, outOfDate, notCovered };
  }

  /** An item that the pot no longer covers refuses itself alone. */
  private async countIfCovered(
    tx: Tx,
    fund: Fund,
    disbursement: DisbursementRow,
    yes: { treasurerId: string; statementId: string },
    seats: readonly string[],
    lists: { approved: string[]; signed: string[]; notCovered: string[] },
  ): Promise<string[]> {
    await tx.query("savepoint item");
    try {
      const met = await this.count(tx, fund, disbursement, yes, seats);
      await tx.query("release savepoint item");
      return met ? lists.approved : lists.signed;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "not-enough-free") throw error;
      await tx.query("rollback to savepoint item");
      return lists.notCovered;
    }
  }

  private async count(
    tx: Tx,
    fund: Fund,
    disbursement: DisbursementRow,
    yes: { treasurerId: string; statementId: string },
    seats: readonly string[],
  ): Promise<boolean> {
    const { fundId, disbursementId, commitment } = disbursement;
    const inserted = await changed(
      tx,
      "insert into approval (fund_id, disbursement_id, treasurer_id, statement_id, commitment) values ($1, $2, $3, $4, $5) on conflict do nothing returning treasurer_id",
      [fundId, disbursementId, yes.treasurerId, yes.statementId, commitment],
    );
    if (inserted.length === 0) throw new Refusal("already-approved");
    const by = await rows<{ treasurer_id: string }>(
      tx,
      "select treasurer_id from approval where fund_id = $1 and disbursement_id = $2 and commitment = $3",
      [fundId, disbursementId, commitment],
    );
    if (
      !quorumMet(
        by.map((a) => a.treasurer_id),
        seats,
        fund.charter.quorum,
      )
    )
      return false;
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    await this.journal.placeHold(tx, fundId, disbursementId, disbursement.amount, today);
    await this.submissions.decided(tx, fundId, disbursementId, commitment);
    await tx.update(DisbursementRow, { fundId, disbursementId }, { state: "approved" });
    await tx.update(AidRequestRow, { fundId, requestId: disbursement.requestId ?? "" }, { state: "approved" });
    await this.jobs.enqueue(tx, RELEASE_TASK, { fund: fundId }, { jobKey: `${RELEASE_TASK} ${fundId}` });
    return true;
  }
}
