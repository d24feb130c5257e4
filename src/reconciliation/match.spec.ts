import fc from "fast-check";
import { addDays, daysBetween } from "../kernel/clock.js";
import { DAYS_APART_MAX, GROUP_MAX, OPTIONS_MAX, propose, type OpenLine, type OpenTransaction } from "./match.js";

const line = (lineId: string, day: string, amount: bigint): OpenLine => ({ lineId, day, amount });
const entry = (seq: bigint, day: string, amount: bigint, byHand = true): OpenTransaction => ({
  seq,
  day,
  amount,
  byHand,
});

describe("a line and a transaction", () => {
  test("of the same sum within five days are sure when nothing else fits either", () => {
    const { proposals, left } = propose(
      [line("a", "2026-03-10", 500n)],
      [entry(1n, "2026-03-05", 500n), entry(2n, "2026-03-10", -500n)],
    );
    expect(proposals).toEqual([{ lineId: "a", options: [[1n]], sure: true, suggested: [1n] }]);
    expect(left).toEqual([]);
  });

  test("six days apart are no proposal, and a person is shown what is further away", () => {
    const { proposals, left } = propose(
      [line("a", "2026-03-10", 500n)],
      [entry(1n, "2026-03-04", 500n), entry(2n, "2026-01-01", 500n)],
    );
    expect(proposals).toEqual([]);
    expect(left).toEqual([{ lineId: "a", further: [[1n]] }]);
  });

  test("one cent apart are nothing to each other", () => {
    expect(propose([line("a", "2026-03-10", 500n)], [entry(1n, "2026-03-10", 501n)]).left).toEqual([
      { lineId: "a", further: [] },
    ]);
  });

  test("are a choice when several fit, the nearest first, and no two lines are suggested the same", () => {
    const lines = [line("a", "2026-03-10", 500n), line("b", "2026-03-10", 500n), line("c", "2026-03-10", 500n)];
    const { proposals } = propose(lines, [entry(1n, "2026-03-08", 500n), entry(2n, "2026-03-11", 500n)]);
    expect(proposals).toEqual([
      { lineId: "a", options: [[2n], [1n]], sure: false, suggested: [2n] },
      { lineId: "b", options: [[2n], [1n]], sure: false, suggested: [1n] },
      { lineId: "c", options: [[2n], [1n]], sure: false, suggested: null },
    ]);
  });

  test("are a choice when two lines want the one transaction", () => {
    const { proposals } = propose(
      [line("a", "2026-03-10", 500n), line("b", "2026-03-12", 500n)],
      [entry(1n, "2026-03-11", 500n)],
    );
    expect(proposals.map((p) => p.sure)).toEqual([false, false]);
  });
});

describe("one deposit of several cheques", () => {
  const cheques = [entry(1n, "2026-03-09", 100n), entry(2n, "2026-03-09", 250n), entry(3n, "2026-03-09", 650n)];

  test("is the hand entries of one day that add up to it", () => {
    expect(propose([line("a", "2026-03-10", 900n)], cheques).proposals).toEqual([
      { lineId: "a", options: [[2n, 3n]], sure: true, suggested: [2n, 3n] },
    ]);
    expect(propose([line("a", "2026-03-10", 1000n)], cheques).proposals[0]?.options).toEqual([[1n, 2n, 3n]]);
  });
  test("is never made of two days, nor of what nobody entered by hand, nor of money out", () => {
    const days = [
      entry(1n, "2026-03-09", 100n),
      entry(2n, "2026-03-08", 200n),
      entry(3n, "2026-03-09", 200n, false),
      entry(4n, "2026-03-09", -100n),
      entry(5n, "2026-03-09", 400n),
    ];
    expect(propose([line("a", "2026-03-10", 300n)], days).proposals).toEqual([]);
  });
  test("gives way to one transaction of the whole sum", () => {
    expect(
      propose([line("a", "2026-03-10", 900n)], [...cheques, entry(9n, "2026-03-10", 900n)]).proposals[0]?.options,
    ).toEqual([[9n]]);
  });
  test("is a choice when it can be made up in several ways, or another line wants one of its cheques", () => {
    const equal = [entry(1n, "2026-03-09", 100n), entry(2n, "2026-03-09", 100n), entry(3n, "2026-03-09", 100n)];
    expect(propose([line("a", "2026-03-10", 200n)], equal).proposals[0]).toMatchObject({
      sure: false,
      options: [
        [1n, 2n],
        [1n, 3n],
        [2n, 3n],
      ],
    });
    expect(
      propose([line("a", "2026-03-10", 900n), line("b", "2026-03-10", 250n)], cheques).proposals.map((p) => p.sure),
    ).toEqual([false, false]);
  });
  test("is looked for among so many cheques of a day and no more", () => {
    const many = Array.from({ length: GROUP_MAX + 1 }, (_, i) => entry(BigInt(i + 1), "2026-03-09", 2n ** BigInt(i)));
    expect(propose([line("a", "2026-03-10", 3n)], many).proposals).toEqual([]);
    expect(propose([line("a", "2026-03-10", 3n)], many.slice(1)).proposals).toEqual([]);
    expect(propose([line("a", "2026-03-10", 3n)], many.slice(0, GROUP_MAX)).proposals).toHaveLength(1);
  });
});

