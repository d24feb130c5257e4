import { parse } from "csv-parse/sync";
import type { Day } from "../kernel/clock.js";
import { AMOUNT_MAX, exponentOf } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { amountOf, dayOf, orderOf, isAmount, type DayOrder, type Decimal } from "./cells.js";

/** Lines of one file. */
export const LINES_MAX = 5000;
const COLUMNS_MAX = 60;

export const DELIMITERS = [",", ";", "\t"] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** How a source writes its statements: which column holds what (counted from 0), and how days and sums are written. Null is: nobody has said yet, or there is none. */
export interface Mapping {
  readonly delimiter: Delimiter;
  readonly day: number | null;
  readonly order: DayOrder | null;
  /** One column of sums, signed unless `sign` says which way; or one for what came in and one for what went out. */
  readonly amount: number | null;
  readonly sign: number | null;
  readonly moneyIn: number | null;
  readonly moneyOut: number | null;
  readonly decimal: Decimal | null;
  readonly balance: number | null;
  readonly status: number | null;
  readonly currency: number | null;
}

/** One row of the file; `line` is where it begins, counted from 1. */
export interface FileRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A file cut into cells: what stands above the lines is let go but for the names of the columns. */
export interface Table {
  readonly delimiter: Delimiter;
  readonly header: readonly string[] | null;
  readonly columns: number;
  readonly rows: readonly FileRow[];
}

export interface StatementLine {
  readonly line: number;
  readonly day: Day;
  readonly amount: bigint;
  readonly balance: bigint | null;
  /** All that the file says in this line: people's names, too. Never stored, never logged. */
  readonly cells: readonly string[];
}

export type FaultKind = "columns" | "day" | "amount" | "sign" | "balance" | "too-much";

export interface Reading {
  readonly lines: readonly StatementLine[];
  /** What cannot be read, by the line of the file. */
  readonly faults: readonly { readonly line: number; readonly what: FaultKind }[];
  /** Lines without a sum or of zero; lines that are not final yet, or never became so; lines in other money. */
  readonly leftOut: { readonly empty: number; readonly unfinished: number; readonly otherMoney: number };
  /** What the file says is there after its last line, by day. */
  readonly closing: { readonly day: Day; readonly balance: bigint } | null;
}

/** UTF-8, UTF-16 as spreadsheets write it, or else Latin-1 with Microsoft's signs. Refuses `not-a-statement` for what is no text. */
export function decode(bytes: Uint8Array): string {
  const text =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? new TextDecoder("utf-16le").decode(bytes)
      : (utf8(bytes) ?? new TextDecoder("windows-1252").decode(bytes));
  return plain(text);
}

/** Without a BOM, with one kind of line end. Refuses `not-a-statement`. */
export function plain(text: string): string {
  if (/[\u0000-\u0008\u000e-\u001f]/.test(text) || !text.isWellFormed()) throw new Refusal("not-a-statement", { field: "file", values: { line: 1 } }); // prettier-ignore
  return text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Cuts a file into its lines and columns. Refuses `not-a-statement` with the line, `statement-empty` and `statement-too-long`, all about `file`. */
export function tableOf(text: string, asked?: Delimiter): Table {
  const delimiter = asked ?? delimiterOf(text);
  const all = rowsOf(text, delimiter).filter((row) => row.cells.some((cell) => cell !== ""));
  if (all.length > LINES_MAX + 50) throw new Refusal("statement-too-long", { field: "file", values: { lines: LINES_MAX } }); // prettier-ignore
  const first = all.findIndex(isLine);
  if (first < 0) throw new Refusal("statement-empty", { field: "file" });
  const header = all.slice(0, first).findLast((row) => row.cells.filter((c) => c !== "").length >= 2 && !row.cells.some(isNumberOrDay)); // prettier-ignore
  const rows = all.slice(header === undefined ? first : all.indexOf(header) + 1);
  if (rows.length > LINES_MAX) throw new Refusal("statement-too-long", { field: "file", values: { lines: LINES_MAX } });
  const columns = rows.reduce((most, row) => (row.cells.length > most ? row.cells.length : most), 0);
  if (columns > COLUMNS_MAX) throw new Refusal("not-a-statement", { field: "file", values: { line: rows[0]?.line ?? 1 } }); // prettier-ignore
  return { delimiter, header: header?.cells ?? null, columns, rows };
}

const isDayLike = (cell: string): boolean => orderOf([cell]) !== null || dayOf(cell, "mdy") !== null;
const isNumberOrDay = (cell: string): boolean => isAmount(cell) || isDayLike(cell);

/** The first line of a table of money has a day and a sum. */
function isLine(row: FileRow): boolean {
  return row.cells.some(isDayLike) && row.cells.some((cell) => isAmount(cell) && !isDayLike(cell));
}

function rowsOf(text: string, delimiter: Delimiter): FileRow[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { delimiter, info: true, relax_column_count: true, relax_quotes: true }) as unknown as typeof records; // prettier-ignore
  } catch (error) {
    throw new Refusal("not-a-statement", { field: "file", values: { line: (error as { lines?: number }).lines ?? 1 } });
  }
  let end = 0;
  return records.map(({ record, info }) => {
    const line = end + 1;
    end = info.lines;
    return { line, cells: record.map((cell) => cell.trim()) };
  });
}

