import { createHmac, randomBytes } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { isHolding } from "../ledger/account.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, row, rows, type Tx } from "../platform/database/database.js";
import { guessMapping } from "./guess.js";
import { gapsOf, readLines, tableOf, type Delimiter, type Mapping, type Reading, type StatementLine, type Table } from "./statement-file.js"; // prettier-ignore

/** A file that has been cut into columns, and how it is probably written. */
export interface Opened {
  readonly table: Table;
  readonly mapping: Mapping;
  /** The mapping is the one that people kept for this holding, and the columns have the same names as then. */
  readonly remembered: boolean;
}

export interface Kept {
  readonly added: number;
  readonly known: number;
}

/** A file that brought new lines. */
export interface KeptFile {
  readonly statementId: string;
  readonly firstDay: Day;
  readonly lastDay: Day;
  readonly lines: number;
  readonly closing: { readonly day: Day; readonly balance: bigint } | null;
}

interface Source {
  readonly account_no: number;
  readonly mapping: Mapping | null;
  readonly header_mark: Buffer | null;
  readonly line_key: Buffer;
}

/** Lines of statements: a day, a sum, a balance and a place in a file that the treasurers keep. Whatever else a line says stays in the request that brought it. */
@Injectable()
export class StatementLines {
  constructor(private readonly clock: Clock) {}

  /** Cuts a file, and reads it as this holding's files were read before or as it probably is. Stores nothing. Refuses what `tableOf` refuses. */
  async open(tx: Tx, fund: Fund, holding: string, text: string, delimiter?: Delimiter): Promise<Opened> {
    const source = await this.source(tx, fund, holding);
    const mapping = source?.mapping ?? null;
    if (source !== null && mapping !== null && (delimiter ?? mapping.delimiter) === mapping.delimiter) {
      const table = tableOf(text, mapping.delimiter);
      if (source.header_mark?.equals(markOfHeader(source.line_key, table)) === true)
        return { table, mapping, remembered: true };
    }
    const table = tableOf(text, delimiter);
    return { table, mapping: guessMapping(table), remembered: false };
  }

  /** Keeps the lines that are new, and how the file was read. Refuses `invalid` with the field while the mapping has gaps or a line cannot be read. */
  async keep(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    what: { holding: string; table: Table; mapping: Mapping },
  ): Promise<Kept> {
    const { holding, table, mapping } = what;
    const [gap] = gapsOf(mapping);
    if (gap !== undefined) throw new Refusal("invalid", { field: gap });
    const reading = readLines(table, mapping, fund.currency);
    if (reading.faults.length > 0) throw new Refusal("invalid", { field: "content" });
    if (reading.lines.length === 0) throw new Refusal("statement-empty", { field: "content" });
    const source = await this.sourceToWrite(tx, fund, holding);
    await tx.query("update statement_source set mapping = $3, header_mark = $4 where fund_id = $1 and account_no = $2", [
      fund.fundId, source.account_no, JSON.stringify(mapping), markOfHeader(source.line_key, table),
    ]); // prettier-ignore
    return this.insert(tx, fund, treasurerId, source, reading);
  }

  /** A file that was a mistake goes, with its lines, while none of them is matched. Refuses `wrong-state`. */
  async takeAway(tx: Tx, fund: Fund, treasurerId: string, statementId: string): Promise<void> {
    const own =
      "fund_id = $1 and line_id in (select line_id from statement_line where fund_id = $1 and statement_id = $2)";
    const values = [fund.fundId, statementId];
    await tx.query(
      "select from statement_line where fund_id = $1 and statement_id = $2 order by line_id for update",
      values,
    );
    if ((await row(tx, `select 1 as standing from standing_match where ${own} limit 1`, values)) !== null)
      throw new Refusal("wrong-state");
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    await tx.query(`update statement_match set undone_by = $3, undone_day = $4 where ${own} and undone_by is null`, [
      ...values,
      treasurerId,
      today,
    ]);
    await tx.query(`delete from statement_match where ${own}`, values);
    await tx.query("delete from statement_line where fund_id = $1 and statement_id = $2", values);
    await tx.query("delete from statement where fund_id = $1 and statement_id = $2", values);
  }

  /** The files of a holding, the one that reaches furthest first. */
  async files(tx: Tx, fund: Fund, holding: string): Promise<KeptFile[]> {
    const found = await rows<{
      statement_id: string;
      first_day: Day;
      last_day: Day;
      lines: number;
      closing_day: Day | null;
      closing: string | null;
    }>(
      tx,
      `select s.statement_id, s.first_day::text as first_day, s.last_day::text as last_day, s.closing_day::text as closing_day, s.closing,
              (select count(*)::int from statement_line l where l.fund_id = s.fund_id and l.statement_id = s.statement_id) as lines
       from statement s join account a using (fund_id, account_no) where s.fund_id = $1 and a.code = $2 order by s.last_day desc, s.first_day desc, s.statement_id limit 24`,
      [fund.fundId, holding],
    );
    return found.map((s) => ({
      statementId: s.statement_id,
      firstDay: s.first_day,
      lastDay: s.last_day,
      lines: s.lines,
      closing: s.closing_day === null ? null : { day: s.closing_day, balance: BigInt(s.closing ?? 0) },
    }));
  }

