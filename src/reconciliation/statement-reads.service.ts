import { Injectable } from "@nestjs/common";
import { addDays, type Day } from "../kernel/clock.js";
import { JournalReads } from "../ledger/journal-reads.service.js";
import type { Fund } from "../funds/funds.service.js";
import type { What } from "../holdings/hand-entry.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { DAYS_FURTHER_MAX, propose, type Proposals } from "./match.js";
import { freeMoves, movesAt, type Move } from "./moves.js";
import { StatementLines, type KeptFile } from "./statement-lines.service.js";

/** More open lines than this are looked at when the older ones are done. */
const OPEN_LINES_MAX = 10_000;
/** Rows of one group on the page. */
export const GROUP_ROWS = 40;

/** A line as people can find it again: its place in their own file. */
export interface ShownLine {
  readonly lineId: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly fileLine: number;
  readonly firstDay: Day;
  readonly lastDay: Day;
}

export interface MatchedLine extends ShownLine {
  readonly seqs: readonly bigint[];
  /** It is a hand entry that waits for its second yes. */
  readonly waits: boolean;
  /** What it was entered as, when it was entered from here. */
  readonly what: What | null;
  readonly matchedBy: string;
}

/** All that a holding's page shows. */
export interface Board {
  readonly lines: ReadonlyMap<string, ShownLine>;
  readonly proposals: Proposals;
  readonly waiting: readonly MatchedLine[];
  readonly matched: readonly MatchedLine[];
  readonly matchedCount: number;
  readonly alone: readonly ShownLine[];
  /** The journal's transactions that the page speaks of, by seq. */
  readonly transactions: ReadonlyMap<bigint, Move>;
  /** In the book on the days of the files, and in no line. */
  readonly unspoken: readonly Move[];
  readonly files: readonly KeptFile[];
  /** What the last file with balances says at its end, and what the book says for that day. */
  readonly closing: { readonly day: Day; readonly stated: bigint; readonly booked: bigint } | null;
}

const SHOWN = `l.line_id as "lineId", l.day::text as day, l.amount, l.file_line as "fileLine", s.first_day::text as "firstDay", s.last_day::text as "lastDay"`;
const LINES = "statement_line l join statement s using (fund_id, statement_id)";
const OF_HOLDING =
  "l.fund_id = $1 and l.account_no = (select account_no from account where fund_id = $1 and code = $2)";
const NOT_MATCHED = "not exists (select from standing_match m where m.fund_id = l.fund_id and m.line_id = l.line_id)";

/** What of a holding's statements is proposed, matched and left over, beside the journal. */
@Injectable()
export class StatementReads {
  constructor(
    private readonly lines: StatementLines,
    private readonly journal: JournalReads,
  ) {}

  /** How many lines of each holding nobody has dealt with yet. */
  async openCounts(tx: Tx, fund: Fund): Promise<Map<string, number>> {
    const found = await rows<{ code: string; open: number }>(
      tx,
      `select a.code, count(l.line_id) filter (where l.left_by is null and not exists (
                select from standing_match m where m.fund_id = l.fund_id and m.line_id = l.line_id))::int as open
       from statement_source s join account a using (fund_id, account_no) join statement_line l using (fund_id, account_no) where s.fund_id = $1 group by a.code`,
      [fund.fundId],
    );
    return new Map(found.map((f) => [f.code, f.open]));
  }

  async board(tx: Tx, fund: Fund, holding: string, matchedFrom: number): Promise<Board> {
    const files = await this.lines.files(tx, fund, holding);
    const open = await this.openLines(tx, fund, holding);
    const free = await this.free(tx, fund, holding, files, open);
    const proposals = propose(open, free.map((t) => ({ ...t, byHand: t.key.startsWith("hand:") }))); // prettier-ignore
    const proposed = new Set(proposals.proposals.flatMap((p) => p.options.flat()));
    const inFiles = (day: Day): boolean => files.some((f) => f.firstDay <= day && day <= f.lastDay);
    const [waiting, matched] = [await this.matches(tx, fund, holding, true, 0), await this.matches(tx, fund, holding, false, matchedFrom)]; // prettier-ignore
    const alone = await rows<RawLine>(tx, `select ${SHOWN} from ${LINES} where ${OF_HOLDING} and l.left_by is not null order by l.day desc, l.file_line limit ${GROUP_ROWS}`, [fund.fundId, holding]); // prettier-ignore
    return {
      lines: new Map(open.map((line) => [line.lineId, line])),
      proposals,
      waiting,
      matched,
      matchedCount: await this.matchedCount(tx, fund, holding),
      alone: alone.map(shownLine),
      transactions: new Map(
        [
          ...free,
          ...(await movesAt(
            tx,
            fund.fundId,
            holding,
            matched.flatMap((line) => line.seqs),
          )),
        ].map((t) => [t.seq, t]),
      ),
      unspoken: free.filter((t) => inFiles(t.day) && !proposed.has(t.seq)),
      files,
      closing: await this.closing(tx, fund, holding, files),
    };
  }

