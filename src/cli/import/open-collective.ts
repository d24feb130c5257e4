import { isDay, type Day } from "../../kernel/clock.js";
import { AMOUNT_MAX, exponentOf, isCurrency, parseDecimal } from "../../kernel/money.js";
import { balanced, type Posting } from "../../ledger/transaction.js";
import { chainBreaks } from "./chain.js";
import { csvRows, ImportError, shown, type CsvRow } from "./csv-rows.js";
import type { MovedFile } from "./moved-file.js";

/** Where a fund's money is while a fiscal host keeps it. */
const HOLDING = "assets:sponsor";
const COLUMNS = [
  "datetime",
  "shortId",
  "type",
  "kind",
  "isRefund",
  "amount",
  "paymentProcessorFee",
  "netAmount",
  "balance",
  "currency",
  "accountSlug",
  "paymentMethodService",
  "expenseType",
  "taxAmount",
];

/** One row of an Open Collective transactions export, in minor units. The holding moves by `net`, whatever the other columns say. */
export interface LedgerRow {
  readonly line: number;
  readonly id: string;
  readonly day: Day;
  readonly at: string;
  readonly net: bigint;
  readonly fee: bigint;
  readonly balance: bigint;
  readonly postings: readonly Posting[];
}

export interface LedgerFile {
  readonly currency: string;
  /** Oldest first. */
  readonly rows: readonly LedgerRow[];
}

/** The account of a row's gross amount, by kind. Their sign needs no care: a refund is the same account with the other sign. */
const ACCOUNT_OF_KIND: Readonly<Record<string, (row: CsvRow) => string>> = {
  CONTRIBUTION: (row) =>
    row.get("type") === "DEBIT" && row.get("isRefund") === "" ? "expenses:transfers" : "income:gifts",
  ADDED_FUNDS: () => "income:gifts",
  BALANCE_TRANSFER: (row) => (row.get("type") === "DEBIT" ? "expenses:transfers" : "income:transfers"),
  EXPENSE: (row) => (row.get("expenseType") === "RECEIPT" ? "expenses:reimbursements" : "expenses:aid:other"),
  HOST_FEE: () => "expenses:fees:host",
  PAYMENT_PROCESSOR_FEE: processorFeeAccount,
  PAYMENT_PROCESSOR_COVER: processorFeeAccount,
};

function processorFeeAccount(row: CsvRow): string {
  return row.get("paymentMethodService") === "STRIPE" || row.get("kind") === "PAYMENT_PROCESSOR_COVER"
    ? "expenses:fees:stripe"
    : "expenses:fees:rail";
}

/** Reads the whole file before anything is booked. Throws an ImportError that names the line. */
export function readOpenCollective(text: string): LedgerFile {
  const rows = csvRows(text, COLUMNS);
  const first = rows[0];
  if (!first) throw new ImportError(2, "there is no row below the header");
  const currency = first.get("currency");
  if (!isCurrency(currency.toLowerCase()))
    throw new ImportError(first.line, `the currency ${shown(currency)} is unknown`);
  const digits = exponentOf(currency.toLowerCase());
  const seen = new Map<string, number>();
  const read = rows.map((row) => {
    if (row.get("currency") !== currency)
      throw new ImportError(
        row.line,
        `the currency is ${/^\w{1,3}$/.test(row.get("currency")) ? row.get("currency") : shown(row.get("currency"))} and the file began with ${currency}`,
      );
    if (row.get("accountSlug") !== first.get("accountSlug"))
      throw new ImportError(row.line, "this row belongs to another fund's account");
    const ledgerRow = readRow(row, digits);
    const before = seen.get(ledgerRow.id);
    if (before !== undefined)
      throw new ImportError(row.line, `the transaction ${ledgerRow.id} is already on line ${before}`);
    seen.set(ledgerRow.id, row.line);
    return ledgerRow;
  });
  return { currency: currency.toLowerCase(), rows: inBalanceOrder(read) };
}

function readRow(row: CsvRow, digits: number): LedgerRow {
  const id = row.get("shortId");
  if (!/^[A-Za-z0-9-]{4,64}$/.test(id)) throw new ImportError(row.line, "shortId is empty or no id");
  const at = row.get("datetime");
  if (!/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d/.test(at) || !isDay(at.slice(0, 10)))
    throw new ImportError(row.line, `datetime ${shown(at)} is no date and time`);
  const account = Object.hasOwn(ACCOUNT_OF_KIND, row.get("kind")) ? ACCOUNT_OF_KIND[row.get("kind")] : undefined;
  if (!account)
    throw new ImportError(
      row.line,
      `the kind ${shown(row.get("kind"))} is unknown: tell us what it means before it is booked`,
    );
  if (!["CREDIT", "DEBIT"].includes(row.get("type")))
    throw new ImportError(row.line, `type is ${shown(row.get("type"))}, not CREDIT or DEBIT`);
  const amount = number(row, "amount", digits);
  const fee = number(row, "paymentProcessorFee", digits);
  const tax = number(row, "taxAmount", digits);
  const net = number(row, "netAmount", digits);
  const legs: Posting[] = [
    { account: HOLDING, amount: net },
    { account: account(row), amount: -amount },
    { account: processorFeeAccount(row), amount: -fee },
    { account: "expenses:fees:tax", amount: -tax },
    // Until 2023 the host's fee was kept inside the row: it is what amount, processor's fee and net leave over.
    { account: "expenses:fees:host", amount: amount + fee + tax - net },
  ];
  const moved = legs.filter((leg) => leg.amount !== 0n);
  return {
    line: row.line,
    id,
    day: at.slice(0, 10),
    at,
    net,
    fee,
    balance: number(row, "balance", digits),
    postings: moved.length === 0 ? [] : balanced(moved),
  };
}

function number(row: CsvRow, column: string, digits: number): bigint {
  const value = parseDecimal(row.get(column), digits);
  if (value === null)
    throw new ImportError(
      row.line,
      `${column} is ${shown(row.get(column))}, which is no amount with at most ${digits} decimals`,
    );
  if (value > AMOUNT_MAX || value < -AMOUNT_MAX)
    throw new ImportError(row.line, `${column} is larger than any amount that a fund may book`);
  return value;
}

/**
 * The order in which the balance column was computed, oldest first. Exports are newest first and not quite sorted by time, so the order
 * with the fewest breaks is taken: the file from its end, from its beginning, or by time (when somebody sorted it another way).
 */
function inBalanceOrder(read: readonly LedgerRow[]): LedgerRow[] {
  const orders = [
    read.toReversed(),
    [...read],
    read.toReversed().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
  ];
  const breaks = orders.map((order) => chainBreaks(order).length);
  return orders[breaks.indexOf(Math.min(...breaks))] ?? [];
}

/** The file as it will be booked. `hash` is the file's SHA-256, hex: Open Collective's ledgers are public, so that anybody can compare. */
export function movedFrom(file: LedgerFile, hash: string): MovedFile {
  const keyOf = (id: string): string => `import:open-collective:${id}`;
  return {
    source: "open-collective",
    currency: file.currency,
    holding: HOLDING,
    hash,
    lines: file.rows.map(({ line, id, day, net, postings }) => ({ line, key: keyOf(id), day, net, postings })),
    stated: file.rows.at(-1)?.balance ?? null,
    breaks: new Map(chainBreaks(file.rows).map((b) => [keyOf(b.id), b.why])),
  };
}
