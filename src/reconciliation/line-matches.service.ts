import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { HandEntries } from "../holdings/hand-entries.service.js";
import type { What } from "../holdings/hand-entry.js";
import { changed, row, rows, sqlState, type Tx } from "../platform/database/database.js";
import { GROUP_MAX, type Option } from "./match.js";

/** What a left-over line can become by hand, by the way its money went. Help to people is no part of it: that goes over the desk, with the group's yes. */
export const ENTRIES_IN = ["gift", "dues", "levy", "unknown", "moved"] as const satisfies readonly What[];
export const ENTRIES_OUT = ["fee", "refund", "moved"] as const satisfies readonly What[];
export type EntryOfLine = (typeof ENTRIES_IN)[number] | (typeof ENTRIES_OUT)[number];

interface Line {
  readonly lineId: string;
  readonly accountNo: number;
  readonly holding: string;
  readonly day: Day;
  readonly amount: bigint;
}

/** What people say a line is. Nothing here happens by itself: each is somebody's press, kept with who it was, and can be undone. */
@Injectable()
export class LineMatches {
  constructor(
    private readonly entries: HandEntries,
    private readonly clock: Clock,
  ) {}

  /** These lines are these transactions. All or nothing: refuses `wrong-state` when one does not add up, or something of it was matched or left alone meanwhile. */
  async match(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    pairs: readonly { lineId: string; seqs: Option }[],
  ): Promise<void> {
    const inOrder = [...pairs].sort((a, b) => (a.lineId < b.lineId ? -1 : 1));
    for (const { lineId, seqs } of inOrder) {
      const line = await this.openLine(tx, fund, treasurerId, lineId);
      if (seqs.length < 1 || seqs.length > GROUP_MAX) throw new Refusal("wrong-state");
      await this.insert(tx, fund, treasurerId, line, seqs.map((seq) => ({ seq, entryId: null }))); // prettier-ignore
    }
  }

  /** Enters by hand what a line is; another treasurer says yes, and then the line is matched. Refuses `invalid` with the field, and `wrong-state`. */
  async begin(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    asked: { lineId: string; what: EntryOfLine; other: string | undefined },
  ): Promise<void> {
    const line = await this.openLine(tx, fund, treasurerId, asked.lineId);
    const came = line.amount > 0n;
    const allowed: readonly What[] = came ? ENTRIES_IN : ENTRIES_OUT;
    if (!allowed.includes(asked.what)) throw new Refusal("invalid", { field: "what" });
    const between = asked.what === "moved" ? (came ? { holding: asked.other, to: line.holding } : { holding: line.holding, to: asked.other }) : { holding: line.holding }; // prettier-ignore
    if (asked.what === "moved" && asked.other === line.holding) throw new Refusal("invalid", { field: "other" });
    const entered = { what: asked.what, day: line.day, amount: came ? line.amount : -line.amount, ...between };
    const entryId = await this.entries.enter(tx, fund, treasurerId, entered);
    await this.insert(tx, fund, treasurerId, line, [{ seq: null, entryId }]);
  }

  /** The match is no more; what was booked stays booked. An entry that still waits for its second yes is taken back with it. */
  async undo(tx: Tx, fund: Fund, treasurerId: string, lineId: string): Promise<void> {
    await this.lock(tx, fund, lineId);
    const waiting = await row<{ entry_id: string }>(
      tx,
      "select entry_id from standing_match where fund_id = $1 and line_id = $2 and entry_id is not null and seq is null",
      [fund.fundId, lineId],
    );
    if (waiting !== null) await this.entries.takeBack(tx, fund, waiting.entry_id);
    const undone = await this.undoStanding(tx, fund, treasurerId, lineId);
    if (undone === 0) throw new Refusal("wrong-state");
  }

  /** Not ours, or nothing to be booked. Refuses `wrong-state` when one of them is matched meanwhile. */
  async leave(tx: Tx, fund: Fund, treasurerId: string, lineIds: readonly string[]): Promise<void> {
    for (const lineId of [...lineIds].sort()) {
      await this.openLine(tx, fund, treasurerId, lineId);
      await tx.query("update statement_line set left_by = $3 where fund_id = $1 and line_id = $2", [
        fund.fundId,
        lineId,
        treasurerId,
      ]);
    }
  }

  async takeUp(tx: Tx, fund: Fund, lineId: string): Promise<void> {
    const taken = await changed(
      tx,
      "update statement_line set left_by = null where fund_id = $1 and line_id = $2 and left_by is not null returning line_id",
      [fund.fundId, lineId],
    );
    if (taken.length === 0) throw new Refusal("wrong-state");
  }

  private async lock(tx: Tx, fund: Fund, lineId: string): Promise<Line & { left: boolean }> {
    const found = await row<{ account_no: number; code: string; day: Day; amount: string; left: boolean }>(
      tx,
      `select l.account_no, (select code from account a where a.fund_id = l.fund_id and a.account_no = l.account_no) as code, l.day::text as day, l.amount, l.left_by is not null as left
       from statement_line l where l.fund_id = $1 and l.line_id = $2 for update of l`,
      [fund.fundId, lineId],
    );
    if (found === null) throw new Refusal("wrong-state");
    return { lineId, accountNo: found.account_no, holding: found.code, day: found.day, amount: BigInt(found.amount), left: found.left }; // prettier-ignore
  }

  /** A line that nobody matched or left alone, locked. */
  private async openLine(tx: Tx, fund: Fund, treasurerId: string, lineId: string): Promise<Line> {
    const line = await this.lock(tx, fund, lineId);
    const standing = await rows(
      tx,
      "select 1 as standing from standing_match where fund_id = $1 and line_id = $2 limit 1",
      [fund.fundId, lineId],
    );
    if (line.left || standing.length > 0) throw new Refusal("wrong-state");
    // An entry that was taken back on the holdings' page left its match behind.
    await this.undoStanding(tx, fund, treasurerId, lineId);
    return line;
  }

  private async undoStanding(tx: Tx, fund: Fund, treasurerId: string, lineId: string): Promise<number> {
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const undone = await changed(
      tx,
      "update statement_match set undone_by = $3, undone_day = $4 where fund_id = $1 and line_id = $2 and undone_by is null returning part",
      [fund.fundId, lineId, treasurerId, today],
    );
    return undone.length;
  }

  private async insert(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    line: Line,
    parts: readonly { seq: bigint | null; entryId: string | null }[],
  ): Promise<void> {
    try {
      await tx.query(
        `insert into statement_match (fund_id, match_id, part, line_id, account_no, seq, entry_id, matched_by, matched_day)
         select $1, $2, u.part, $3, $4, u.seq, u.entry_id, $5, $6 from unnest($7::bigint[], $8::uuid[]) with ordinality as u (seq, entry_id, part)`,
        [
          fund.fundId, newId(), line.lineId, line.accountNo, treasurerId, dayIn(fund.charter.timeZone, this.clock.now()),
          parts.map((p) => p.seq?.toString() ?? null), parts.map((p) => p.entryId),
        ], // prettier-ignore
      );
    } catch (error) {
      // Matched by somebody else (unique), not in this fund (foreign key), or it does not add up: things have moved on, or the form was not ours.
      if (["23505", "23503", "CP409"].includes(sqlState(error) ?? "")) throw new Refusal("wrong-state");
      throw error;
    }
  }
}
