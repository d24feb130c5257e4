import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { exponentOf } from "../../src/kernel/money.js";
import type { About } from "../../src/open-books/exports/about.js";
import type { Placed } from "../../src/publication/entry.js";
import { FEED_ENTRIES_MAX, toAtom } from "../../src/open-books/exports/atom.js";
import { beancountAccount, toBeancount } from "../../src/open-books/exports/beancount.js";
import { toCsv } from "../../src/open-books/exports/csv.js";
import { toHledger } from "../../src/open-books/exports/hledger.js";
import { toJsonLines } from "../../src/open-books/exports/jsonl.js";
import { sentenceOf } from "../../src/open-books/exports/sentence.js";
import { entryFault, isMoney } from "../../src/publication/entry-format.js";
import { ENTRY_KINDS, type Entry } from "../../src/publication/entry.js";
import { PUBLIC_ACCOUNTS, publicEntries } from "../support/public-entries.js";

const TOOLS = ["hledger", "bean-check", "bean-query", "python3"];
const absent = TOOLS.filter((name) => spawnSync("which", [name]).status !== 0);
if (absent.length > 0)
  process.stderr.write(
    `interop: ${absent.join(", ")} absent, so the programs that read the exports are not asked here\n`,
  );
const withTools = absent.length === 0 ? describe : describe.skip;

const ENTRIES = 600;
const aboutIn = (currency: string): About => ({
  fundId: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9d",
  slug: "soup",
  name: 'Olla común "Sol" & <Luna> \\ 汤',
  currency,
  url: "https://pot.example.org",
});

/** Minor units by account; accounts that are at zero are left out, because programs differ in whether they show them. */
type Sums = Record<string, string>;
function sumsOf(amounts: Iterable<readonly [account: string, amount: bigint]>): Sums {
  const sums = new Map<string, bigint>();
  for (const [account, amount] of amounts) sums.set(account, (sums.get(account) ?? 0n) + amount);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n).map(([account, sum]) => [account, String(sum)]));
}
/** Straight from the entries. */
const expected = (entries: readonly Placed[], nameOf = (account: string) => account): Sums =>
  sumsOf(
    entries.flatMap(({ entry }) =>
      isMoney(entry) ? entry.postings.map((p) => [nameOf(p.account), BigInt(p.amount)] as const) : [],
    ),
  );

/** "-23.97" -> -2397n. More or fewer digits than the currency has are an error. */
function minorUnits(written: string, currency: string): bigint {
  const digits = exponentOf(currency);
  expect(written).toMatch(new RegExp(digits === 0 ? "^-?\\d+$" : `^-?\\d+\\.\\d{${digits}}$`));
  return BigInt(written.replace(".", ""));
}

/** Adds one minor unit to one amount of an entry, or to one and its opposite to another, so that it still balances. */
function tampered(entries: readonly Placed[], balanced: boolean): Placed[] {
  const index = entries.findIndex(({ entry }) => isMoney(entry) && entry.postings.length >= 2);
  const entry = structuredClone(entries[index]!.entry) as Entry & { postings: { amount: number }[] };
  entry.postings[0]!.amount += 1;
  if (balanced) entry.postings[1]!.amount -= 1;
  return entries.with(index, { index, entry });
}

