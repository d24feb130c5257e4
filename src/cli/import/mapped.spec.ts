import fc from "fast-check";
import { decimalString } from "../../kernel/money.js";
import { amountOf, DAY_FORMATS, dayOf } from "./cells.js";
import { csvTable, FileError, ImportError } from "./csv-rows.js";
import { EXAMPLES } from "./examples.js";
import { guessMapping } from "./guess.js";
import { readMapped, tryMapped } from "./mapped.js";
import { parseMapping, type Mapping } from "./mapping.js";

const TODAY = "2026-11-25";
const mapping = (change: object = {}): Mapping =>
  parseMapping(
    JSON.stringify({
      source: "sheet",
      currency: "usd",
      columns: { id: "Id", day: "Date", amount: "Amount", kind: "Kind" },
      accounts: { Gift: "income:gifts", Help: "expenses:aid:other", Void: null },
      ...change,
    }),
  );
const HEADER = "Id,Date,Amount,Kind,Name";
const csv = (...rows: string[]): string => [HEADER, ...rows].join("\n");
const read = (text: string, change: object = {}) => readMapped(text, mapping(change), TODAY);
const example = (name: string) => parseMapping(JSON.stringify(EXAMPLES[name]));

test("a gift goes into the holding, help goes out of it, and what the mapping leaves out moves nothing", () => {
  const file = read(csv("a1,2026-01-02,25.00,Gift,Ana", "a2,2026-01-03,-10,Help,Ben", "a3,2026-01-04,5,Void,Chris"));
  expect(file.lines.map((l) => [l.line, l.key, l.day, l.net])).toEqual([
    [2, "import:csv:sheet:a1", "2026-01-02", 2500n],
    [3, "import:csv:sheet:a2", "2026-01-03", -1000n],
    [4, "import:csv:sheet:a3", "2026-01-04", 0n],
  ]);
  expect(file.lines[1]!.postings).toEqual([
    { account: "assets:bank", amount: -1000n },
    { account: "expenses:aid:other", amount: 1000n },
  ]);
  expect(file.lines[2]!.postings).toEqual([]);
});

test("nothing of a person is in what was read: no name, no note, no hash of one", () => {
  const noId = { columns: { day: "Date", amount: "Amount", kind: "Kind" } };
  const named = (name: string) => JSON.stringify(read(csv(`1,2026-01-02,25,Gift,${name}`), noId).lines, (_k, v) => typeof v === "bigint" ? String(v) : v); // prettier-ignore
  expect(named("Ana Luz")).not.toContain("Ana");
  expect(named("Ana Luz")).toBe(named("Somebody Else"));
  expect(read(csv("a1,2026-01-02,25,Gift,Ana")).hash).toBeNull();
});

test("without ids a row is known by its content and by which of several equal ones it is, wherever it stands", () => {
  const noId = { columns: { day: "Date", amount: "Amount", kind: "Kind" } };
  const keys = (...rows: string[]) => read(csv(...rows), noId).lines.map((l) => l.key);
  const [first, second, other] = keys("1,2026-01-02,5,Gift,A", "2,2026-01-02,5.00,Gift,B", "3,2026-01-02,6,Gift,C");
  expect(new Set([first, second, other]).size).toBe(3);
  expect(keys("9,2026-01-02,6,Gift,x", "8,2026-01-02,5,Gift,y", "7,2026-01-02,5,Gift,z").sort()).toEqual([first, second, other].sort()); // prettier-ignore
});