/** The delimiter that cuts the most lines into the same number of columns. */
function delimiterOf(text: string): Delimiter {
  const start = text.split("\n", 60).join("\n");
  let best: { delimiter: Delimiter; score: number } = { delimiter: ",", score: 0 };
  for (const delimiter of DELIMITERS) {
    const widths = new Map<number, number>();
    for (const line of start.split("\n")) {
      const width = line.split(delimiter).length;
      if (width > 1) widths.set(width, (widths.get(width) ?? 0) + 1);
    }
    const score = [...widths].reduce((most, [width, count]) => (width * count > most ? width * count : most), 0);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** What a person has yet to say before a file can be read; empty when nothing is missing. */
export function gapsOf(mapping: Mapping): ("day" | "order" | "amount" | "decimal")[] {
  const summed = mapping.amount !== null || (mapping.moneyIn !== null && mapping.moneyOut !== null);
  return [
    ...(mapping.day === null ? ["day" as const] : []),
    ...(mapping.order === null ? ["order" as const] : []),
    ...(summed ? [] : ["amount" as const]),
    ...(mapping.decimal === null ? ["decimal" as const] : []),
  ];
}

const UNFINISHED = /pending|declin|denied|fail|cancel|expired|void|in progress|vorgemerkt|pendiente|rechazad|fallid/i;
const WAYS_IN = /^(credit|cr|c|in|h|haben|\+|deposit|abono|ingreso)$/i;
const WAYS_OUT = /^(debit|dr|d|out|s|soll|-|withdrawal|cargo|egreso)$/i;

/** Which way a word in a sign's column points: 1n came in, -1n went out, null for neither. */
export function wayOf(cell: string): 1n | -1n | null {
  return WAYS_IN.test(cell) ? 1n : WAYS_OUT.test(cell) ? -1n : null;
}

/** Reads every line of a table. The mapping has no gaps (`gapsOf`); `currency` is the fund's. */
export function readLines(table: Table, mapping: Mapping, currency: string): Reading {
  const digits = exponentOf(currency);
  const faults: { line: number; what: FaultKind }[] = [];
  const leftOut = { empty: 0, unfinished: 0, otherMoney: 0 };
  const lines: StatementLine[] = [];
  for (const { line, cells } of table.rows) {
    const at = (column: number | null): string => (column === null ? "" : (cells[column] ?? ""));
    // A comma that nobody put into quotes shifts what stands behind it.
    if (table.header !== null && cells.slice(table.header.length).some((cell) => cell !== ""))
      faults.push({ line, what: "columns" }); // prettier-ignore
    else if (UNFINISHED.test(at(mapping.status))) leftOut.unfinished++;
    else if (at(mapping.currency) !== "" && at(mapping.currency).toLowerCase() !== currency) leftOut.otherMoney++;
    else {
      const amount = signedAmount(at, mapping, digits);
      if (amount === 0n) leftOut.empty++;
      else {
        const day = dayOf(at(mapping.day), mapping.order ?? "ymd");
        const balance = at(mapping.balance) === "" ? null : amountOf(at(mapping.balance), mapping.decimal ?? ".", digits); // prettier-ignore
        if (typeof amount === "string") faults.push({ line, what: amount });
        else if (day === null) faults.push({ line, what: "day" });
        else if (amount > AMOUNT_MAX || amount < -AMOUNT_MAX) faults.push({ line, what: "too-much" });
        else if (balance === null && at(mapping.balance) !== "") faults.push({ line, what: "balance" });
        else lines.push({ line, day, amount, balance, cells });
      }
    }
  }
  return { lines, faults, leftOut, closing: closingOf(lines) };
}

/** What the line moved, 0n when it says nothing of a sum, or what is wrong with it. */
function signedAmount(at: (column: number | null) => string, mapping: Mapping, digits: number): bigint | FaultKind {
  const read = (column: number | null): bigint | null =>
    at(column) === "" ? 0n : amountOf(at(column), mapping.decimal ?? ".", digits);
  if (mapping.amount === null) {
    const [came, went] = [read(mapping.moneyIn), read(mapping.moneyOut)];
    if (came === null || went === null) return "amount";
    // What went out is written with a minus by some and without by others.
    return came - (went < 0n ? -went : went);
  }
  const amount = read(mapping.amount);
  if (amount === null) return "amount";
  if (mapping.sign === null || amount === 0n) return amount;
  const way = wayOf(at(mapping.sign));
  return way === null ? "sign" : way * (amount < 0n ? -amount : amount);
}

/** Files run up or down the days; within one day the balances themselves tell which line came last. */
function closingOf(lines: readonly StatementLine[]): Reading["closing"] {
  const told = lines.filter((line) => line.balance !== null);
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return null;
  const runsUp = (line: StatementLine, i: number): boolean => i === 0 || (told[i - 1]?.balance ?? 0n) + line.amount === line.balance; // prettier-ignore
  const latest = first.day > last.day || (first.day === last.day && !told.every(runsUp)) ? first : last;
  return { day: latest.day, balance: latest.balance ?? 0n };
}
