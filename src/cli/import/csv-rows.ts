import { parse } from "csv-parse/sync";

/** Something that cannot be imported as it stands, in one line for whoever runs the command. */
export class FileError extends Error {}

/** A file that cannot be imported as it stands; the line counts the header as 1. */
export class ImportError extends FileError {
  constructor(
    readonly line: number,
    problem: string,
  ) {
    super(`line ${line}: ${problem}`);
  }
}

export interface CsvRow {
  readonly line: number;
  /** The cell of a column; empty where the file has no such column. */
  readonly get: (column: string) => string;
}

export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
}

/** A text of people's, as it may stand in a terminal: on one line, cut off, and without the characters that command one. */
export function shown(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e]/g,
    "?",
  );
}

/**
 * Reads a CSV file whose header stands on `headerLine`. Line ends may be mixed, and a byte order mark is no part of the first column's name. Throws an
 * ImportError for what is no CSV, and for a line with more or fewer fields than the header.
 */
export function csvTable(text: string, headerLine = 1): CsvTable {
  const nul = text.indexOf("\0");
  if (nul >= 0) throw new ImportError(lineAt(text, nul), "it holds a NUL, so this is no text file");
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      from_line: headerLine,
    }) as unknown as typeof records;
  } catch (error) {
    const broken = error as { lines?: number; message: string };
    throw new ImportError(broken.lines ?? 1, `this is not CSV (${broken.message.replace(/\s+/g, " ").slice(0, 120)})`);
  }
  const header = records.shift()?.record ?? [];
  const rows = records.map(({ record, info }) => {
    if (record.length !== header.length)
      throw new ImportError(info.lines, `it has ${record.length} fields and the header has ${header.length}`);
    return { line: info.lines, get: (column: string) => record[header.indexOf(column)] ?? "" };
  });
  return { header, rows };
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split(/\r\n|\n|\r/).length;

/** Reads a CSV file with a header. Throws an ImportError for a missing column or a line with more or fewer fields than the header. */
export function csvRows(text: string, needed: readonly string[]): readonly CsvRow[] {
  const { header, rows } = csvTable(text);
  for (const column of needed)
    if (!header.includes(column)) throw new ImportError(1, `the column "${column}" is missing`);
  return rows;
}
