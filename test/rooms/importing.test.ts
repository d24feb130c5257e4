import { audit } from "../../src/cli/audit/run.js";
import { book, type Booked } from "../../src/cli/import/book.js";
import { rehearse } from "../../src/cli/import/import-csv.js";
import { readMapped, tryMapped } from "../../src/cli/import/mapped.js";
import { parseMapping, type Mapping } from "../../src/cli/import/mapping.js";
import { ENTITIES } from "../../src/entities.js";
import { Funds } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { booksPage } from "../../src/open-books/books.page.js";
import { Figures } from "../../src/open-books/figures.service.js";
import { Voice } from "../../src/pages/words.js";
import { Database } from "../../src/platform/database/database.js";
import type { Entry, ImportedEntry, MoneyEntry } from "../../src/publication/entry.js";
import { Submissions } from "../../src/publication/submissions.service.js";
import { LogReads } from "../../src/tlog/log-reads.service.js";
import { NOW, TODAY } from "../support/builders.js";
import { cloneDatabase, type TestDatabase } from "../support/database.js";
import { TestPublisher } from "../support/log.js";
import { verified } from "../support/served-log.js";

let db: TestDatabase;
let database: Database;
let worker: Database;
const journal = new Journal();
const submissions = new Submissions();
const funds = new Funds(journal, submissions);
const clock = new HandClock(NOW);
let publisher: TestPublisher;
const SLUG = "old-pot";

beforeEach(async () => {
  db = await cloneDatabase();
  database = await db.database(ENTITIES);
  worker = await Database.connect(db.urls.worker, ENTITIES, 4);
  clock.set(NOW);
  publisher = new TestPublisher(worker, clock);
});
afterEach(async () => {
  await worker.close();
  await db.drop();
});

const mapping = (change: object = {}): Mapping =>
  parseMapping(
    JSON.stringify({
      source: "sheet",
      currency: "usd",
      columns: { id: "Id", day: "Date", amount: "Amount", kind: "Kind" },
      accounts: { Gift: "income:gifts", Help: "expenses:aid:rent" },
      ...change,
    }),
  );
const csv = (rows: readonly string[]): string => ["Id,Date,Amount,Kind,Name", ...rows].join("\n");
/** Gifts of 1.00, 2.00, 3.00 … on days of October. */
const gifts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i).map((n) => `g${n},2026-10-${String(n).padStart(2, "0")},${n}.00,Gift,Person ${n}`); // prettier-ignore
const move = (text: string, change: object = {}, slug = SLUG): Promise<Booked> =>
  database.atomically((tx) =>
    book({ funds, journal, submissions }, tx, readMapped(text, mapping(change), TODAY), {
      slug,
      practice: true,
      now: NOW,
    }),
  );
const publish = async (): Promise<Entry[]> => {
  const fund = await funds.bySlug(database.read, SLUG);
  clock.set(new Date(clock.now().getTime() + 10_000));
  await publisher.tick(fund);
  const { alarms } = await verified(database, fund.fundId);
  expect(alarms).toEqual([]);
  return (await new Figures().entries(database.read, fund.fundId, 0, 100)).map((placed) => placed.entry);
};
const sections = (entries: readonly Entry[]): ImportedEntry[] => entries.filter((e) => e.kind === "imported");
const batches = (entries: readonly Entry[]): MoneyEntry[] => entries.flatMap((e) => (e.kind === "import" ? [e] : []));
const journalRows = async (): Promise<number> =>
  (await (await db.as("owner")).query("select from transaction where kind = 'import'")).rowCount ?? 0;
const everything = async (): Promise<string> => {
  const owner = await db.as("owner");
  const tables = await owner.query<{ name: string }>("select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"); // prettier-ignore
  const all: string[] = [];
  for (const { name } of tables.rows)
    all.push(JSON.stringify((await owner.query(`select t::text from "${name}" t order by 1`)).rows));
  return all.join("\n");
};