describe("refused, by line and column:", () => {
  test.each<[string, string[], RegExp]>([
    ["a formula for an amount", ["a1,2026-01-02,=1+1,Gift,A"], /^line 2: "Amount" is "=1\+1", which is no amount/],
    ["a formula for an id", ["=cmd,2026-01-02,1,Gift,A"], /^line 2: "Id" is "=cmd", which is no id/],
    ["2^63", ["a1,2026-01-02,9223372036854775808,Gift,A"], /^line 2: "Amount" .* no amount/],
    ["more than a fund may book", ["a1,2026-01-02,100000001,Gift,A"], /^line 2: "Amount" .* larger than any amount/],
    ["half a cent", ["a1,2026-01-02,1.005,Gift,A"], /^line 2: "Amount"/],
    ["no amount", ["a1,2026-01-02,,Gift,A"], /^line 2: "Amount" is "", which is no amount/],
    ["another day's format", ["a1,02/01/2026,1,Gift,A"], /^line 2: "Date" is "02\/01\/2026", which is no day as YYYY-MM-DD/],
    ["a day that never was", ["a1,2026-02-30,1,Gift,A"], /^line 2: "Date"/],
    ["a day to come", ["a1,2026-11-26,1,Gift,A"], /^line 2: "Date" .* still to come/],
    ["a kind that is not mapped", ["a1,2026-01-02,1,Toys,A"], /^line 2: "Kind" is "Toys", and the mapping has no account/],
    ["a kind that is a property of every object", ["a1,2026-01-02,1,constructor,A"], /^line 2: "Kind" is "constructor"/],
    ["an id that is there twice", ["a1,2026-01-02,1,Gift,A", "a1,2026-01-03,1,Gift,A"], /^line 3: "Id" is a1, as on line 2/],
    ["a row that is too short", ["a1,2026-01-02,1,Gift,A", "a2,2026-01-02"], /^line 3: it has 2 fields/],
    ["a NUL", ["a1,2026-01-02,1,Gift,A", "a2,2026-01-02,1,Gift,\0"], /^line 3: it holds a NUL/],
    ["an open quotation mark", ['a1,2026-01-02,1,Gift,"A'], /^line \d: this is not CSV/],
    ["nothing at all", [], /^line 2: there is no row/],
  ])("%s", (_what, rows, message) => expect(() => read(csv(...rows))).toThrow(message)); // prettier-ignore

  test("a column that is missing, or there twice", () => {
    expect(() => read("Id,Date,Kind\n")).toThrow(
      /^line 1: the column "Amount" is missing; there are "Id", "Date", "Kind"/,
    );
    expect(() => read("Id,Date,Amount,Kind,Amount\n")).toThrow(/^line 1: the column "Amount" is there 2 times/);
  });

  test("another currency than the mapping's", () => {
    const columns = { id: "Id", day: "Date", amount: "Amount", kind: "Kind", currency: "Name" };
    expect(read(csv("a1,2026-01-02,1,Gift,USD"), { columns }).lines).toHaveLength(1);
    expect(() => read(csv("a1,2026-01-02,1,Gift,EUR"), { columns })).toThrow(
      /^line 2: "Name" is "EUR", and the mapping says usd/,
    );
  });

  test("a minus in a column of its own", () => {
    const columns = { day: "Date", in: "Kind", out: "Amount" };
    const accounts = { "+": "income:gifts", "-": "expenses:aid:other" };
    expect(
      read(csv("a1,2026-01-02,4,,A", "a2,2026-01-02,,6,A"), { columns, accounts }).lines.map((l) => l.net),
    ).toEqual([-400n, 600n]);
    expect(() => read(csv("a1,2026-01-02,-4,,A"), { columns, accounts })).toThrow(
      /^line 2: "Amount" is "-4", and a column/,
    );
  });

  test("what could command a terminal is not repeated as it is", () => {
    expect(() => read(csv("a1,2026-01-02,1,\u001b[2J\u202e,A"))).toThrow(/^line 2: "Kind" is "\\u001b\[2J\?"/);
  });

  test("a look beforehand shows what came before the refused line", () => {
    const { file, refused } = tryMapped(csv("a1,2026-01-02,1,Gift,A", "a2,x,1,Gift,A"), mapping(), TODAY);
    expect(file.lines).toHaveLength(1);
    expect(refused).toBeInstanceOf(ImportError);
    expect(refused?.line).toBe(3);
  });
});

test("line ends may be mixed, and a byte order mark is no part of a name; lines are counted as an editor does", () => {
  const file = read(
    `\ufeff${HEADER}\r\na1,2026-01-02,1,Gift,A\na2,2026-01-02,2,Gift,"B\r\nC"\ra3,2026-01-02,3,Gift,D\r\n`,
  );
  expect(file.lines.map((l) => [l.key.slice(-2), l.net])).toEqual([["a1", 100n], ["a2", 200n], ["a3", 300n]]); // prettier-ignore
  expect(() => read(`${HEADER}\r\na1,2026-01-02,1,Gift,A\r\nx,y,1,Gift,A\r\n`)).toThrow(/^line 3:/);
});

