import { text } from "node:stream/consumers";
import type { Entry } from "../../publication/entry.js";
import type { About } from "./about.js";
import { toHledger } from "./hledger.js";

const about: About = {
  fundId: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9d",
  slug: "soup",
  name: "Soup\n2020-01-01 not a transaction",
  currency: "kwd",
  url: "https://pot.example.org",
};
const correction: Entry = {
  v: 1,
  kind: "correction",
  day: "2026-11-23",
  count: 5,
  sum: 1234,
  postings: [
    { account: "assets:holdings", amount: -1234 },
    { account: "suspense", amount: 1234 },
  ],
  commitments: [],
};
const charter: Entry = {
  v: 1,
  kind: "charter",
  day: "2026-11-23",
  version: 2,
  hash: "0".repeat(64),
  currency: "kwd",
  quorum: 2,
  k: 5,
  clock: "day",
  approvals: "published",
};

test("declares the commodity and each account once, before its first use", async () => {
  const entries = [correction, charter, correction].map((entry, index) => ({ index, entry }));
  expect(await text(toHledger(entries, about))).toBe(`; The open books of Soup 2020-01-01 not a transaction
; https://pot.example.org/soup/books
decimal-mark .
commodity 1000.000 KWD

account assets:holdings  ; type: C
account suspense  ; type: A
2026-11-23 (0) 5 corrections, 1.234 KWD together  ; kind:correction, count:5
    assets:holdings  -1.234 KWD
    suspense  1.234 KWD

; 2026-11-23 (1) The charter, version 2

2026-11-23 (2) 5 corrections, 1.234 KWD together  ; kind:correction, count:5
    assets:holdings  -1.234 KWD
    suspense  1.234 KWD
`);
});

test("a currency without decimals keeps its point in the declaration, as hledger demands", async () => {
  expect(await text(toHledger([], { ...about, currency: "jpy" }))).toContain("\ncommodity 1000. JPY\n");
});
