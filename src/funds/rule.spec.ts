import fc from "fast-check";
import { addDays } from "../kernel/clock.js";
import { envelopeLeft, envelopeReleased, turnBand } from "./envelope.js";
import { RULES, select, type Waiting } from "./rule.js";

const waiting = fc.record({
  requestId: fc.uuid(),
  arrival: fc.integer({ min: 1, max: 1000 }),
  amount: fc.bigInt({ min: 1n, max: 100_000n }),
  neededBy: fc.option(fc.constantFrom("2026-11-26", "2026-11-27", "2026-12-24", "2027-01-01"), { nil: null }),
  firstHelp: fc.boolean(),
  drawn: fc.constant(null),
});
const line = fc.uniqueArray(waiting, { selector: (w) => w.arrival });
const room = fc.record({
  envelopeLeft: fc.bigInt({ min: 0n, max: 500_000n }),
  free: fc.bigInt({ min: -1000n, max: 500_000n }),
  cap: fc.bigInt({ min: 1n, max: 50_000n }),
  leastPart: fc.option(fc.bigInt({ min: 1n, max: 50_000n }), { nil: null }),
  leastTickets: fc.constant(3),
});

describe.each(RULES.filter((rule) => rule !== "equal-split" && rule !== "lottery"))("%s", (rule) => {
  test("never promises more than the envelope, the free money, or the cap", () => {
    fc.assert(
      fc.property(line, room, (queue, given) => {
        const picked = select(queue, given, rule);
        const sum = picked.reduce((total, p) => total + p.amount, 0n);
        expect(sum <= given.envelopeLeft && (sum === 0n || sum <= given.free)).toBe(true);
        expect(picked.every((p) => p.amount > 0n && p.amount <= given.cap)).toBe(true);
      }),
    );
  });

  test("picks the first of its order and passes nobody, however the queue is handed in", () => {
    fc.assert(
      fc.property(line, room, (queue, given) => {
        const before: Record<string, (w: Waiting) => string> = { "first-come": () => "", "deadline-first": (w: Waiting) => w.neededBy ?? "9999", "never-helped-first": (w: Waiting) => (w.firstHelp ? "a" : "b") }; // prettier-ignore
        const place = (w: Waiting): string => `${before[rule]!(w)} ${String(w.arrival).padStart(5, "0")}`;
        const inOrder = [...queue].sort((a, b) => (place(a) < place(b) ? -1 : 1));
        const picked = select(queue, given, rule).map((p) => p.requestId);
        expect(picked).toEqual(inOrder.slice(0, picked.length).map((w) => w.requestId));
        expect(select(queue.toReversed(), given, rule).map((p) => p.requestId)).toEqual(picked);
      }),
    );
  });

  test("waits with the whole line when the next does not fit", () => {
    const queue: Waiting[] = [
      { requestId: "a", arrival: 1, amount: 300n, neededBy: null, firstHelp: false, drawn: null },
      { requestId: "b", arrival: 2, amount: 800n, neededBy: null, firstHelp: false, drawn: null },
      { requestId: "c", arrival: 3, amount: 100n, neededBy: null, firstHelp: false, drawn: null },
    ];
    expect(
      select(queue, { envelopeLeft: 1000n, free: 1000n, cap: 5000n, leastPart: null, leastTickets: 3 }, rule),
    ).toEqual([{ requestId: "a", amount: 300n }]);
  });

  test("gives the next in line a part where the charter says so, and nobody after them anything", () => {
    fc.assert(
      fc.property(line, room, (queue, given) => {
        const whole = select(queue, { ...given, leastPart: null, leastTickets: 3 }, rule);
        const picked = select(queue, given, rule);
        expect(picked.slice(0, whole.length)).toEqual(whole);
        const [part, ...more] = picked.slice(whole.length);
        expect(more).toEqual([]);
        if (part === undefined) return;
        const asked = queue.find((w) => w.requestId === part.requestId)!;
        const [left, spent] = [given.envelopeLeft < given.free ? given.envelopeLeft : given.free, whole.reduce((sum, p) => sum + p.amount, 0n)]; // prettier-ignore
        expect(part.amount).toBe(left - spent);
        expect(part.amount >= given.leastPart! && part.amount < asked.amount).toBe(true);
      }),
    );
  });

  test("a part smaller than the least is not worth a payout", () => {
    const queue: Waiting[] = [
      { requestId: "a", arrival: 1, amount: 800n, neededBy: null, firstHelp: false, drawn: null },
    ];
    const given = { envelopeLeft: 1000n, free: 199n, cap: 5000n, leastPart: 200n, leastTickets: 3 };
    expect(select(queue, given, rule)).toEqual([]);
    expect(select(queue, { ...given, free: 200n }, rule)).toEqual([{ requestId: "a", amount: 200n }]);
  });
});