test("a header may stand below a title", () => {
  const text = `Ledger of the pot\n\n${HEADER}\na1,2026-01-02,1,Gift,A\n`;
  expect(read(text, { headerLine: 3 }).lines.map((l) => l.line)).toEqual([4]);
});

describe("a mapping", () => {
  test.each<[string, object, RegExp]>([
    ["with a field that nobody knows", { color: "red" }, /field "color"/],
    ["with a column that nobody knows", { columns: { day: "Date", amount: "A", name: "Name" } }, /columns has a field "name"/],
    ["without a day", { columns: { amount: "A" } }, /names no column for the day/],
    ["without an amount", { columns: { day: "D" } }, /either a column for the amount/],
    ["with two ways to say an amount", { columns: { day: "D", amount: "A", in: "I" } }, /either a column for the amount/],
    ["with an account that imports may not touch", { accounts: { Gift: "assets:stripe:pending" } }, /account for "Gift"/],
    ["with an account that is still to be said", { accounts: { Gift: "?" } }, /account for "Gift" is "\?"/],
    ["with a holding that holds no settled money", { holding: "assets:deposits" }, /holding assets:deposits/],
    ["with Stripe's own holding", { holding: "assets:stripe" }, /holding assets:stripe/],
    ["in an unknown currency", { currency: "xxx" }, /currency xxx is unknown/],
    ["with another day's format", { dayFormat: "YY-M-D" }, /dayFormat is "YY-M-D"/],
    ["from nowhere", { source: "" }, /source is ""/],
  ])("%s is refused", (_what, change, message) => expect(() => mapping(change)).toThrow(message)); // prettier-ignore
  test("that is no JSON is refused", () => expect(() => parseMapping("{")).toThrow(FileError));
});

test("amounts come back as they were written, with thousands grouped or not, in either style and with any sign", () => {
  const grouped = (text: string, group: string): string => text.replace(/\B(?=(\d{3})+(?!\d))(?<![.,]\d*)/g, group);
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n }), fc.constantFrom(".", ","), fc.nat(5), (amount, mark, style) => {
      const plain = decimalString(amount < 0n ? -amount : amount, 2).replace(".", mark);
      const body = style % 2 === 0 ? plain : grouped(plain, mark === "." ? "," : ".");
      const money = ["", "$", "", "€ "][style % 4]! + body;
      const cell = amount >= 0n ? money : style < 2 ? `-${money}` : style < 4 ? `(${money})` : `\u2212${money}`;
      expect(amountOf(cell, "usd", 2, mark as ".")).toBe(amount);
    }),
  ); // prettier-ignore
});

test.each(["1,23", "1.234.567", "12,34,567", "", "-", "$", "1e5", "0x10", "1 2", "١٢", "NaN", "--1", "(-1)", "1..2"])(
  "%s is no amount where the point stands before the cents",
  (cell) => expect(amountOf(cell, "usd", 2, ".")).toBeNull(),
);

test("days come back in every format, and none is read in another one without being a day there", () => {
  const day = fc
    .date({ min: new Date("1990-01-01"), max: new Date("2026-11-25"), noInvalidDate: true })
    .map((at) => at.toISOString().slice(0, 10));
  fc.assert(
    fc.property(day, fc.constantFrom(...DAY_FORMATS), fc.constantFrom("", " 10:02", "T10:02:03Z"), (given, format, hour) => {
      const [y = "", m = "", d = ""] = given.split("-");
      expect(dayOf(format.replace("YYYY", y).replace("MM", m).replace("DD", d) + hour, format)).toBe(given);
    }),
  ); // prettier-ignore
});

test("whatever a file holds, it is read whole or refused by line, and what is read balances", () => {
  const cell = fc.oneof(fc.constantFrom("a1", "2026-01-02", "5", "-3.10", "Gift", "Help", '"', "\r", "\n", ","), fc.string({ unit: "binary" })); // prettier-ignore
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { maxLength: 4 }), (rows) => {
      try {
        const file = read(csv(...rows.map((r) => r.join(","))));
        for (const { postings, net } of file.lines) {
          expect(postings.reduce((sum, p) => sum + p.amount, 0n)).toBe(0n);
          expect(postings.filter((p) => p.account === "assets:bank").reduce((sum, p) => sum + p.amount, 0n)).toBe(net);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ImportError);
      }
    }),
    { numRuns: 300 },
  );
});

