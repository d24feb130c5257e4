import { createHash } from "node:crypto";
import fs from "node:fs";
import * as stream from "node:stream/consumers";
import fc from "fast-check";
import { parse } from "csv-parse/sync";
import { ImportError } from "../../src/cli/import/csv-rows.js";
import { book, type Booked } from "../../src/cli/import/book.js";
import { chainBreaks } from "../../src/cli/import/chain.js";
import { decoded } from "../../src/cli/import/file.js";
import { monthlyDonors } from "../../src/cli/import/monthly.js";
import { movedFrom, readOpenCollective } from "../../src/cli/import/open-collective.js";
import { openCollectiveReport } from "../../src/cli/import/report.js";
import { Submissions } from "../../src/publication/submissions.service.js";
import { Funds, type Fund } from "../../src/funds/funds.service.js";
import { audit } from "../../src/cli/audit/run.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { toCsv } from "../../src/open-books/exports/csv.js";
import { toHledger } from "../../src/open-books/exports/hledger.js";
import { Figures } from "../../src/open-books/figures.service.js";
import { Database } from "../../src/platform/database/database.js";
import type { Placed } from "../../src/publication/entry.js";
import { ENTITIES, NOW } from "../support/builders.js";
import { cloneDatabase, type TestDatabase } from "../support/database.js";
import { TestPublisher } from "../support/log.js";
import { verified } from "../support/served-log.js";

const PATH = "../shared/data/open-collective-2017-2026.csv";
const there = fs.existsSync(PATH);
if (!there) process.stderr.write(`interop: ${PATH} is absent, so the import of a real ledger is not checked here\n`);
const withFile = there ? describe : describe.skip;

