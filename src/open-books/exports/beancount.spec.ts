import { text } from "node:stream/consumers";
import { chartFor } from "../../ledger/chart.js";
import type { Entry } from "../../publication/entry.js";
import type { About } from "./about.js";
import { beancountAccount, toBeancount } from "./beancount.js";

const about: About = {
  fundId: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9d",
  slug: "soup",
  name: 'The "Soup"\\ pot',
  currency: "usd",
  url: "https://pot.example.org",
};
const transfer: Entry = {
  v: 1,
  kind: "transfer",
  day: "2026-11-23",
  postings: [
    { account: "assets:holdings", amount: -2000 },
    { account: "expenses:transfers", amount: 2000 },
  ],
  transfer: "b3a8a1de-5d5e-4c43-8a67-0a53b2f6a0c1",
};

test.each([
  ["expenses:aid:rent", "Expenses:Aid:Rent"],
  ["assets:stripe:pending", "Assets:Stripe:Pending"],
  ["expenses:deposits:court-fees", "Expenses:Deposits:Court-fees"],
  ["suspense", "Assets:Suspense"],
  ["equity:opening", "Equity:Opening"],
])("%s is %s", (account, name) => expect(beancountAccount(account)).toBe(name));

test("every account has one of beancount's five roots, a capital in each part, and a name of its own", () => {
  const chart = [...chartFor(["rent", "child-care"]), "assets:holdings"];
  const names = chart.map(beancountAccount);
  for (const name of names)
    expect(name).toMatch(/^(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+$/);
  expect(new Set(names).size).toBe(chart.length);
});

test("opens each account once, quotes a name, and links a transfer to the other fund's", async () => {
  const entries = [transfer, transfer].map((entry, index) => ({ index, entry }));
  expect(await text(toBeancount(entries, about))).toBe(`; https://pot.example.org/soup/books
option "title" "The \\"Soup\\"\\\\ pot"
option "operating_currency" "USD"

1700-01-01 open Assets:Holdings USD
1700-01-01 open Expenses:Transfers USD
2026-11-23 * "To a sister fund, 20.00 USD" ^transfer-b3a8a1de-5d5e-4c43-8a67-0a53b2f6a0c1
  index: 0
  kind: "transfer"
  Assets:Holdings  -20.00 USD
  Expenses:Transfers  20.00 USD

2026-11-23 * "To a sister fund, 20.00 USD" ^transfer-b3a8a1de-5d5e-4c43-8a67-0a53b2f6a0c1
  index: 1
  kind: "transfer"
  Assets:Holdings  -20.00 USD
  Expenses:Transfers  20.00 USD
`);
});
