import { filledPerMille, meterOf } from "./meter.js";

const told = { given: 34_000n, waiting: 12, asOf: "2026-11-24" };

test("a goal is measured against what is published; without one, the need is told", () => {
  expect(meterOf(50_000n, told)).toEqual({ kind: "goal", given: 34_000n, goal: 50_000n, asOf: "2026-11-24" });
  expect(meterOf(null, told)).toEqual({ kind: "need", waiting: 12, asOf: "2026-11-24" });
});

test("nothing is claimed before something is published, nor where the number is hidden", () => {
  expect([
    meterOf(50_000n, null),
    meterOf(null, null),
    meterOf(null, { ...told, waiting: null }),
    meterOf(null, { ...told, waiting: 0 }),
  ]).toEqual([null, null, null, null]);
});

test("a bar is never fuller than the truth", () => {
  expect([filledPerMille(0n, 3n), filledPerMille(49_999n, 50_000n), filledPerMille(50_000n, 50_000n)]).toEqual([
    0, 999, 1000,
  ]);
  expect(filledPerMille(10n ** 10n, 1n)).toBe(1000);
});