// Rows as each maker publishes their form, written by hand for this test; nobody's data.
describe("the examples read what they are for:", () => {
  test("HCB's export of transactions", () => {
    const text = `date,memo,amount_cents,amount,tags,comments,user_id,user_name,category_slug,category_label
2026-03-02,Donation,2500,25.00,,,,,donations,Donations
2026-03-02,Fiscal sponsorship fee,-175,-1.75,,,,,fiscal-sponsorship-fees,Fiscal sponsorship fees
2026-03-05,"Transfer, rent",-50000,-500.00,,,usr_1,Org,,
`;
    expect(readMapped(text, example("hcb"), TODAY).lines.map((l) => l.postings)).toEqual([
      [{ account: "assets:sponsor", amount: 2500n }, { account: "income:gifts", amount: -2500n }],
      [{ account: "assets:sponsor", amount: -175n }, { account: "expenses:fees:host", amount: 175n }],
      [{ account: "assets:sponsor", amount: -50_000n }, { account: "expenses:aid:other", amount: 50_000n }],
    ]); // prettier-ignore
  });

  test("Givebutter's transactions: the fee is a leg of its own, and what failed or went back is left out", () => {
    const text = `id,number,first_name,email,status,method,amount,fee,payout,currency,transacted_at,refunded
1001,5001,Ana,a@example.org,succeeded,card,25.00,1.03,23.97,USD,2026-03-02T10:00:00+00:00,false
1002,5002,Ben,b@example.org,failed,card,10.00,0,0,USD,2026-03-03T10:00:00+00:00,false
1003,5003,Eva,e@example.org,succeeded,venmo,10.00,0.49,9.51,USD,2026-03-04T10:00:00+00:00,true
`;
    const file = readMapped(text, example("givebutter"), TODAY);
    expect(file.lines[0]).toMatchObject({ key: "import:csv:givebutter:1001", day: "2026-03-02", net: 2397n });
    expect(file.lines.map((l) => l.postings)).toEqual([
      [{ account: "assets:bank", amount: 2397n }, { account: "income:gifts", amount: -2500n }, { account: "expenses:fees:rail", amount: 103n }],
      [],
      [],
    ]); // prettier-ignore
  });

  test("a spreadsheet", () => {
    const text = `Date,In,Out,What
1/5/2026,"$1,200.00",,Brought along
01/12/2026,20,,Gift
01/13/2026,,300,Help
`;
    expect(readMapped(text, example("spreadsheet"), TODAY).lines.map((l) => [l.day, l.net])).toEqual([
      ["2026-01-05", 120_000n],
      ["2026-01-12", 2000n],
      ["2026-01-13", -30_000n],
    ]);
  });
});

test("a guess is a mapping that works where the columns speak for themselves", () => {
  const text = `Transaction ID,Date,Amount,Type,Donor\nx1,13/01/2026,"1,000.00",Donation,Ana\nx2,14/01/2026,-5.00,Grant,Ben\n`;
  const guessed = guessMapping(csvTable(text), "usd");
  expect(guessed).toMatchObject({
    columns: { id: "Transaction ID", day: "Date", amount: "Amount", kind: "Type" },
    dayFormat: "DD/MM/YYYY",
    decimal: ".",
    accounts: { Donation: "income:gifts", Grant: "expenses:aid:other" },
  });
  expect(readMapped(text, parseMapping(JSON.stringify(guessed)), TODAY).lines.map((l) => l.net)).toEqual([100_000n, -500n]); // prettier-ignore
});

test("a guess prints no names, and asks where it does not know", () => {
  const people = Array.from({ length: 40 }, (_, i) => `2026-01-02,${i},Person ${i}`);
  const guessed = JSON.stringify(guessMapping(csvTable(`Date,Amount,Type\n${people.join("\n")}`), "usd"));
  expect(guessed).not.toContain("Person");
  const odd = guessMapping(csvTable("When,Much,Type\nx,y,Zeug"), "usd");
  expect(() => parseMapping(JSON.stringify(odd))).toThrow(FileError);
});
