import { decimalOf, hasCents, orderOf, dayOf, DAY_ORDERS, type DayOrder } from "./cells.js";
import { wayOf, type Mapping, type Table } from "./statement-file.js";

/**
 * The names that sources give to their columns, the better ones first: Chase, Bank of America, Venmo, Cash App, PayPal, Wise, N26 and the Sparkassen by their
 * published exports, and what other banks in English, Spanish and German commonly write. Where a source tells what it kept and what arrived, what arrived counts.
 */
const NAMES = {
  day: ["posting date", "booking date", "post date", "buchungstag", "date", "datetime", "transaction date", "date time", "completed date", "fecha", "datum", "fecha de operación"],
  amount: ["net amount", "net", "amount (total)", "amount", "betrag", "importe", "monto", "umsatz", "cantidad"],
  moneyIn: ["credit", "credits", "deposits", "deposit", "paid in", "money in", "credit amount", "abono", "abonos", "haben"],
  moneyOut: ["debit", "debits", "withdrawals", "withdrawal", "paid out", "money out", "debit amount", "cargo", "cargos", "soll"],
  sign: ["details", "debit/credit", "credit/debit", "dr/cr", "cr/dr", "direction", "type", "transaction type", "soll/haben", "debit or credit"],
  balance: ["balance", "running bal.", "running balance", "saldo", "account balance"],
  status: ["status", "info", "state", "estado"],
  currency: ["currency", "waehrung", "währung", "moneda", "divisa"],
} as const; // prettier-ignore
type Role = keyof typeof NAMES;

/** Banks that write one order and no other: read from their columns' names, not guessed from the days. */
const KNOWN_ORDERS: readonly { readonly order: DayOrder; readonly names: readonly string[] }[] = [
  { order: "mdy", names: ["details", "posting date", "description", "amount", "type", "balance", "check or slip #"] }, // Chase
  { order: "mdy", names: ["date", "description", "amount", "running bal."] }, // Bank of America
  { order: "dmy", names: ["transferwise id", "date", "amount", "currency", "running balance"] }, // Wise
];

/** How a file is probably written. What cannot be told is null, and a person is asked: nothing ambiguous is guessed. */
export function guessMapping(table: Table): Mapping {
  const names = table.header?.map((name) => name.toLowerCase().replace(/\s+/g, " ")) ?? [];
  const column = (role: Role): number | null => named(names, NAMES[role]) ?? null;
  const day = column("day") ?? firstColumn(table, (cells) => cells.every(isDayInSomeOrder));
  const [moneyIn, moneyOut] = [column("moneyIn"), column("moneyOut")];
  const two = moneyIn !== null && moneyOut !== null;
  const signed = column("amount") ?? signedName(names);
  const amount = signed ?? (two ? null : onlyColumnOfSums(table));
  const known = amount !== null || two;
  const sums = amount === null ? [moneyIn, moneyOut] : [amount];
  return {
    delimiter: table.delimiter,
    day,
    order: day === null ? null : (knownOrder(table, names) ?? orderOf(cellsOf(table, day))),
    amount,
    sign: amount === null ? null : signColumn(table, amount, column("sign")),
    moneyIn: amount === null && two ? moneyIn : null,
    moneyOut: amount === null && two ? moneyOut : null,
    decimal: decimalOf(known ? sums.flatMap((c) => (c === null ? [] : cellsOf(table, c))) : everySum(table)),
    balance: column("balance"),
    status: column("status"),
    currency: column("currency"),
  };
}

function named(names: readonly string[], wanted: readonly string[]): number | undefined {
  for (const name of wanted) {
    const at = names.indexOf(name);
    if (at >= 0) return at;
  }
  return undefined;
}

/** "Amount (EUR)", as N26 writes it; the sum in the other money stands beside it under a longer name. */
function signedName(names: readonly string[]): number | null {
  const at = names.findIndex((name) => /^(amount|betrag|importe) \([a-z]{3}\)$/.test(name));
  return at < 0 ? null : at;
}

/** A source that writes no sign says in another column which way the money went. */
function signColumn(table: Table, amount: number, column: number | null): number | null {
  if (column === null) return null;
  if (cellsOf(table, amount).some((cell) => /[-\u2212(+]/.test(cell))) return null;
  return cellsOf(table, column).every((cell) => wayOf(cell) !== null) ? column : null;
}

function knownOrder(table: Table, names: readonly string[]): DayOrder | null {
  const known = KNOWN_ORDERS.find((source) => source.names.every((name) => names.includes(name)));
  if (known !== undefined) return known.order;
  // Wells Fargo writes no names: day, sum, an asterisk, a cheque's number, a text.
  return table.header === null && table.columns === 5 && table.rows.every((row) => row.cells[2] === "*") ? "mdy" : null;
}

const isDayInSomeOrder = (cell: string): boolean => DAY_ORDERS.some((order) => dayOf(cell, order) !== null);

/** What stands in a column of the lines, without what is empty. */
function cellsOf(table: Table, column: number): string[] {
  return table.rows.flatMap((row) => (row.cells[column] ?? "") || []);
}

function firstColumn(table: Table, fits: (cells: readonly string[]) => boolean): number | null {
  for (let column = 0; column < table.columns; column++) {
    const cells = cellsOf(table, column);
    if (cells.length > 0 && fits(cells)) return column;
  }
  return null;
}

/** Without names that we know: the one column that is mostly sums. Two of them could be sums and balances, and then a person is asked. */
function onlyColumnOfSums(table: Table): number | null {
  const columns = Array.from({ length: table.columns }, (_, column) => column).filter((column) => {
    const cells = cellsOf(table, column);
    return cells.length > 0 && cells.filter(hasCents).length * 2 >= cells.length;
  });
  return columns.length === 1 ? (columns[0] ?? null) : null;
}

function everySum(table: Table): string[] {
  return table.rows.flatMap((row) => row.cells.filter(hasCents));
}