  private async openLines(tx: Tx, fund: Fund, holding: string): Promise<ShownLine[]> {
    const found = await rows<RawLine>(
      tx,
      `select ${SHOWN} from ${LINES} where ${OF_HOLDING} and l.left_by is null and ${NOT_MATCHED} order by l.day, l.file_line, l.line_id limit ${OPEN_LINES_MAX}`,
      [fund.fundId, holding],
    );
    return found.map(shownLine);
  }

  /** What moved on the holding around the lines and files and is no line's yet. */
  private async free(
    tx: Tx,
    fund: Fund,
    holding: string,
    files: readonly KeptFile[],
    open: readonly ShownLine[],
  ): Promise<Move[]> {
    const days = [...files.flatMap((f) => [f.firstDay, f.lastDay]), ...open.map((line) => line.day)].sort();
    const [first, last] = [days[0], days.at(-1)];
    if (first === undefined || last === undefined) return [];
    return freeMoves(tx, fund.fundId, holding, addDays(first, -DAYS_FURTHER_MAX), addDays(last, DAYS_FURTHER_MAX));
  }

  private async matches(tx: Tx, fund: Fund, holding: string, waits: boolean, from: number): Promise<MatchedLine[]> {
    const found = await rows<RawLine & { seqs: string[]; matchedBy: string; what: What | null }>(
      tx,
      `select ${SHOWN}, m.seqs, m.matched_by as "matchedBy", m.what from ${LINES} cross join lateral (
         select min(m.matched_by::text) as matched_by, min(h.what) as what, coalesce(array_agg(m.seq::text order by m.seq) filter (where m.seq is not null), '{}') as seqs
         from standing_match m left join hand_entry h on h.fund_id = m.fund_id and h.entry_id = m.entry_id where m.fund_id = l.fund_id and m.line_id = l.line_id having count(*) > 0) m
       where ${OF_HOLDING} and (m.seqs = '{}') = $3 order by l.day desc, l.file_line, l.line_id limit ${GROUP_ROWS} offset $4`,
      [fund.fundId, holding, waits, from],
    );
    return found.map((m) => ({ ...shownLine(m), seqs: m.seqs.map(BigInt), waits, matchedBy: m.matchedBy, what: m.what })); // prettier-ignore
  }

  private async matchedCount(tx: Tx, fund: Fund, holding: string): Promise<number> {
    const found = await row<{ n: number }>(
      tx,
      "select count(distinct line_id)::int as n from standing_match where fund_id = $1 and account_no = (select account_no from account where fund_id = $1 and code = $2) and seq is not null",
      [fund.fundId, holding],
    );
    return found?.n ?? 0;
  }

  private async closing(tx: Tx, fund: Fund, holding: string, files: readonly KeptFile[]): Promise<Board["closing"]> {
    const last = files.find((file) => file.closing !== null)?.closing ?? null;
    if (last === null) return null;
    const booked = (await this.journal.balancesOn(tx, fund.fundId, last.day)).get(holding) ?? 0n;
    return { day: last.day, stated: last.balance, booked };
  }
}

type RawLine = Omit<ShownLine, "amount"> & { readonly amount: string };

function shownLine(raw: RawLine): ShownLine {
  const { lineId, day, amount, fileLine, firstDay, lastDay } = raw;
  return { lineId, day, amount: BigInt(amount), fileLine, firstDay, lastDay };
}
