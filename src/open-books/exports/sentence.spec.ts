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
])("%s", (sentence, entry) => expect(sentenceOf(entry, "usd")).toBe(sentence));
