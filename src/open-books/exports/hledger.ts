import { exponentOf } from "../../kernel/money.js";
import { isMoney } from "../../publication/entry-format.js";
import type { MoneyEntry, SingleEntry } from "../../publication/entry.js";
import { oneLine, plainAmount, type About, type Entries } from "./about.js";
import type { Placed } from "../../publication/entry.js";
import { sentenceOf } from "./sentence.js";

/** Account types (hledger manual): once one account says its type, hledger guesses no others from their names, so that all of them say theirs. */
const TYPES: Readonly<Record<string, string>> = { assets: "A", suspense: "A", income: "R", expenses: "X", equity: "E" };
/** The cash of the cash flow statement, which is an asset too. */
const CASH = "assets:holdings";

/**
 * The books as an hledger journal that passes `hledger check --strict`: commodity and accounts are declared, each account right before its first use, so
 * that one pass is enough. Entries without postings are comments: whoever misses an index sees it. Days keep the log's order, in which an import's may be older.
 */
export async function* toHledger(entries: Entries, about: About): AsyncGenerator<string, void, undefined> {
  yield head(about);
  const declared = new Set<string>();
  for await (const placed of entries) yield piece(placed, about.currency, declared);
}

function head({ name, url, slug, currency }: About): string {
  const digits = exponentOf(currency);
  return [
    `; The open books of ${oneLine(name)}`,
    `; ${oneLine(url)}/${slug}/books`,
    // Says that the point in 1.234 is no separator of thousands.
    "decimal-mark .",
    `commodity 1000.${"0".repeat(digits)} ${currency.toUpperCase()}`,
    "",
  ].join("\n");
}

function piece({ index, entry }: Placed, currency: string, declared: Set<string>): string {
  const sentence = sentenceOf(entry, currency);
  if (!isMoney(entry) || entry.postings.length === 0) return `\n; ${entry.day} (${index}) ${sentence}\n`;
  const accounts = entry.postings.map((p) => p.account).filter((account) => !declared.has(account));
  for (const account of accounts) declared.add(account);
  return [
    "",
    ...accounts.map((account) => `account ${account}  ; type: ${typeOf(account)}`),
    `${entry.day} (${index}) ${sentence}  ; ${tagsOf(entry)}`,
    // Two spaces end an account's name.
    ...entry.postings.map((p) => `    ${p.account}  ${plainAmount(p.amount, currency)} ${currency.toUpperCase()}`),
    "",
  ].join("\n");
}

const typeOf = (account: string): string => (account === CASH ? "C" : (TYPES[account.split(":", 1)[0] ?? ""] ?? "A"));

function tagsOf(entry: MoneyEntry | SingleEntry): string {
  if ("count" in entry) return `kind:${entry.kind}, count:${entry.count}`;
  return entry.transfer === undefined ? `kind:${entry.kind}` : `kind:${entry.kind}, transfer:${entry.transfer}`;
}
