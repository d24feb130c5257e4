import { createHash } from "node:crypto";
import type { Day } from "../../kernel/clock.js";
import { AMOUNT_MAX, exponentOf } from "../../kernel/money.js";
import { balanced } from "../../ledger/transaction.js";
import { amountOf, dayOf } from "./cells.js";
import { csvTable, ImportError, shown, type CsvRow, type CsvTable } from "./csv-rows.js";
import type { Mapping } from "./mapping.js";
import type { MovedFile, MovedLine } from "./moved-file.js";

const ID = /^[A-Za-z0-9][A-Za-z0-9._:#-]{0,63}$/;

/** What a file gives up to its first line that is refused; null when none is. */
export interface Mapped {
  readonly file: MovedFile;
  readonly refused: ImportError | null;
}

/** Reads a file by a mapping, all of it or not at all. Throws an ImportError that names line and column. */
export function readMapped(text: string, mapping: Mapping, today: Day): MovedFile {
  const { file, refused } = tryMapped(text, mapping, today);
  if (refused !== null) throw refused;
  return file;
}

/** The same for a look beforehand: the lines before the first one that is refused, and what is wrong with that one. */
export function tryMapped(text: string, mapping: Mapping, today: Day): Mapped {
  const lines: MovedLine[] = [];
  let refused: ImportError | null = null;
  try {
    const table = csvTable(text, mapping.headerLine);
    checkColumns(table, mapping);
    const reader = new RowReader(mapping, today);
    for (const row of table.rows) lines.push(reader.line(row));
    if (lines.length === 0) throw new ImportError(mapping.headerLine + 1, "there is no row below the header");
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    refused = error;
  }
  const { currency, holding } = mapping;
  // A private file's bare hash could be guessed at by whoever knows some of its rows.
  return { file: { source: "csv", currency, holding, hash: null, lines, stated: null, breaks: new Map() }, refused };
}

function checkColumns({ header }: CsvTable, mapping: Mapping): void {
  for (const column of [...Object.values({ ...mapping.columns }), ...Object.keys(mapping.skip)]) {
    const times = header.filter((name) => name === column).length;
    if (times === 1) continue;
    const there = header.map((name) => shown(name)).join(", ");
    throw new ImportError(
      mapping.headerLine,
      times === 0
        ? `the column ${shown(column)} is missing; there are ${there}`
        : `the column ${shown(column)} is there ${times} times`,
    );
  }
}

/** Reads row after row, and remembers the ids that it has seen. */
class RowReader {
  private readonly lines = new Map<string, number>();
  private readonly ordinals = new Map<string, number>();
  private readonly digits: number;

  constructor(
    private readonly mapping: Mapping,
    private readonly today: Day,
  ) {
    this.digits = exponentOf(mapping.currency);
  }

  line(row: CsvRow): MovedLine {
    const { mapping } = this;
    const { columns } = mapping;
    const key = columns.id === undefined ? null : this.keyOfId(row, columns.id);
    if (Object.entries(mapping.skip).some(([column, values]) => values.includes(row.get(column).trim())))
      return { line: row.line, key: key ?? "", day: "", net: 0n, postings: [] };
    if (columns.currency !== undefined) this.checkCurrency(row, columns.currency);
    const day = this.day(row);
    const amount = this.amount(row);
    const fee = columns.fee === undefined ? 0n : this.cell(row, columns.fee, "empty is nothing");
    const account = this.account(row, amount);
    const net = amount - fee;
    if (net > AMOUNT_MAX || net < -AMOUNT_MAX)
      throw new ImportError(row.line, "amount and fee together are larger than any amount that a fund may book");
    const moved = [
      { account: mapping.holding, amount: net },
      { account, amount: -amount },
      { account: mapping.fees, amount: fee },
    ].flatMap((leg) => (leg.account === null || leg.amount === 0n ? [] : [{ ...leg, account: leg.account }]));
    const books = account !== null && moved.length > 0;
    return {
      line: row.line,
      key: key ?? this.keyOfContent(row, [day, amount.toString(), fee.toString()]),
      day,
      net: books ? net : 0n,
      postings: books ? balanced(moved) : [],
    };
  }

  private keyOfId(row: CsvRow, column: string): string {
    const id = row.get(column).trim();
    if (!ID.test(id)) throw this.wrong(row, column, "which is no id (letters, digits and . _ : # - alone)");
    const before = this.lines.get(id);
    if (before !== undefined) throw new ImportError(row.line, `${shown(column)} is ${id}, as on line ${before}`);
    this.lines.set(id, row.line);
    return `import:csv:${this.mapping.source}:${id}`;
  }

  /**
   * Rows without an id are known by what is booked of them, and by which of several equal ones they are. The texts of a row have no part in it: a hash of a name in
   * a journal that is never erased would tell the name to whoever tries some; and a note that somebody edits later does not make it another row.
   */
  private keyOfContent(row: CsvRow, booked: readonly string[]): string {
    const { kind } = this.mapping.columns;
    const content = JSON.stringify([...booked, kind === undefined ? "" : row.get(kind).trim()]);
    const ordinal = (this.ordinals.get(content) ?? 0) + 1;
    this.ordinals.set(content, ordinal);
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 32);
    return `import:csv:${this.mapping.source}:row/${hash}/${ordinal}`;
  }

  private checkCurrency(row: CsvRow, column: string): void {
    const currency = row.get(column).trim().toLowerCase();
    if (currency !== this.mapping.currency)
      throw this.wrong(row, column, `and the mapping says ${this.mapping.currency}`);
  }

  private day(row: CsvRow): Day {
    const { columns, dayFormat } = this.mapping;
    const day = dayOf(row.get(columns.day), dayFormat);
    if (day === null || day < "1990-01-01") throw this.wrong(row, columns.day, `which is no day as ${dayFormat}`);
    // Days and months that were mixed up often end in the future.
    if (day > this.today) throw this.wrong(row, columns.day, `which as ${dayFormat} is still to come`);
    return day;
  }

  private amount(row: CsvRow): bigint {
    const { amount, in: into, out } = this.mapping.columns;
    if (amount !== undefined) return this.cell(row, amount, "must be there");
    const side = (column: string | undefined): bigint => {
      const value = column === undefined ? 0n : this.cell(row, column, "empty is nothing");
      if (column !== undefined && value < 0n) throw this.wrong(row, column, "and a column of its own has no minus");
      return value;
    };
    return side(into) - side(out);
  }

  private cell(row: CsvRow, column: string, empty: "must be there" | "empty is nothing"): bigint {
    const { currency, decimal } = this.mapping;
    const cell = row.get(column);
    if (empty === "empty is nothing" && cell.trim() === "") return 0n;
    const value = amountOf(cell, currency, this.digits, decimal);
    if (value === null) throw this.wrong(row, column, `which is no amount with at most ${this.digits} decimals`);
    if (value > AMOUNT_MAX || value < -AMOUNT_MAX)
      throw this.wrong(row, column, "which is larger than any amount that a fund may book");
    return value;
  }

  /** Null where the mapping says that such rows book nothing. */
  private account(row: CsvRow, amount: bigint): string | null {
    const { columns, accounts } = this.mapping;
    const kind = columns.kind === undefined ? "" : row.get(columns.kind).trim();
    const name = [kind, amount < 0n ? "-" : "+"].find((n) => Object.hasOwn(accounts, n));
    if (name !== undefined) return accounts[name] ?? null;
    if (columns.kind === undefined)
      throw new ImportError(row.line, `the mapping has no account for money ${amount < 0n ? 'out ("-")' : 'in ("+")'}`);
    throw this.wrong(row, columns.kind, "and the mapping has no account for it");
  }

  private wrong(row: CsvRow, column: string, why: string): ImportError {
    return new ImportError(row.line, `${shown(column)} is ${shown(row.get(column))}, ${why}`);
  }
}