withFile("a real fund's public ledger", () => {
  const text = there ? fs.readFileSync(PATH, "utf8") : "";
  const lines = text.trimEnd().split(/\r?\n/);
  const journal = new Journal();
  const submissions = new Submissions();
  const tools = { journal, submissions, funds: new Funds(journal, submissions) };
  let test_: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test_ = await cloneDatabase();
    database = await test_.database(ENTITIES);
  });
  afterAll(() => test_.drop());

  /** The balance by other code and other arithmetic than the import's: whole cents as numbers, straight from the column. */
  const balanceOf = (csv: string): number =>
    parse(csv, { columns: true }).reduce((sum: number, row: any) => sum + Math.round(Number(row.netAmount) * 100), 0);
  const bookedBalance = async (slug: string): Promise<number> =>
    Number(
      (await journal.accounts(database.read, (await tools.funds.bySlug(database.read, slug)).fundId)).get(
        "assets:sponsor",
      ),
    );
  const book_ = (slug: string, csv: string): Promise<Booked> => {
    const { text: read, hash } = decoded(Buffer.from(csv));
    const file = movedFrom(readOpenCollective(read), hash);
    return database.atomically((tx) => book(tools, tx, file, { slug, practice: true, now: NOW }));
  };
  const bookInto = async (slug: string, csv: string): Promise<string[]> =>
    openCollectiveReport(readOpenCollective(csv), await book_(slug, csv));

  test("books 1,916 rows to 5,688.29 and says where the file's own balance column differs; twice is once", async () => {
    const report = (await bookInto("example-import", text)).join("\n");
    expect(report).toMatch(/rows read +1916\nbooked +1916\nbalance +5,688\.29 USD/);
    expect(report).toMatch(/the file says +5,689\.42 USD.*1\.13 apart/);
    expect(report).toContain("the difference of 1.13 is the fee on line 2");
    expect(await bookedBalance("example-import")).toBe(568829);
    expect((await bookInto("example-import", text)).join("\n")).toMatch(/booked +0 +\(1916 were there already\)/);
    expect(await bookedBalance("example-import")).toBe(568829);
    expect((await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
  });

  test("keeps fees and refunds as legs of their own", async () => {
    const fund = await tools.funds.bySlug(database.read, "example-import");
    const accounts = await journal.accounts(database.read, fund.fundId);
    const sum = (column: string, of: (row: any) => boolean): bigint =>
      parse(text, { columns: true })
        .filter(of)
        .reduce((s: bigint, r: any) => s + BigInt(Math.round(Number(r[column]) * 100)), 0n);
    expect(accounts.get("income:gifts")).toBe(
      -sum("amount", (r) => r.kind === "CONTRIBUTION" && (r.type === "CREDIT" || r.isRefund !== "")),
    );
    const fees = (accounts.get("expenses:fees:stripe") ?? 0n) + (accounts.get("expenses:fees:rail") ?? 0n);
    expect(fees).toBe(
      -sum("paymentProcessorFee", () => true) - sum("amount", (r) => r.kind === "PAYMENT_PROCESSOR_COVER"),
    );
  });

  test("gives the right balance for any such file: rows dropped, amounts changed, order shuffled", async () => {
    let run = 0;
    const [header = "", ...rows] = lines;
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(rows, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: -99_999, max: 99_999 }),
        fc.nat(),
        fc.boolean(),
        async (kept, cents, which, shuffled) => {
          const fields = parse([header, ...kept].join("\n")) as string[][];
          const columns = fields[0] ?? [];
          const changed = fields[1 + (which % kept.length)]!;
          changed[columns.indexOf("netAmount")] = (cents / 100).toFixed(2);
          changed[columns.indexOf("amount")] = ((cents + 25) / 100).toFixed(2);
          const body = fields.slice(1).map((row) => row.map((f) => `"${f.replaceAll('"', '""')}"`).join(","));
          if (shuffled) body.sort(() => (which++ % 3) - 1);
          const csv = [header, ...body].join("\n");
          const slug = `mutant-${++run}`;
          await bookInto(slug, csv);
          expect(await bookedBalance(slug)).toBe(balanceOf(csv));
        },
      ),
      { numRuns: 30 },
    );
    expect((await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
  });

  test.each<[string, (row: Record<string, string>) => void, RegExp]>([
    ["a bad number", (row) => (row["netAmount"] = "4,55"), /^line 40: netAmount is "4,55"/],
    ["an empty number", (row) => (row["amount"] = ""), /^line 40: amount/],
    ["half a cent", (row) => (row["netAmount"] = "4.555"), /^line 40: netAmount/],
    ["another currency", (row) => (row["currency"] = "EUR"), /^line 40: the currency is EUR/],
    ["an unknown kind", (row) => (row["kind"] = "PLATFORM_TIP_DEBT"), /^line 40: the kind "PLATFORM_TIP_DEBT"/],
    ["a kind that is a property of every object", (row) => (row["kind"] = "constructor"), /^line 40: the kind/],
    ["a bad date", (row) => (row["datetime"] = "2026-02-30T10:00:00"), /^line 40: datetime/],
    ["another fund's row", (row) => (row["accountSlug"] = "other"), /^line 40: this row belongs/],
  ])("stops before anything is booked and names the line: %s", async (_what, breakIt, message) => {
    const columns = lines[0]!.split(",");
    const row = Object.fromEntries(columns.map((c, i) => [c, (parse(lines[39]!) as string[][])[0]![i]!]));
    breakIt(row);
    const broken = [...lines];
    broken[39] = columns.map((c) => `"${row[c]!}"`).join(",");
    await expect(Promise.resolve().then(() => bookInto("broken", broken.join("\n")))).rejects.toThrow(message);
    expect((await tools.funds.list(database.read)).map((f) => f.slug)).not.toContain("broken");
  });

  test("a missing column, a short line and a repeated row are named too", () => {
    expect(() => readOpenCollective(text.replace("netAmount", "net"))).toThrow(
      /^line 1: the column "netAmount" is missing/,
    );
    expect(() => readOpenCollective([...lines.slice(0, 5), "a,b,c"].join("\n"))).toThrow(/^line 6: it has 3 fields/);
    expect(() => readOpenCollective([...lines.slice(0, 5), lines[2]].join("\n"))).toThrow(
      /^line 6: the transaction 1995f236 is already on line 3/,
    );
    expect(() => readOpenCollective("")).toThrow(ImportError);
  });

  test("reads a currency without decimals as what it is", () => {
    const columns = lines[0]!;
    const row = lines[2]!.replaceAll("USD", "JPY").replace(",-0.5,0,-0.5,6144.41,", ",-50,0,-50,6144,");
    expect(readOpenCollective(`${columns}\n${row}`).rows[0]!.net).toBe(-50n);
    expect(() => readOpenCollective(`${columns}\n${row.replaceAll("JPY", "XXX")}`)).toThrow(
      /^line 2: the currency "XXX" is unknown/,
    );
  });

  test("explains each break of the chain by the fee that the balance left out, where it can", () => {
    const breaks = chainBreaks(readOpenCollective(text).rows);
    expect(breaks).toHaveLength(696);
    expect(breaks.at(-1)).toMatchObject({ line: 2, difference: 113n, why: "leaves-out-fee" });
  });

  test("says in the open books what was moved in and what does not add up, and a stranger's computer agrees", async () => {
    const worker = await Database.connect(test_.urls.worker, ENTITIES, 2);
    const clock = new HandClock(NOW);
    const publisher = new TestPublisher(worker, clock);
    const fund = await tools.funds.bySlug(database.read, "example-import");
    const half = [lines[0], ...lines.slice(1000)].join("\n");
    const { fund: inHalves } = await book_("in-halves", half);
    await book_("in-halves", text);
    const published = async (of: Fund): Promise<Placed[]> => {
      for (let i = 0; i < 2; i++) {
        clock.set(new Date(clock.now().getTime() + 10_000));
        await publisher.tick(of);
      }
      const { alarms, verified: result } = await verified(database, of.fundId);
      expect(alarms).toEqual([]);
      expect(result?.balances.get("assets:holdings")).toBe(568_829);
      const found: Placed[] = [];
      for (let more = 1; more > 0;) {
        const page = await new Figures().entries(database.read, of.fundId, found.length, 100);
        more = page.length;
        found.push(...page);
      }
      return found;
    };
    const entries = await published(fund);
    const moved = entries.flatMap(({ entry }) => (entry.kind === "imported" ? [entry] : []));
    expect(moved).toEqual([
      {
        v: 1,
        kind: "imported",
        day: "2026-11-23",
        source: "open-collective",
        file: createHash("sha256").update(fs.readFileSync(PATH)).digest("hex"),
        rows: 1916,
        empty: 0,
        booked: 1916,
        from: "2017-01-20",
        to: "2026-07-07",
        sum: 568_829,
        stated: 568_942,
        difference: 113,
        breaks: moved[0]?.breaks,
      },
    ]);
    const breaks = Object.values(moved[0]!.breaks);
    expect(breaks.reduce((sum, n) => sum + n, 0)).toBe(696);
    const batches = entries.flatMap(({ entry }) => (entry.kind === "import" ? [entry] : []));
    expect(batches.reduce((sum, b) => sum + b.count, 0)).toBe(1916);
    const twice = (await published(inHalves)).flatMap(({ entry }) => (entry.kind === "imported" ? [entry] : []));
    expect(twice.map((s) => s.booked)).toEqual([917, 999]);
    expect(twice.reduce((sum, s) => sum + s.sum, 0)).toBe(568_829);
    const about = { fundId: fund.fundId, slug: fund.slug, name: "Example Import", currency: "usd", url: "https://pot.example.org" }; // prettier-ignore
    const csv = parse(await stream.text(toCsv(entries, about)), { columns: true }) as Record<string, string>[];
    const holdings = csv.filter((r) => r["account"] === "assets:holdings");
    expect(holdings.reduce((sum, r) => sum + Math.round(Number(r["amount"]) * 100), 0)).toBe(568_829);
    expect(csv.filter((r) => r["kind"] === "imported")).toHaveLength(1);
    expect(await stream.text(toHledger(entries, about))).toContain("Moved in from Open Collective: 1916 lines");
    expect((await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
    await worker.close();
  });

  test("finds those who gave every month, and keeps none of them", async () => {
    const donors = monthlyDonors(text);
    expect(donors.filter((d) => d.current).map((d) => d.handle)).toEqual(
      expect.arrayContaining(["person-003", "person-004", "person-005", "person-006", "person-007", "person-008"]),
    );
    expect(donors.find((d) => d.handle === "person-006")).toMatchObject({ amount: 1000n, lastDay: "2026-07-01" });
    expect(donors.find((d) => d.handle === "person-059")).toMatchObject({ current: false });
    const owner = await test_.as("owner");
    const tables = await owner.query<{ name: string }>("select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"); // prettier-ignore
    for (const { name } of tables.rows)
      expect((await owner.query(`select from "${name}" t where t::text like '%person-0%' limit 1`)).rowCount).toBe(0);
  });
});
