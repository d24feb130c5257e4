import { isMoney } from "../../publication/entry-format.js";
import { plainAmount, type About, type Entries } from "./about.js";
import type { Placed } from "../../publication/entry.js";
import { sentenceOf } from "./sentence.js";

export const FEED_ENTRIES_MAX = 50;
/** Atom demands a day also of a feed that has no entries yet. */
const BEFORE_ALL = "1970-01-01";

/** The newest entries as a feed (RFC 4287), newest first, in whatever order they are handed in. Ids outlive a move to another address. */
export async function* toAtom(entries: Entries, about: About): AsyncGenerator<string, void, undefined> {
  const newest = await newestOf(entries);
  // An import's days are older than its place in the log.
  const updated = newest.reduce((latest, { entry }) => (entry.day > latest ? entry.day : latest), BEFORE_ALL);
  const books = `${about.url}/${about.slug}/books`;
  yield [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
    `  <id>urn:commonpot:fund:${xmlText(about.fundId)}</id>`,
    `  <title>${xmlText(`Open books of ${about.name}`)}</title>`,
    `  <updated>${startOf(updated)}</updated>`,
    `  <author><name>${xmlText(about.name)}</name></author>`,
    `  <link rel="self" type="application/atom+xml" href="${xmlText(books)}/feed.atom"/>`,
    `  <link rel="alternate" type="text/html" href="${xmlText(books)}"/>`,
    "",
  ].join("\n");
  for (const placed of newest) yield entryOf(placed, about);
  yield "</feed>\n";
}

/** Keeps no more than the feed shows, so that the length of the log does not matter. */
async function newestOf(entries: Entries): Promise<Placed[]> {
  const newest: Placed[] = [];
  for await (const placed of entries) {
    newest.push(placed);
    newest.sort((a, b) => b.index - a.index);
    newest.length = newest.length > FEED_ENTRIES_MAX ? FEED_ENTRIES_MAX : newest.length;
  }
  return newest;
}

function entryOf({ index, entry }: Placed, { fundId, slug, url, currency }: About): string {
  const postings = isMoney(entry) ? entry.postings : [];
  const summary = postings.map((p) => `${p.account} ${plainAmount(p.amount, currency)} ${currency.toUpperCase()}`);
  return [
    "  <entry>",
    `    <id>urn:commonpot:fund:${xmlText(fundId)}:entry:${index}</id>`,
    `    <title>${xmlText(sentenceOf(entry, currency))}</title>`,
    `    <updated>${startOf(entry.day)}</updated>`,
    `    <link rel="alternate" type="text/html" href="${xmlText(url)}/${slug}/books/${index}"/>`,
    `    <category term="${entry.kind}"/>`,
    ...(summary.length > 0 ? [`    <summary>${xmlText(summary.join("; "))}</summary>`] : []),
    "  </entry>",
    "",
  ].join("\n");
}

/** Days are as fine as time gets in public; Atom wants an instant (RFC 3339). */
const startOf = (day: string): string => `${day}T00:00:00Z`;

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or an attribute. Characters that XML 1.0 cannot carry at all (section 2.2) become a space. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, " ")
    .replace(/[&<>"']/g, (character) => REFERENCES[character] ?? character);
}
