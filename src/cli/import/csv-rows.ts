import { parse } from "csv-parse/sync";

/** A file that cannot be imported as it stands; the line counts the header as 1. */
export class ImportError extends Error {
  constructor(
    readonly line: number,
    problem: string,
  ) {
    super(`line ${line}: ${problem}`);
  }
}

export interface CsvRow {
  readonly line: number;
  readonly get: (column: string) => string;
}

/** Reads a CSV file with a header. Throws an ImportError for a missing column or a line with more or fewer fields than the header. */
export function csvRows(text: string, needed: readonly string[]): CsvRow[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as typeof records;
  } catch (error) {
    const broken = error as { lines?: number; message: string };
    throw new ImportError(broken.lines ?? 1, `this is not CSV (${broken.message.replace(/\s+/g, " ").slice(0, 120)})`);
  }
  const header = records.shift()?.record ?? [];
  for (const column of needed)
    if (!header.includes(column)) throw new ImportError(1, `the column "${column}" is missing`);
  return records.map(({ record, info }) => {
    if (record.length !== header.length)
      throw new ImportError(info.lines, `it has ${record.length} fields and the header has ${header.length}`);
    return { line: info.lines, get: (column) => record[header.indexOf(column)] ?? "" };
  });
}
