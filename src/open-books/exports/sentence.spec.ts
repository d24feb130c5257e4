import type { Entry } from "../../publication/entry.js";
import { oneLine, plainAmount } from "./about.js";
import { sentenceOf } from "./sentence.js";

const DAY = "2026-11-23";
const gifts = (count: number, sum: number): Entry => ({
  v: 1,
  kind: "gifts",
  day: DAY,
  count,
  sum,
  postings: [
    { account: "assets:holdings", amount: sum },
    { account: "income:gifts", amount: -sum },
  ],
  commitments: [],
});

const IMPORTED: Entry = {
  v: 1,
  kind: "imported",
  day: DAY,
  source: "open-collective",
  file: "0".repeat(64),
  rows: 1916,
  empty: 0,
  booked: 1916,
  from: "2017-01-20",
  to: "2026-07-07",
  sum: 568_829,
  stated: null,
  difference: 0,
  breaks: { "leaves-out-fee": 0, "catches-up": 0, unknown: 0 },
};

test.each([
  [2397, "usd", "23.97"],
  [-5, "usd", "-0.05"],
  [1500, "jpy", "1500"],
  [-1, "jpy", "-1"],
  [1234, "kwd", "1.234"],
  [-20, "kwd", "-0.020"],
])("%d minor units of %s are %s", (amount, currency, plain) => expect(plainAmount(amount, currency)).toBe(plain));

test("an amount is never guessed: half a cent and an unknown currency are refused", () => {
  expect(() => plainAmount(0.5, "usd")).toThrow(RangeError);
  expect(() => plainAmount(5, "xxx")).toThrow(RangeError);
});

test("a name with line breaks stays in its line", () => {
  expect(oneLine("A\r\npot\u2028of\u0085soup\ud800")).toBe("A pot of soup\ufffd");
});

test.each<[string, Entry]>([
  ["5 gifts, 150.00 USD together", gifts(5, 15_000)],
  ["1 gift, 1.00 USD together", gifts(1, 100)],
  ["7 moves between holdings", { v: 1, kind: "moved", day: DAY, count: 7, sum: 0, postings: [], commitments: [] }],
  [
    "To a sister fund, 20.00 USD",
    {
      v: 1,
      kind: "transfer",
      day: DAY,
      postings: [
        { account: "assets:holdings", amount: -2000 },
        { account: "expenses:transfers", amount: 2000 },
      ],
    },
  ],
  [
    "From a sister fund, 20.00 USD",
    {
      v: 1,
      kind: "transfer",
      day: DAY,
      postings: [
        { account: "assets:holdings", amount: 2000 },
        { account: "income:transfers", amount: -2000 },
      ],
    },
  ],
  [
    "The line: 12 asked, too few to say waiting, 40.00 USD promised",
    { v: 1, kind: "queue", day: DAY, asked: 12, waiting: null, held: 4000 },
  ],
  ["9 of 12 payouts confirmed by the person", { v: 1, kind: "confirmations", day: DAY, paid: 12, confirmed: 9 }],
  [
    "3 of 4 holdings counted in 2026-10, differing from the book by -1.50 USD",
    { v: 1, kind: "statement", day: DAY, month: "2026-10", holdings: 4, counted: 3, difference: -150 },
  ],
  [
    "Moved in from Open Collective: 1916 lines of 2017-01-20 to 2026-07-07, 5688.29 USD together, the file's own balance differing by 1.13 USD",
    { ...IMPORTED, stated: 568_942, difference: 113 },
  ],
  [
    "Moved in from another ledger: 1916 lines of 2017-01-20 to 2026-07-07, 5688.29 USD together",
    { ...IMPORTED, source: "csv", file: null },
  ],
])("%s", (sentence, entry) => expect(sentenceOf(entry, "usd")).toBe(sentence));
