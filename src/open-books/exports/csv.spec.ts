import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import type { Entry } from "../../publication/entry.js";
import { exponentOf } from "../../kernel/money.js";
import type { About } from "./about.js";
import type { Placed } from "../../publication/entry.js";
import { textCell, toCsv } from "./csv.js";

const about = (currency: string): About => ({
  fundId: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9d",
  slug: "soup",
  name: "Soup",
  currency,
  url: "https://pot.example.org",
});
const payouts = (amount: number): Entry => ({
  v: 1,
  kind: "payouts",
  day: "2026-11-23",
  count: 5,
  sum: amount,
  postings: [
    { account: "assets:holdings", amount: -amount },
    { account: "expenses:aid:rent", amount },
  ],
  commitments: [],
});

function csvOf(entries: Placed[], currency = "usd"): Promise<string> {
  return text(toCsv(entries, about(currency)));
}

test("has a row for each posting, and one for an entry that moves no money", async () => {
  const queue: Entry = { v: 1, kind: "queue", day: "2026-11-24", asked: 12, waiting: null, held: 0 };
  const moved: Entry = { v: 1, kind: "moved", day: "2026-11-24", count: 6, sum: 0, postings: [], commitments: [] };
  const csv = await csvOf([payouts(2397), queue, moved].map((entry, index) => ({ index, entry })));
  expect(csv.split("\r\n")).toEqual([
    "index,day,kind,count,account,amount,currency",
    "0,2026-11-23,payouts,5,assets:holdings,-23.97,USD",
    "0,2026-11-23,payouts,5,expenses:aid:rent,23.97,USD",
    "1,2026-11-24,queue,,,,",
    "2,2026-11-24,moved,6,,,",
    "",
  ]);
});

test("amounts have the currency's own digits and come back exactly", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("jpy", "usd", "kwd"),
      fc.maxSafeInteger().filter((n) => n !== 0),
      async (currency, amount) => {
        const rows: string[][] = parse(await csvOf([{ index: 0, entry: payouts(amount) }], currency));
        const written = rows[2]![5]!;
        expect(written.split(".")[1]?.length ?? 0).toBe(exponentOf(currency));
        expect(BigInt(written.replace(".", ""))).toBe(BigInt(amount));
      },
    ),
  );
});

const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .tuple(fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", "＝", '"', ",", "'"), fc.string())
    .map((t) => t.join("")),
);

test("no text becomes a formula, and no text leaves its cell", () => {
  fc.assert(
    fc.property(nasty, nasty, (a, b) => {
      const [cells = []]: string[][] = parse(`${textCell(a)},${textCell(b)}\r\n`, { record_delimiter: "\r\n" });
      for (const [i, word] of [a, b].entries()) {
        expect(cells[i]).not.toMatch(/^[=+\-@\t\r\n]/);
        expect([word, `'${word}`]).toContain(cells[i]);
      }
      expect(cells).toHaveLength(2);
    }),
  );
});

test("what begins with a minus in the whole file is a number and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("jpy", "usd", "kwd"), fc.integer({ min: 1 }), async (currency, amount) => {
      const cells: string[][] = parse(await csvOf([{ index: 3, entry: payouts(amount) }], currency));
      for (const cell of cells.flat()) if (/^[=+\-@\t\r]/.test(cell)) expect(cell).toMatch(/^-\d+(\.\d+)?$/);
    }),
  );
});

test("an account that the grammar would never let through is no formula either", async () => {
  const entry = payouts(100);
  const forged = { ...entry, postings: [{ account: "=cmd|'/c calc'!A1", amount: 100 }] } as Entry;
  expect(await csvOf([{ index: 0, entry: forged }])).toContain(",'=cmd|'/c calc'!A1,1.00,USD");
});