withTools.each([
  ["usd", 1],
  ["jpy", 2],
  ["kwd", 3],
])("the exports of %s books", (currency, seed) => {
  const about = aboutIn(currency);
  const entries = publicEntries(currency, ENTRIES, seed).map((entry, index): Placed => ({ index, entry }));
  let folder = "";
  beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-exports-"))));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  async function write(name: string, chunks: AsyncGenerator<string>): Promise<string> {
    const file = path.join(folder, name);
    fs.writeFileSync(file, await text(chunks));
    return file;
  }
  function run(command: string, ...words: string[]): { status: number | null; out: string; err: string } {
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    const { status, stdout, stderr } = spawnSync(command, words, { env, encoding: "utf8", maxBuffer: 64e6 });
    return { status, out: stdout, err: stderr };
  }
  function answer(command: string, ...words: string[]): string {
    const { status, out, err } = run(command, ...words);
    expect([status, err]).toEqual([0, ""]);
    return out;
  }

  function hledgerSums(file: string): Sums {
    const [accounts] = JSON.parse(answer("hledger", "-f", file, "balance", "--flat", "-O", "json"));
    return sumsOf(
      accounts.flatMap(([account, , , amounts]: [string, string, number, any[]]) =>
        amounts.map(({ acommodity, aquantity }) => {
          expect([acommodity, aquantity.decimalPlaces]).toEqual([currency.toUpperCase(), exponentOf(currency)]);
          return [account, BigInt(aquantity.decimalMantissa)] as const;
        }),
      ),
    );
  }
  function beancountSums(file: string): Sums {
    // sum(position) is the same sum, but bean-query 2.3.5 prints no position of a billion units or more.
    const query = "select account, currency, sum(number) group by account, currency";
    const rows: string[][] = parse(answer("bean-query", "-f", "csv", file, query), { from_line: 2, trim: true });
    return sumsOf(
      rows.map(([account = "", unit, written = ""]) => {
        expect(unit).toBe(currency.toUpperCase());
        return [account, minorUnits(written, currency)] as const;
      }),
    );
  }

  test("are of valid entries, of every kind and account, with amounts of both signs", () => {
    expect(entries.map(({ entry }) => entryFault(entry)).filter((fault) => fault !== null)).toEqual([]);
    expect(new Set(entries.map(({ entry }) => entry.kind))).toEqual(new Set(ENTRY_KINDS));
    const postings = entries.flatMap(({ entry }) => (isMoney(entry) ? entry.postings : []));
    for (const account of PUBLIC_ACCOUNTS)
      for (const sign of [1, -1]) expect(postings.some((p) => p.account === account && p.amount * sign > 0)).toBe(true);
  });

  test("hledger finds nothing wrong, and has the same balance for every account", async () => {
    const file = await write("ledger.journal", toHledger(entries, about));
    answer("hledger", "-f", file, "check", "--strict");
    expect(hledgerSums(file)).toEqual(expected(entries));
    const total = answer("hledger", "-f", file, "balancesheet", "-O", "csv")
      .split("\n")
      .find((l) => l.startsWith('"Net:"'));
    const assets = entries.flatMap(({ entry }) =>
      isMoney(entry) ? entry.postings.filter((p) => /^assets:|^suspense$/.test(p.account)) : [],
    );
    expect(minorUnits(/"(-?[\d.]+) [A-Z]{3}"/.exec(total ?? "")?.[1] ?? "", currency)).toBe(
      assets.reduce((sum, p) => sum + BigInt(p.amount), 0n),
    );
    const transactions = JSON.parse(answer("hledger", "-f", file, "print", "-O", "json"));
    expect(transactions.map((t: any) => [t.tdate, t.tcode, t.tdescription]).sort()).toEqual(
      entries
        .filter(({ entry }) => isMoney(entry) && entry.postings.length > 0)
        .map(({ index, entry }) => [entry.day, String(index), sentenceOf(entry, currency)])
        .sort(),
    );
  });

  test("beancount finds nothing wrong, and has the same balance for every account", async () => {
    const file = await write("ledger.beancount", toBeancount(entries, about));
    answer("bean-check", file);
    expect(beancountSums(file)).toEqual(expected(entries, beancountAccount));
  });

  test("one unit more in one amount: both programs refuse the file", async () => {
    const forged = tampered(entries, false);
    const journal = run("hledger", "-f", await write("forged.journal", toHledger(forged, about)), "check", "--strict");
    expect([journal.status, journal.err]).toEqual([1, expect.stringContaining("could not balance")]);
    const beancount = run("bean-check", await write("forged.beancount", toBeancount(forged, about)));
    expect([beancount.status, beancount.err]).toEqual([1, expect.stringContaining("does not balance")]);
  });

  test("one unit moved between two accounts: both programs accept the file, and the balances tell", async () => {
    const forged = tampered(entries, true);
    const journal = await write("moved.journal", toHledger(forged, about));
    expect(hledgerSums(journal)).toEqual(expected(forged));
    expect(hledgerSums(journal)).not.toEqual(expected(entries));
    const beancount = await write("moved.beancount", toBeancount(forged, about));
    expect(beancountSums(beancount)).toEqual(expected(forged, beancountAccount));
    expect(beancountSums(beancount)).not.toEqual(expected(entries, beancountAccount));
  });

  test("an account that was not declared is refused, so that the declarations matter", async () => {
    const without = (file: string, line: RegExp) =>
      fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(line, ""));
    const journal = await write("undeclared.journal", toHledger(entries, about));
    without(journal, /^account income:gifts .*$/m);
    expect(run("hledger", "-f", journal, "check", "--strict").status).toBe(1);
    const beancount = await write("unopened.beancount", toBeancount(entries, about));
    without(beancount, /^\S+ open Income:Gifts .*$/m);
    expect(run("bean-check", beancount).status).toBe(1);
  });

  test("Python's csv reads the same balances, and finds every index", async () => {
    const file = await write("ledger.csv", toCsv(entries, about));
    const script = `
import csv, json, sys
from decimal import Decimal
sums, indices = {}, []
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8", newline=""), strict=True):
    if not indices or indices[-1] != row["index"]: indices.append(row["index"])
    if row["account"]: sums[row["account"]] = sums.get(row["account"], Decimal(0)) + Decimal(row["amount"])
json.dump({"sums": [[a, str(s)] for a, s in sums.items()], "indices": indices}, sys.stdout)`;
    const read = JSON.parse(answer("python3", "-c", script, file));
    expect(sumsOf(read.sums.map(([a, s]: [string, string]) => [a, minorUnits(s, currency)]))).toEqual(
      expected(entries),
    );
    expect(read.indices).toEqual(entries.map(({ index }) => String(index)));
  });

  test("JSON Lines come back as the entries they were", async () => {
    const lines = fs
      .readFileSync(await write("ledger.jsonl", toJsonLines(entries)), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(entries);
  });

  test("a real XML parser reads the feed: the newest entries, with ids of their own", async () => {
    const file = await write("feed.atom", toAtom(entries, about));
    const script = `
import json, sys, xml.etree.ElementTree as tree
a = "{http://www.w3.org/2005/Atom}"
feed = tree.parse(sys.argv[1]).getroot()
assert feed.tag == a + "feed"
entries = [[e.findtext(a + n) for n in ("id", "title", "updated")] + [e.find(a + "link").get("href")] for e in feed.iter(a + "entry")]
json.dump({"head": [feed.findtext(a + n) for n in ("id", "title", "updated")], "author": feed.findtext(a + "author/" + a + "name"), "entries": entries}, sys.stdout)`;
    const feed = JSON.parse(answer("python3", "-c", script, file));
    const newest = entries.toReversed().slice(0, FEED_ENTRIES_MAX);
    const id = `urn:commonpot:fund:${about.fundId}`;
    const updated = `${newest
      .map(({ entry }) => entry.day)
      .sort()
      .at(-1)}T00:00:00Z`;
    expect(feed.head).toEqual([id, `Open books of ${about.name}`, updated]);
    expect(feed.author).toBe(about.name);
    expect(feed.entries).toEqual(
      newest.map(({ index, entry }) => [
        `${id}:entry:${index}`,
        sentenceOf(entry, currency),
        `${entry.day}T00:00:00Z`,
        `https://pot.example.org/soup/books/${index}`,
      ]),
    );
  });
});
