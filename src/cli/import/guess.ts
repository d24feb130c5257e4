import { amountOf, DAY_FORMATS, dayOf } from "./cells.js";
import type { CsvTable } from "./csv-rows.js";
import type { Columns } from "./mapping.js";

/** What columns are often called, the likelier first. */
const NAMES: readonly (readonly [keyof Columns, RegExp])[] = [
  ["id", /^(transaction |reference |ref\.? )?(id|number|no\.?|#)$|^ref(erence)?\.?$/],
  ["day", /^(transaction |posted |posting |booking )?(date|day|fecha|día|datetime)\b|(date|_at)$/],
  ["in", /^(in|credit|credits|deposit|deposits|money in|paid in|ingreso|entrada)$/],
  ["out", /^(out|debit|debits|withdrawal|withdrawals|money out|paid out|spent|egreso|salida)$/],
  ["amount", /^(gross )?(amount|total|importe|monto|cantidad|gross|value)\b/],
  ["fee", /^(processing |transaction |platform )?(fees?|comisión)$/],
  ["kind", /^(transaction )?(type|kind|category|status|tipo|categoría|what)$/],
  ["currency", /^(currency|moneda|divisa)$/],
];

/** What kinds often mean; what is none of these is for somebody to say. */
const MEANINGS: readonly (readonly [RegExp, string | null])[] = [
  [/refund|gift|donat|contribut|succeeded|aporte|donaci/i, "income:gifts"],
  [/\bdues?\b|member|cuota/i, "income:dues"],
  [/fail|cancel|pending|void|declin/i, null],
  [/reimburs|paid back|reembols/i, "expenses:reimbursements"],
  [/\bfees?\b|charge|comisi/i, "expenses:fees:rail"],
  [/aid|grant|help|assist|rent|support|ayuda/i, "expenses:aid:other"],
  [/opening|brought/i, "equity:opening"],
];
/** A column with more values than this says something else than a kind; it may hold names, which are not printed either. */
const KINDS_MAX = 24;
/** Stands where only a person can say what is meant; `parseMapping` refuses it. */
const TO_SAY = "?";

/** A mapping for somebody to correct: likely columns, the day's format by the days themselves, and an account for each kind. */
export function guessMapping(table: CsvTable, currency: string): Record<string, unknown> {
  const columns: Partial<Record<keyof Columns, string>> = {};
  for (const [field, pattern] of NAMES) {
    const name = table.header.find((n) => pattern.test(n.trim().toLowerCase()) && !Object.values(columns).includes(n));
    if (name !== undefined) columns[field] = name;
  }
  if (columns.amount !== undefined) {
    delete columns.in;
    delete columns.out;
  }
  const cells = (column: string | undefined): string[] =>
    column === undefined ? [] : table.rows.map((row) => row.get(column).trim()).filter((cell) => cell !== "");
  if (columns.id !== undefined && new Set(cells(columns.id)).size < table.rows.length) delete columns.id;
  const kinds = [...new Set(cells(columns.kind))].sort();
  if (kinds.length === 0 || kinds.length > KINDS_MAX) delete columns.kind;
  const days = cells(columns.day);
  const money = cells(columns.amount ?? columns.in ?? columns.out);
  return {
    source: "spreadsheet",
    currency,
    columns: {
      ...columns,
      ...(columns.day === undefined ? { day: TO_SAY } : {}),
      ...(columns.amount ?? columns.in ?? columns.out) === undefined ? { amount: TO_SAY } : {},
    },
    dayFormat: DAY_FORMATS.find((format) => days.length > 0 && days.every((day) => dayOf(day, format) !== null)) ?? TO_SAY,
    decimal: money.every((cell) => amountOf(cell, currency, 2, ".") !== null) ? "." : ",",
    holding: "assets:bank",
    accounts:
      columns.kind === undefined
        ? { "+": "income:gifts", "-": "expenses:aid:other" }
        : Object.fromEntries(kinds.map((kind) => [kind, meaningOf(kind)])),
  }; // prettier-ignore
}

function meaningOf(kind: string): string | null {
  const found = MEANINGS.find(([pattern]) => pattern.test(kind));
  return found === undefined ? TO_SAY : found[1];
}