test("a file is booked once, however often it comes, and its section is published once", async () => {
  const text = csv([...gifts(1, 8), "h1,2026-10-20,-5.00,Help,Somebody"]);
  expect(await move(text)).toMatchObject({ booked: 9, already: 0, balance: 3100n });
  expect(await move(text)).toMatchObject({ booked: 0, already: 9, balance: 3100n, section: null });
  const entries = await publish();
  expect(sections(entries)).toEqual([
    {
      v: 1,
      kind: "imported",
      day: TODAY,
      source: "csv",
      file: null,
      rows: 9,
      empty: 0,
      booked: 9,
      from: "2026-10-01",
      to: "2026-10-20",
      sum: 3100,
      stated: null,
      difference: 0,
      breaks: { "leaves-out-fee": 0, "catches-up": 0, unknown: 0 },
    },
  ]);
  expect(batches(entries).map((b) => [b.count, b.sum])).toEqual([[9, 3100]]);
  expect(entries.findIndex((e) => e.kind === "imported")).toBeLessThan(entries.findIndex((e) => e.kind === "import"));
  expect(await move(text)).toMatchObject({ booked: 0, section: null });
  expect(sections(await publish())).toHaveLength(1);
  expect((await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
});

test("halves and then the whole are the whole: each section says only what it adds", async () => {
  await move(csv(gifts(1, 7)));
  await publish();
  await move(csv(gifts(5, 14)));
  await publish();
  expect(await move(csv(gifts(1, 20)))).toMatchObject({ booked: 6, already: 14, balance: 21_000n });
  const entries = await publish();
  expect(sections(entries).map((s) => [s.rows, s.booked, s.from, s.to, s.sum])).toEqual([
    [7, 7, "2026-10-01", "2026-10-07", 2800],
    [10, 7, "2026-10-08", "2026-10-14", 7700],
    [20, 6, "2026-10-15", "2026-10-20", 10_500],
  ]);
  expect(batches(entries).reduce((sum, b) => sum + b.sum, 0)).toBe(21_000);
  expect((await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
});

test("fewer lines than k are not told of, also not within a larger group, until the next import brings k", async () => {
  await move(csv(gifts(1, 6)));
  expect(await move(csv(gifts(7, 9)))).toMatchObject({ booked: 3, section: null });
  const first = await publish();
  expect(sections(first).map((s) => s.booked)).toEqual([6]);
  expect(batches(first).map((b) => b.count)).toEqual([6]);
  expect(sections(await publish())).toHaveLength(1);
  expect((await move(csv(gifts(10, 11)))).section).toMatchObject({ booked: 5, from: "2026-10-07", to: "2026-10-11" });
  const then = await publish();
  expect(sections(then).map((s) => s.booked)).toEqual([6, 5]);
  expect(batches(then).map((b) => b.count)).toEqual([6, 5]);
});

test("all of it or nothing: one line that is refused, by the file or by the books, and nothing is there", async () => {
  await expect(Promise.resolve().then(() => move(csv([...gifts(1, 8), "x,2026-10-09,=1,Gift,A"])))).rejects.toThrow(
    /^line 10: "Amount"/,
  );
  await expect(move(csv(gifts(1, 8)), { accounts: { Gift: "expenses:aid:toys" } })).rejects.toThrow(
    /^line 2: this fund has no account expenses:aid:toys; it has expenses:aid:food, .*expenses:aid:other/,
  );
  await expect(move(csv(gifts(1, 8)), { holding: "assets:venmo:desk" })).rejects.toThrow(
    /^line 2: this fund has no account assets:venmo:desk/,
  );
  expect((await funds.list(database.read)).map((f) => f.slug)).not.toContain(SLUG);
  await move(csv(gifts(1, 8)));
  const changed = csv([...gifts(9, 12), "g3,2026-10-03,4.00,Gift,A"]);
  await expect(move(changed)).rejects.toThrow(/^line 6: this row was booked before with other content/);
  expect(await journalRows()).toBe(8);
});

test("a fund that is kept in another currency takes no line", async () => {
  await move(csv(gifts(1, 8)));
  await expect(move(csv(gifts(9, 20)), { currency: "eur" })).rejects.toThrow(/kept in usd and the file in eur/);
  expect(await journalRows()).toBe(8);
});

test("a dry run says what would be booked, and writes nothing, not even the fund", async () => {
  const tools = { database, funds, journal, submissions };
  const occasion = { slug: SLUG, practice: true, now: NOW };
  const before = await everything();
  const good = tryMapped(csv(gifts(1, 8)), mapping(), TODAY);
  const report = (await rehearse(tools, good, occasion)).join("\n");
  expect(report).toMatch(/rows read +8\nbooked +8\nbalance +36\.00 USD/);
  expect(report).toContain("a section of 8 lines, 2026-10-01 to 2026-10-08");
  expect(report).toContain("line 2      2026-10-01   assets:bank 1.00   income:gifts -1.00");
  expect(report).not.toContain("Person");
  const bad = tryMapped(csv([...gifts(1, 3), "x,2026-10-09,1,Toys,A", ...gifts(4, 5)]), mapping(), TODAY);
  const refused = (await rehearse(tools, bad, occasion)).join("\n");
  expect(refused).toMatch(/rows read +3, and then one that is refused\nbalance +6\.00 USD/);
  expect(refused).toMatch(/refused +line 5: "Kind" is "Toys"/);
  expect(await everything()).toBe(before);
});

test("rows without ids are the same rows when they come again, in another order and with other notes", async () => {
  const noId = { columns: { day: "Date", amount: "Amount", kind: "Kind" } };
  const rows = [...gifts(1, 6), "x,2026-10-06,6.00,Gift,Twin"];
  expect(await move(csv(rows), noId)).toMatchObject({ booked: 7, balance: 2700n });
  const again = rows.toReversed().map((r) => r.replace(/[^,]*$/, "edited since"));
  expect(await move(csv(again), noId)).toMatchObject({ booked: 0, already: 7, balance: 2700n });
});

test("nothing that people wrote reaches the database: no name, no note, no address", async () => {
  const hostile = [...gifts(1, 6), 'g7,2026-10-07,7.00,Gift,"=HYPERLINK(""http://x"",""Ana Luz ana@example.org"")"'];
  await move(`\ufeff${csv(hostile).replaceAll("\n", "\r\n").replace("\r\n", "\n")}\r`);
  await publish();
  expect(await journalRows()).toBe(7);
  const all = await everything();
  for (const word of ["Person", "Ana Luz", "HYPERLINK", "example.org"]) expect(all).not.toContain(word);
});

test("the books page says in both languages what was moved in, and leads to it", async () => {
  await move(csv([...gifts(1, 8)]));
  const fund = await (async () => {
    await publish();
    return funds.bySlug(database.read, SLUG);
  })();
  const figures = new Figures();
  const page = async (language: "en" | "es"): Promise<string> =>
    booksPage({
      voice: new Voice(language, "usd"),
      fund: { slug: SLUG, name: "Old Pot", practice: true } as never,
      k: 5,
      figures: await figures.of(database.read, fund.fundId),
      weeks: [],
      entries: await figures.page(database.read, fund.fundId, { before: null, kind: null, month: null }),
      imported: await figures.imported(database.read, fund.fundId),
      choices: { kinds: [], months: [] },
      wanted: { before: null, kind: null, month: null },
      address: "http://localhost:1/old-pot",
      log: await new LogReads(database).published(fund.fundId),
      halted: null,
    });
  const english = await page("en");
  expect(english).toContain("Moved in from another ledger");
  expect(english).toContain("8 lines, from Thursday, 1 October 2026 to Thursday, 8 October 2026, add up to $36.00.");
  expect(english).toContain(`/old-pot/books?lang=en&amp;kind=import#entries`);
  expect(await page("es")).toContain("Traído de otro libro de cuentas");
});

test("the audit finds a section that tells of lines that were never imported, or of another sum", async () => {
  const { fund } = await move(csv(gifts(1, 8)));
  const findings = async (): Promise<string[]> =>
    (await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0).map((f) => f.says);
  expect(await findings()).toEqual([]);
  const says = "what is told of imports is what was imported: so many lines, and their sum";
  const forged = await (
    await db.as("app")
  ).query(
    `insert into submission (fund_id, submission_id, entry, waits) select fund_id, gen_random_uuid(), entry || '{"booked": 5}', false from submission
     where fund_id = $1 and entry ->> 'kind' = 'imported'`,
    [fund.fundId],
  );
  expect(forged.rowCount).toBe(1);
  expect(await findings()).toEqual([says]);
});

test("the publisher holds back what no section tells of", async () => {
  const { fund } = await move(csv(gifts(1, 8)));
  await database.atomically(async (tx) => {
    for (let i = 0; i < 9; i++)
      await journal.post(
        tx,
        fund.fundId,
        {
          kind: "import",
          day: "2026-10-30",
          key: `elsewhere:${i}`,
          postings: [
            { account: "assets:bank", amount: 100n },
            { account: "income:gifts", amount: -100n },
          ],
        },
        NOW,
      );
  });
  expect(batches(await publish()).map((b) => b.count)).toEqual([8]);
  expect(batches(await publish()).map((b) => b.count)).toEqual([8]);
});
