import fc from "fast-check";
import { addDays, daysBetween } from "../../kernel/clock.js";
import { monthlyDonors } from "./monthly.js";

const HEADER = "datetime,description,type,kind,isRefund,amount,currency,oppositeAccountSlug";
interface Row {
  day: string;
  who?: string;
  amount?: string;
  description?: string;
  type?: string;
  kind?: string;
  refund?: string;
}
const csv = (rows: readonly Row[]): string =>
  [
    HEADER,
    ...rows.map((r) =>
      [
        `${r.day}T10:00:00`,
        r.description ?? "Contribution from ana",
        r.type ?? "CREDIT",
        r.kind ?? "CONTRIBUTION",
        r.refund ?? "",
        r.amount ?? "5",
        "USD",
        r.who ?? "ana",
      ].join(","),
    ),
  ].join("\n");
const monthsFrom = (day: string, n: number): string[] =>
  Array.from({ length: n }, (_, i) => new Date(Date.UTC(2026, Number(day) - 1 + i, 1)).toISOString().slice(0, 10));

test("three gifts of one amount, a month apart, are a monthly gift; two are not", () => {
  const days = monthsFrom("1", 3);
  expect(monthlyDonors(csv(days.map((day) => ({ day }))))).toEqual([
    { handle: "ana", amount: 500n, lastDay: "2026-03-01", current: true },
  ]);
  expect(monthlyDonors(csv(days.slice(1).map((day) => ({ day }))))).toEqual([]);
});

test("a gift whose description says that it is monthly is one at once", () => {
  const rows = [{ day: "2026-03-01", description: "Monthly contribution from Ana (Bronze)" }];
  expect(monthlyDonors(csv(rows))).toHaveLength(1);
});

test("the amount is the one that was given last, and a gift in between changes nothing", () => {
  const old = monthsFrom("1", 4).map((day) => ({ day, amount: "100" }));
  const new_ = monthsFrom("5", 3).map((day) => ({ day, amount: "10" }));
  expect(monthlyDonors(csv([...new_, { day: "2026-06-15", amount: "40" }, ...old]))).toEqual([
    { handle: "ana", amount: 1000n, lastDay: "2026-07-01", current: true },
  ]);
});

test("who stopped months before the file ends is counted, and does not give any more", () => {
  const rows = [...monthsFrom("1", 3).map((day) => ({ day })), { day: "2026-09-01", who: "ben" }];
  expect(monthlyDonors(csv(rows))).toMatchObject([{ handle: "ana", current: false }]);
});

test.each<[string, Partial<Row>]>([
  ["refunds", { refund: "REFUND" }],
  ["money that goes out", { type: "DEBIT" }],
  ["what is no contribution", { kind: "ADDED_FUNDS" }],
  ["gifts without a handle", { who: "" }],
  ["nothing", { amount: "0" }],
])("%s are no monthly gift", (_what, change) => {
  expect(monthlyDonors(csv(monthsFrom("1", 6).map((day) => ({ day, ...change }))))).toEqual([]);
});

test("the order of the file does not matter, and nobody stands there twice", () => {
  const gift = fc.record({
    who: fc.constantFrom("ana", "ben", "chris"),
    day: fc.nat(400).map((n) => addDays("2025-06-01", n)),
    amount: fc.constantFrom("2", "5.50"),
  });
  fc.assert(
    fc.property(
      fc
        .array(gift, { minLength: 1, maxLength: 60 })
        .chain((gifts) => fc.tuple(fc.constant(gifts), fc.shuffledSubarray(gifts, { minLength: gifts.length }))),
      ([gifts, shuffled]) => {
        const donors = monthlyDonors(csv(gifts));
        expect(monthlyDonors(csv(shuffled))).toEqual(donors);
        expect(new Set(donors.map((d) => d.handle)).size).toBe(donors.length);
        for (const d of donors) {
          const days = gifts.filter((g) => g.who === d.handle).map((g) => g.day);
          expect(days).toContain(d.lastDay);
          // Two others about a month and about two months before.
          for (const back of [1, 2])
            expect(
              days.some((day) => daysBetween(day, d.lastDay) >= back * 24 && daysBetween(day, d.lastDay) <= back * 38),
            ).toBe(true);
        }
      },
    ),
  );
});
