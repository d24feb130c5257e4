import { isCurrency } from "../../kernel/money.js";
import { isHolding } from "../../ledger/account.js";
import { DAY_FORMATS, type DayFormat, type DecimalMark } from "./cells.js";
import { FileError, shown } from "./csv-rows.js";

/** What a file's columns mean. Names, descriptions and addresses have no place in it: what is not mapped is not read. */
export interface Mapping {
  /** Where the file is from: "hcb", "givebutter", "spreadsheet". It is part of each row's key, so keep it. */
  readonly source: string;
  readonly currency: string;
  readonly columns: Columns;
  readonly dayFormat: DayFormat;
  readonly decimal: DecimalMark;
  /** The line that names the columns. */
  readonly headerLine: number;
  /** Where the money is now. */
  readonly holding: string;
  /** Values of the kind column to accounts; null books nothing. "+" and "-" are for money in and out whose value is not listed. */
  readonly accounts: Readonly<Record<string, string | null>>;
  readonly fees: string;
  /** Rows that are left out: the column, and the values that say so. */
  readonly skip: Readonly<Record<string, readonly string[]>>;
}

export interface Columns {
  readonly id?: string;
  readonly day: string;
  /** Signed: what went in is positive. */
  readonly amount?: string;
  /** Or two columns without signs. */
  readonly in?: string;
  readonly out?: string;
  /** What was kept of the amount, as a positive number. */
  readonly fee?: string;
  readonly kind?: string;
  readonly currency?: string;
}

const COLUMNS = ["id", "day", "amount", "in", "out", "fee", "kind", "currency"] as const;
const FIELDS = ["source", "currency", "columns", "dayFormat", "decimal", "headerLine", "holding", "accounts", "fees", "skip"]; // prettier-ignore
/** What an import may touch besides the holding; the database says the same (`kind_rule`). */
const ACCOUNT =
  /^(income:(gifts|gifts:monthly|transfers|dues|levies)|expenses:(aid:[a-z][a-z-]{1,15}|fees:(stripe|rail|host|tax)|chargebacks|deposits:(forfeited|court-fees)|reimbursements|transfers)|equity:opening)$/;
const HEADER_LINE_MAX = 50;

/** Reads a mapping. Throws a FileError that names the field. */
export function parseMapping(text: string): Mapping {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FileError("the mapping is no JSON");
  }
  const given = objectOf("the mapping", json, FIELDS);
  const mapping: Mapping = {
    source: textOf("source", given["source"], /^[a-z][a-z0-9-]{1,23}$/, "a short name in small letters"),
    currency: textOf("currency", given["currency"], /^[a-z]{3}$/, "a lower-case ISO 4217 code"),
    columns: columnsOf(given["columns"]),
    dayFormat: oneOf("dayFormat", given["dayFormat"] ?? "YYYY-MM-DD", DAY_FORMATS),
    decimal: oneOf("decimal", given["decimal"] ?? ".", [".", ","] as const),
    headerLine: headerLineOf(given["headerLine"] ?? 1),
    holding: textOf("holding", given["holding"] ?? "assets:bank", /^assets:[a-z0-9:-]{1,48}$/, "a holding"),
    accounts: accountsOf(given["accounts"]),
    fees: accountOf("fees", given["fees"] ?? "expenses:fees:rail"),
    skip: skipOf(given["skip"] ?? {}),
  };
  if (!isCurrency(mapping.currency)) throw new FileError(`the mapping's currency ${mapping.currency} is unknown`);
  if (!isHolding(mapping.holding) || mapping.holding === "assets:stripe")
    throw new FileError(`the mapping's holding ${mapping.holding} is none that an import may fill`);
  return mapping;
}

function objectOf(what: string, value: unknown, fields: readonly string[] | null): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new FileError(`${what} is no object`);
  const strange = fields === null ? undefined : Object.keys(value).find((name) => !fields.includes(name));
  if (strange !== undefined && fields !== null)
    throw new FileError(`${what} has a field ${shown(strange)}, which is none of ${fields.join(", ")}`);
  return value as Record<string, unknown>;
}

function textOf(field: string, value: unknown, pattern: RegExp, what: string): string {
  if (typeof value !== "string" || !pattern.test(value))
    throw new FileError(`the mapping's ${field} is ${shown(said(value))}, not ${what}`);
  return value;
}

function oneOf<T extends string>(field: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new FileError(`the mapping's ${field} is ${shown(said(value))}, not one of ${choices.join("  ")}`);
  return found;
}

const said = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "missing" : JSON.stringify(value);

function headerLineOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > HEADER_LINE_MAX)
    throw new FileError(`the mapping's headerLine is a number from 1 to ${HEADER_LINE_MAX}`);
  return value;
}

function columnsOf(value: unknown): Columns {
  const given = objectOf("the mapping's columns", value, COLUMNS);
  const names = Object.entries(given).map(
    ([field, name]) => [field, textOf(`columns.${field}`, name, /^[^\0]{1,200}$/, "the name of a column")] as const,
  );
  const columns = Object.fromEntries(names) as Partial<Columns>;
  const { day } = columns;
  if (day === undefined) throw new FileError("the mapping names no column for the day");
  const two = columns.in !== undefined || columns.out !== undefined;
  if ((columns.amount !== undefined) === two)
    throw new FileError("the mapping names either a column for the amount, or columns for what went in and out");
  return { ...columns, day };
}

function accountOf(field: string, value: unknown): string {
  return textOf(field, value, ACCOUNT, "an account that an import may use, such as income:gifts");
}

function accountsOf(value: unknown): Mapping["accounts"] {
  const given = objectOf("the mapping's accounts", value, null);
  return Object.fromEntries(
    Object.entries(given).map(([kind, account]) => [
      kind,
      account === null ? null : accountOf(`account for ${shown(kind)}`, account),
    ]),
  );
}

function skipOf(value: unknown): Mapping["skip"] {
  const given = Object.entries(objectOf("the mapping's skip", value, null));
  for (const [column, values] of given)
    if (!Array.isArray(values) || !values.every((v) => typeof v === "string"))
      throw new FileError(`the mapping's skip for ${shown(column)} is no list of values`);
  return Object.fromEntries(given) as Mapping["skip"];
}
