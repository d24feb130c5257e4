import { isMoney } from "../../publication/entry-format.js";
import { plainAmount, type About, type Entries } from "./about.js";
import type { Placed } from "../../publication/entry.js";

const COLUMNS = ["index", "day", "kind", "count", "account", "amount", "currency"];

/**
 * The books for a spreadsheet (RFC 4180): one row for each posting, so that a pivot table over `account` and `amount` is the balance sheet.
 * An entry without postings (a charter, a signature, the line) is one row with those cells empty: whoever misses an index sees it.
 * `count` belongs to the entry and stands in each of its rows, so that it survives a filter by account.
 */
export async function* toCsv(entries: Entries, about: About): AsyncGenerator<string, void, undefined> {
  yield rowOf(COLUMNS.map(textCell));
  for await (const placed of entries) yield rowsOf(placed, about.currency);
}

function rowsOf({ index, entry }: Placed, currency: string): string {
  const count = "count" in entry ? String(entry.count) : "";
  const start = [String(index), textCell(entry.day), textCell(entry.kind), count];
  if (!isMoney(entry) || entry.postings.length === 0) return rowOf([...start, "", "", ""]);
  // An amount is written by `plainAmount` alone: a minus, digits and a point. A spreadsheet reads "-23.97" as a number, for a formula needs a name,
  // a reference or an operator between two values to do anything; a quotation mark in front would make it text that no sum counts.
  return entry.postings
    .map((p) => [...start, textCell(p.account), plainAmount(p.amount, currency), textCell(currency.toUpperCase())])
    .map(rowOf)
    .join("");
}

const rowOf = (cells: readonly string[]): string => `${cells.join(",")}\r\n`;

/**
 * A cell that holds words. The grammar of the log lets nothing dangerous through, and this does not rest on it: a cell that a spreadsheet would
 * take for a formula gets an apostrophe in front (OWASP, CSV Injection; the wide forms are what some spreadsheets read the same way).
 */
export function textCell(text: string): string {
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