describe("whatever the lines and the transactions are,", () => {
  const day = fc.integer({ min: 0, max: 14 }).map((days) => addDays("2026-03-01", days));
  const amount = fc.constantFrom(-300n, -100n, 100n, 200n, 300n, 400n);
  const lines = fc
    .array(fc.record({ day, amount }), { maxLength: 12 })
    .map((all) => all.map((l, i) => line(`line-${i}`, l.day, l.amount)));
  const entries = fc
    .array(fc.record({ day, amount, byHand: fc.boolean() }), { maxLength: 12 })
    .map((all) => all.map((t, i) => ({ ...t, seq: BigInt(i + 1) })));

  test("every option adds up to its line to the cent, on days near it", () => {
    fc.assert(
      fc.property(lines, entries, (ls, ts) => {
        for (const { lineId, options, suggested } of propose(ls, ts).proposals) {
          const of = ls.find((l) => l.lineId === lineId)!;
          expect(options.length).toBeGreaterThan(0);
          expect(options.length).toBeLessThanOrEqual(OPTIONS_MAX);
          expect(suggested === null || options.includes(suggested)).toBe(true);
          for (const option of options) {
            const found = option.map((seq) => ts.find((t) => t.seq === seq)!);
            expect(new Set(option).size).toBe(option.length);
            expect(found.reduce((sum, t) => sum + t.amount, 0n)).toBe(of.amount);
            for (const t of found) expect(Math.abs(daysBetween(t.day, of.day))).toBeLessThanOrEqual(DAYS_APART_MAX);
            if (option.length > 1) expect(new Set(found.map((t) => `${t.day} ${t.byHand}`)).size).toBe(1);
          }
        }
      }),
    );
  });
  test("no transaction is suggested twice, and what is sure is wanted by one line", () => {
    fc.assert(
      fc.property(lines, entries, (ls, ts) => {
        const { proposals } = propose(ls, ts);
        const suggested = proposals.flatMap((p) => p.suggested ?? []);
        expect(new Set(suggested).size).toBe(suggested.length);
        for (const sure of proposals.filter((p) => p.sure)) {
          expect(sure.options).toEqual([sure.suggested]);
          for (const other of proposals.filter((p) => p !== sure))
            expect(other.options.flat().filter((seq) => sure.options.flat().includes(seq))).toEqual([]);
        }
      }),
    );
  });
  test("each line is proposed or left over, once", () => {
    fc.assert(
      fc.property(lines, entries, (ls, ts) => {
        const { proposals, left } = propose(ls, ts);
        expect([...proposals, ...left].map((l) => l.lineId).sort()).toEqual(ls.map((l) => l.lineId).sort());
      }),
    );
  });
  test("their order makes no difference", () => {
    fc.assert(
      fc.property(lines, entries, (ls, ts) =>
        expect(propose(ls.toReversed(), ts.toReversed())).toEqual(propose(ls, ts)),
      ),
    );
  });
});

test("five thousand equal gifts of a fortnight are proposed", () => {
  const days = Array.from({ length: 5000 }, (_, i) => addDays("2026-03-01", i % 14));
  const { proposals } = propose(
    days.map((day, i) => line(`line-${String(i).padStart(4, "0")}`, day, 2000n)),
    days.map((day, i) => entry(BigInt(i + 1), day, 2000n)),
  );
  expect(proposals.slice(0, 100).filter((p) => p.suggested !== null && !p.sure)).toHaveLength(100);
});