describe("equal-split", () => {
  const asked = (w: Waiting, cap: bigint): bigint => (w.amount < cap ? w.amount : cap);

  test("gives everybody the same, or all that they asked for, and nobody a crumb", () => {
    fc.assert(
      fc.property(line, room, (queue, given) => {
        const picked = select(queue, given, "equal-split");
        expect(select(queue.toReversed(), given, "equal-split")).toEqual(picked);
        if (picked.length === 0) return;
        expect(picked.length).toBe(queue.length);
        const sum = picked.reduce((total, p) => total + p.amount, 0n);
        expect(sum <= given.envelopeLeft && sum <= given.free).toBe(true);
        const of = (p: { requestId: string }): bigint => asked(queue.find((w) => w.requestId === p.requestId)!, given.cap); // prettier-ignore
        const most = picked.reduce((max, p) => (p.amount > max ? p.amount : max), 0n);
        for (const p of picked) {
          expect(p.amount > 0n && p.amount <= of(p)).toBe(true);
          // Less than the most, by more than the last unit that cannot be split, only where it is all that was asked for.
          if (p.amount < most - 1n) expect(p.amount).toBe(of(p));
          if (p.amount < of(p)) expect(p.amount >= (given.leastPart ?? 1n)).toBe(true);
        }
      }),
    );
  });

  test("leaves nothing over that could still be shared", () => {
    const queue: Waiting[] = [100n, 900n, 900n].map((amount, i) => ({ requestId: String(i), arrival: i, amount, neededBy: null, firstHelp: false, drawn: null })); // prettier-ignore
    const given = { envelopeLeft: 5000n, free: 1000n, cap: 5000n, leastPart: 50n, leastTickets: 3 };
    expect(select(queue, given, "equal-split").map((p) => p.amount)).toEqual([100n, 450n, 450n]);
    expect(select(queue, { ...given, leastPart: 451n, leastTickets: 3 }, "equal-split")).toEqual([]);
    expect(select([], given, "equal-split")).toEqual([]);
  });
});

describe("the place in line", () => {
  test("is this week when what is left covers it, and a later week when it does not", () => {
    expect(turnBand("2026-11-25", 0n, 100n, 500n, 1000n)).toEqual({ from: "2026-11-25", to: "2026-12-02" });
    expect(turnBand("2026-11-25", 900n, 100n, 0n, 1000n)).toEqual({ from: "2026-11-30", to: "2026-12-07" });
    expect(turnBand("2026-11-25", 2000n, 100n, 500n, 1000n)).toEqual({ from: "2026-12-07", to: "2026-12-14" });
  });
  test("an envelope that was overdrawn has nothing left", () => {
    expect(envelopeLeft(100n, 150n)).toBe(0n);
  });
});

describe("the parts of a week", () => {
  const monday = "2026-11-23";
  const of = (releases: number, perWeek = 7000n): bigint[] => [0, 1, 2, 3, 4, 5, 6].map((day) => envelopeReleased(perWeek, releases, addDays(monday, day))); // prettier-ignore

  test("come in equal steps, and all of it is there by Sunday", () => {
    expect(of(1)).toEqual([7000n, 7000n, 7000n, 7000n, 7000n, 7000n, 7000n]);
    expect(of(2)).toEqual([3500n, 3500n, 3500n, 3500n, 7000n, 7000n, 7000n]);
    expect(of(7)).toEqual([1000n, 2000n, 3000n, 4000n, 5000n, 6000n, 7000n]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.bigInt({ min: 1n, max: 10_000_000n }), (releases, perWeek) => {
        const days = of(releases, perWeek);
        expect(days.every((sum, i) => i === 0 || sum >= days[i - 1]!)).toBe(true);
        expect(new Set(days).size <= releases && days[6] === perWeek).toBe(true);
      }),
    );
  });
});

describe("lottery", () => {
  /** Everybody with a ticket has a place of their own; some came after the draw. */
  const drawn = line.chain((queue) =>
    fc
      .shuffledSubarray(queue.map((_, i) => i + 1), { minLength: queue.length, maxLength: queue.length })
      .map((places) => queue.map((w, i): Waiting => ({ ...w, drawn: w.arrival % 4 === 0 ? null : places[i]! }))),
  ); // prettier-ignore
  const asked = (queue: readonly Waiting[], cap: bigint): bigint => queue.reduce((sum, { amount }) => sum + (amount < cap ? amount : cap), 0n); // prettier-ignore

  test("picks in the order that was drawn and passes nobody; whoever has no ticket waits for the next draw; where there is enough for all, all are picked", () => {
    fc.assert(
      fc.property(drawn, room, (queue, given) => {
        const picked = select(queue, given, "lottery").map((p) => p.requestId);
        expect(select(queue.toReversed(), given, "lottery").map((p) => p.requestId)).toEqual(picked);
        const money = given.envelopeLeft < given.free ? given.envelopeLeft : given.free;
        if (queue.length < given.leastTickets) {
          expect(picked).toEqual(select(queue, given, "first-come").map((p) => p.requestId));
          return;
        }
        if (asked(queue, given.cap) <= money) {
          expect([...picked].sort()).toEqual(queue.map((w) => w.requestId).sort());
          return;
        }
        const holders = queue.filter((w) => w.drawn !== null).sort((a, b) => a.drawn! - b.drawn!);
        expect(picked).toEqual(holders.slice(0, picked.length).map((w) => w.requestId));
      }),
    );
  });

  test("before anything is drawn, nobody is picked of many who cannot all be helped", () => {
    const queue = [1, 2, 3].map((n): Waiting => ({ requestId: `r${n}`, arrival: n, amount: 100n, neededBy: null, firstHelp: false, drawn: null })); // prettier-ignore
    const given = { envelopeLeft: 250n, free: 250n, cap: 5000n, leastPart: 1n, leastTickets: 3 };
    expect(select(queue, given, "lottery")).toEqual([]);
    expect(select(queue, { ...given, free: 300n, envelopeLeft: 300n }, "lottery")).toHaveLength(3);
    expect(select(queue.map((w) => ({ ...w, drawn: 4 - w.arrival })), given, "lottery")).toEqual([{ requestId: "r3", amount: 100n }, { requestId: "r2", amount: 100n }, { requestId: "r1", amount: 50n }]); // prettier-ignore
  });
});