  private async source(tx: Tx, fund: Fund, holding: string): Promise<Source | null> {
    return row<Source>(
      tx,
      "select account_no, mapping, header_mark, line_key from statement_source join account using (fund_id, account_no) where fund_id = $1 and code = $2",
      [fund.fundId, holding],
    );
  }

  /** The source's row, locked, so that two who keep the same file at once keep it once. Refuses `invalid` for what is no holding with statements. */
  private async sourceToWrite(tx: Tx, fund: Fund, holding: string): Promise<Source> {
    if (!isHolding(holding) || holding === "assets:stripe") throw new Refusal("invalid", { field: "holding" });
    await tx.query(
      "insert into statement_source (fund_id, account_no, line_key) select fund_id, account_no, $3 from account where fund_id = $1 and code = $2 on conflict do nothing",
      [fund.fundId, holding, randomBytes(32)],
    );
    const found = await row<Source>(
      tx,
      `select account_no, mapping, header_mark, line_key from statement_source
       where fund_id = $1 and account_no = (select account_no from account where fund_id = $1 and code = $2) for update`,
      [fund.fundId, holding],
    );
    if (found === null) throw new Refusal("invalid", { field: "holding" });
    return found;
  }

  private async insert(tx: Tx, fund: Fund, treasurerId: string, source: Source, reading: Reading): Promise<Kept> {
    const marked = await this.unknown(tx, fund, source, withMarks(source.line_key, reading.lines));
    const known = reading.lines.length - marked.length;
    if (marked.length === 0) return { added: 0, known };
    const statementId = newId();
    const days = reading.lines.map((line) => line.day).sort();
    await tx.query(
      "insert into statement (fund_id, statement_id, account_no, first_day, last_day, closing_day, closing, kept_by, kept_day) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      [
        fund.fundId, statementId, source.account_no, days[0], days.at(-1), reading.closing?.day ?? null, reading.closing?.balance.toString() ?? null,
        treasurerId, dayIn(fund.charter.timeZone, this.clock.now()),
      ], // prettier-ignore
    );
    await changed(
      tx,
      `insert into statement_line (fund_id, line_id, statement_id, account_no, file_line, day, amount, balance, mark, nth)
       select $1, gen_random_uuid(), $2, $3, u.file_line, u.day, u.amount, u.balance, u.mark, u.nth
       from unnest($4::int[], $5::date[], $6::bigint[], $7::bigint[], $8::bytea[], $9::smallint[]) as u (file_line, day, amount, balance, mark, nth) returning line_id`,
      [
        fund.fundId, statementId, source.account_no, marked.map((m) => m.line.line), marked.map((m) => m.line.day), marked.map((m) => m.line.amount.toString()),
        marked.map((m) => m.line.balance?.toString() ?? null), marked.map((m) => m.mark), marked.map((m) => m.nth),
      ], // prettier-ignore
    );
    return { added: marked.length, known };
  }

  /** Those of the lines that were in no earlier file. */
  private async unknown(tx: Tx, fund: Fund, source: Source, marked: readonly Marked[]): Promise<Marked[]> {
    const known = await rows<{ mark: Buffer; nth: number }>(
      tx,
      "select mark, nth from statement_line where fund_id = $1 and account_no = $2 and mark = any($3::bytea[])",
      [fund.fundId, source.account_no, marked.map((m) => m.mark)],
    );
    const have = new Set(known.map((k) => `${k.mark.toString("hex")} ${k.nth}`));
    return marked.filter((m) => !have.has(`${m.mark.toString("hex")} ${m.nth}`));
  }
}

interface Marked {
  readonly line: StatementLine;
  readonly mark: Buffer;
  readonly nth: number;
}

/** A fingerprint of all that a line says, whatever column is read as what, and which one of equal lines in the file it is. */
function withMarks(key: Buffer, lines: readonly StatementLine[]): Marked[] {
  const seen = new Map<string, number>();
  return lines.map((line) => {
    const mark = createHmac("sha256", key).update(JSON.stringify(line.cells)).digest();
    const nth = (seen.get(mark.toString("hex")) ?? 0) + 1;
    seen.set(mark.toString("hex"), nth);
    return { line, mark, nth };
  });
}

function markOfHeader(key: Buffer, table: Table): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify(["columns", table.header ?? table.columns]))
    .digest();
}
