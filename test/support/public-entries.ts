import fc from "fast-check";
import { sumOf } from "../../src/publication/entry-format.js";
import {
  IMPORT_SOURCES,
  MONEY_KINDS,
  SINGLE_KINDS,
  type Entry,
  type PublicPosting,
} from "../../src/publication/entry.js";

/** The public chart, with some categories. */
export const PUBLIC_ACCOUNTS = [
  "assets:deposits", "assets:disputed", "assets:holdings", "assets:stripe:pending", "equity:opening",
  "expenses:aid:child-care", "expenses:aid:food", "expenses:aid:other", "expenses:aid:rent", "expenses:chargebacks",
  "expenses:deposits:court-fees", "expenses:deposits:forfeited", "expenses:fees:host", "expenses:fees:rail", "expenses:fees:stripe", "expenses:fees:tax",
  "expenses:reimbursements", "expenses:transfers", "income:dues", "income:gifts", "income:gifts:monthly", "income:levies", "income:transfers", "suspense",
]; // prettier-ignore

const v = fc.constant(1 as const);
const kindOf = <K extends string>(kind: K): fc.Arbitrary<K> => fc.constant(kind);
const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
/** Years apart and in no order, as an import's. */
const day = fc
  .date({ min: new Date("2016-12-30"), max: new Date("2027-01-02"), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));
const amount = fc
  .oneof(
    fc.integer({ min: -99, max: 99 }),
    fc.integer({ min: -500_000, max: 500_000 }),
    fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }),
  )
  .filter((n) => n !== 0);

/** Sorted accounts, with amounts that add up to zero. */
const postings = fc
  .tuple(
    fc.subarray(PUBLIC_ACCOUNTS, { minLength: 2, maxLength: 12 }),
    fc.array(amount, { minLength: 11, maxLength: 11 }),
  )
  .map(([[first, ...others], amounts]): PublicPosting[] => {
    const rest = others.map((account, i) => ({ account, amount: amounts[i]! }));
    return [{ account: first!, amount: 0 - rest.reduce((sum, p) => sum + p.amount, 0) }, ...rest];
  })
  .filter(([first]) => first!.amount !== 0);

const batch = fc
  .record({
    kind: fc.constantFrom(...MONEY_KINDS),
    day,
    // A move between two holdings touches one account in public: nothing is left of it.
    all: fc.oneof({ weight: 9, arbitrary: postings }, { weight: 1, arbitrary: fc.constant<PublicPosting[]>([]) }),
    commitments: fc.uniqueArray(hex, { minLength: 1, maxLength: 8 }).map((all) => all.sort()),
  })
  .map(({ kind, day, all, commitments }): Entry => {
    // `0 +`: JSON has no minus zero.
    return { v: 1, kind, day, count: commitments.length, sum: 0 + sumOf(kind, all), postings: all, commitments };
  });
const single = fc
  .record({ kind: fc.constantFrom(...SINGLE_KINDS), day, all: postings, id: fc.uuid({ version: 4 }) })
  .map(({ kind, day, all, id }): Entry =>
    kind === "transfer" ? { v: 1, kind, day, postings: all, transfer: id } : { v: 1, kind, day, postings: all },
  );
const withoutMoney: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    v,
    kind: kindOf("queue"),
    day,
    asked: fc.option(fc.nat()),
    waiting: fc.option(fc.nat()),
    held: fc.nat(),
  }),
  fc.record({ v, kind: kindOf("confirmations"), day, paid: fc.nat(), confirmed: fc.nat() }),
  fc.record({
    v,
    kind: kindOf("statement"),
    day,
    month: day.map((d) => d.slice(0, 7)),
    holdings: fc.nat(),
    counted: fc.nat(),
    difference: amount,
  }),
  fc
    .record({
      v,
      kind: kindOf("imported"),
      day,
      source: fc.constantFrom(...IMPORT_SOURCES),
      file: fc.option(hex),
      days: fc.tuple(day, day).map(([a, b]): [string, string] => (a < b ? [a, b] : [b, a])),
      counts: fc.array(fc.nat(9999), { minLength: 6, maxLength: 6 }),
      sum: amount,
      stated: fc.option(amount),
    })
    .map(({ days: [from, to], counts: [rows = 0, empty = 0, booked = 0, a = 0, b = 0, c = 0], ...entry }): Entry => {
      const breaks = { "leaves-out-fee": a, "catches-up": b, unknown: c };
      const silent = { "leaves-out-fee": 0, "catches-up": 0, unknown: 0 };
      return {
        ...entry, from, to, rows: rows + empty, empty, booked: booked + 3,
        difference: entry.stated === null ? 0 : a - b, breaks: entry.stated === null ? silent : breaks,
      }; // prettier-ignore
    }),
  fc.record({ v, kind: kindOf("approval"), day, digest: hex }),
  fc.record({
    v,
    kind: kindOf("key"),
    day,
    vkey: fc.constant(`pot.example.org/soup/log+0123abcd+${"A".repeat(44)}`),
    state: fc.constantFrom("added" as const, "retired" as const),
  }),
);

const TREASURER = "0b8f7c5e-1f2a-4b3c-8d4e-5f6a7b8c9d0e";
/** How a fund begins. These come once, so that they are written out. */
const beginning = (currency: string): Entry[] => [
  {
    v: 1, kind: "genesis", day: "2026-11-23", fund: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9d", slug: "soup", practice: false, template: "community", currency,
    charter: "0".repeat(64), roster: "1".repeat(64),
    signatures: [{ treasurer: TREASURER, statement: '{"v":1}', assertion: { credential: "c", authenticatorData: "a", clientData: "d", signature: "s" } }],
  },
  { v: 1, kind: "charter", day: "2026-11-23", version: 1, hash: "0".repeat(64), currency, quorum: 2, k: 5, clock: "day", approvals: "published" },
  {
    v: 1, kind: "roster", day: "2026-11-23", version: 1,
    roster: {
      v: 1, quorum: 2, origins: ["https://pot.example.org"],
      seats: [{ treasurer: TREASURER, recipient: `age1${"q".repeat(58)}`, keys: [{ credential: "c", publicKey: "p" }] }],
    },
  },
  { v: 1, kind: "draw", day: "2026-11-23", draw: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9e", tickets: 3, list: "2".repeat(64), secrets: [TREASURER, "0b8f7c5e-1f2a-4b3c-8d4e-5f6a7b8c9d0f"].map((treasurer) => ({ treasurer, hash: "3".repeat(64) })) },
  { v: 1, kind: "drawn", day: "2026-11-23", draw: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9e", secrets: ["4".repeat(64), "5".repeat(64)], tickets: ["6".repeat(32), "7".repeat(32), "8".repeat(32)] },
  {
    v: 1, kind: "change", day: "2026-11-23",
    signatures: [{ treasurer: TREASURER, statement: '{"v":1}', assertion: { credential: "c", authenticatorData: "a", clientData: "d", signature: "s" } }],
  },
]; // prettier-ignore

/** A fund's beginning and `length` random entries of every other kind; the same ones each time for a seed, so that a failure can be looked at. */
export function publicEntries(currency: string, length: number, seed: number): Entry[] {
  const any = fc.oneof(
    { weight: 8, arbitrary: batch },
    { weight: 2, arbitrary: single },
    { weight: 1, arbitrary: withoutMoney },
  );
  return [...beginning(currency), ...fc.sample(any, { numRuns: length, seed })];
}
