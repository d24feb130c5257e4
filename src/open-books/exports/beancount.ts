import { isMoney } from "../../publication/entry-format.js";
import type { MoneyEntry, SingleEntry } from "../../publication/entry.js";
import { oneLine, plainAmount, type About, type Entries } from "./about.js";
import type { Placed } from "../../publication/entry.js";
import { sentenceOf } from "./sentence.js";

/** The oldest day that beancount reads. An import's days are known only when they come, and an account must be open before. */
const OPEN_SINCE = "1700-01-01";

/**
 * The books as a beancount file that passes `bean-check`. Beancount sorts by day itself. Entries without postings are comments: whoever misses an index
 * sees it. A transfer between funds is a link, so that the books of two funds, read together, show it as one.
 */
export async function* toBeancount(entries: Entries, about: About): AsyncGenerator<string, void, undefined> {
  yield head(about);
  const opened = new Set<string>();
  for await (const placed of entries) yield piece(placed, about.currency, opened);
}

function head({ name, url, slug, currency }: About): string {
  return [
    `; ${oneLine(url)}/${slug}/books`,
    `option "title" ${quoted(name)}`,
    `option "operating_currency" "${currency.toUpperCase()}"`,
    "",
  ].join("\n");
}

function piece({ index, entry }: Placed, currency: string, opened: Set<string>): string {
  const sentence = sentenceOf(entry, currency);
  if (!isMoney(entry) || entry.postings.length === 0) return `\n; ${entry.day} ${index}: ${sentence}\n`;
  const unit = currency.toUpperCase();
  const accounts = entry.postings.map((p) => p.account).filter((account) => !opened.has(account));
  for (const account of accounts) opened.add(account);
  return [
    "",
    ...accounts.map((account) => `${OPEN_SINCE} open ${beancountAccount(account)} ${unit}`),
    `${entry.day} * ${quoted(sentence)}${linkOf(entry)}`,
    `  index: ${index}`,
    `  kind: "${entry.kind}"`,
    ...("count" in entry ? [`  count: ${entry.count}`] : []),
    ...entry.postings.map((p) => `  ${beancountAccount(p.account)}  ${plainAmount(p.amount, currency)} ${unit}`),
    "",
  ].join("\n");
}

const linkOf = (entry: MoneyEntry | SingleEntry): string =>
  "transfer" in entry && entry.transfer !== undefined ? ` ^transfer-${entry.transfer}` : "";

/** Beancount's accounts begin with one of five roots, and each part with a capital: `expenses:aid:rent` -> `Expenses:Aid:Rent`. */
export function beancountAccount(account: string): string {
  const rooted = account === "suspense" ? "assets:suspense" : account;
  return rooted
    .split(":")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join(":");
}

const quoted = (text: string): string => `"${oneLine(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
