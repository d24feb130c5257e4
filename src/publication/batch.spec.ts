import fc from "fast-check";
import { batchEntry, cutBatches, cutByMonth, shownCategories, type Committed, type Unpublished } from "./batch.js";
import { COMMITMENTS_MAX, encodeEntry } from "./entry-format.js";

const K = 5;
const categories = ["rent", "food", "transport", "other"];
const payout = fc.record({
  category: fc.constantFrom(...categories),
  amount: fc.bigInt({ min: 1n, max: 50_000n }),
  holding: fc.constantFrom("assets:bank", "assets:cash:box", "assets:venmo:desk"),
});
const payouts = fc.array(payout, { minLength: K, maxLength: 60 }).map((all) =>
  all.map((p, i): Committed => ({
    seq: BigInt(i + 1),
    kind: "payout",
    hold: null,
    about: null,
    commitment: i.toString(16).padStart(64, "0"),
    salt: null,
    day: "2026-11-23",
    postings: [
      { account: `expenses:aid:${p.category}`, amount: p.amount },
      { account: p.holding, amount: -p.amount },
    ],
  })),
);

test("nothing is ever published below k, nothing is published twice, and the order is the journal's", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 3, max: 20 }), (n, k) => {
      const waiting = Array.from({ length: n }, (_, i) => i);
      const batches = cutBatches(waiting, k);
      expect(batches.every((b) => b.length >= k && b.length <= COMMITMENTS_MAX)).toBe(true);
      expect(batches.flat()).toEqual(waiting.slice(0, batches.flat().length));
      expect(waiting.length - batches.flat().length).toBeLessThan(k);
    }),
  );
});

test("an import keeps its months, each with k or more", () => {
  const item = (seq: number, day: string): Unpublished => ({
    seq: BigInt(seq),
    kind: "import",
    hold: null,
    about: null,
    day,
    postings: [],
  });
  const days = [
    ...Array<string>(7).fill("2026-01-05"),
    ...Array<string>(2).fill("2026-02-05"),
    ...Array<string>(6).fill("2026-03-05"),
    "2026-04-01",
  ];
  const batches = cutByMonth(days.map((d, i) => item(i, d)).reverse(), K);
  expect(batches.map((b) => b.map((i) => i.day.slice(5, 7)).join(" "))).toEqual([
    "01 01 01 01 01 01 01",
    "02 02 03 03 03 03 03 03 04",
  ]);
});

describe("a batch of payouts", () => {
  test("balances, and names a category only with k items, never leaving fewer than k in other", () => {
    fc.assert(
      fc.property(payouts, (items) => {
        const entry = batchEntry("payouts", "2026-11-23", items, K);
        expect(entry.postings.reduce((sum, p) => sum + p.amount, 0)).toBe(0);
        const shown = shownCategories(items, K);
        const count = (of: (c: string) => boolean): number => items.filter((i) => of(i.postings[0]!.account)).length;
        for (const category of shown) expect(count((c) => c === category)).toBeGreaterThanOrEqual(K);
        const folded = count((c) => !shown.has(c));
        expect(folded === 0 || folded >= K).toBe(true);
        expect(encodeEntry(entry).length).toBeLessThan(32_768);
        expect(entry.sum).toBe(Number(items.reduce((sum, i) => sum + i.postings[0]!.amount, 0n)));
      }),
    );
  });

  test("says nothing about the holding that was used by hand, a time, or an item", () => {
    fc.assert(
      fc.property(payouts, (items) => {
        const entry = batchEntry("payouts", "2026-11-23", items, K);
        expect(Object.keys(entry).sort()).toEqual(["commitments", "count", "day", "kind", "postings", "sum", "v"]);
        expect(
          entry.postings.flatMap((p) => Object.keys(p)).every((key) => key === "account" || key === "amount"),
        ).toBe(true);
        expect(entry.postings.some((p) => /cash|venmo/.test(p.account))).toBe(false);
      }),
    );
  });
});
