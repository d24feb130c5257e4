import { croppedWelch, pairedT, welch } from "../../bench/support/welch.js";

/** Numbers that look like answer times: about 36 ms, with noise, and now and then a machine that was busy. The same for the same seed. */
function times(seed: number, count: number, moreMs = 0): number[] {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return Array.from({ length: count }, () => {
    const noise = Array.from({ length: 12 }, next).reduce((sum, n) => sum + n, -6);
    return 36 + 3 * noise + (next() < 0.03 ? 40 * next() : 0) + moreMs;
  });
}

test("the harness finds a planted millisecond in 2,000 pairs", () => {
  expect(Math.abs(croppedWelch(times(1, 2000), times(2, 2000, 1)))).toBeGreaterThan(4.5);
});

test("the harness finds nothing where there is nothing, whatever the noise", () => {
  for (let seed = 1; seed <= 20; seed++)
    expect(Math.abs(croppedWelch(times(seed, 2000), times(seed + 1000, 2000)))).toBeLessThan(4.5);
});

/** A machine that grows slower and faster again while it is measured. */
const drifting = (values: number[]): number[] => values.map((value, i) => value + 60 * Math.sin(i / 40));

test("where the machine itself wavers, the differences within pairs still show a planted millisecond, and none where there is none", () => {
  const plain = drifting(times(1, 2000));
  expect(Math.abs(welch(plain, drifting(times(2, 2000, 1))))).toBeLessThan(4.5);
  expect(Math.abs(pairedT(plain, drifting(times(2, 2000, 1))))).toBeGreaterThan(4.5);
  for (let seed = 1; seed <= 20; seed++)
    expect(Math.abs(pairedT(drifting(times(seed, 2000)), drifting(times(seed + 1000, 2000))))).toBeLessThan(4.5);
});

test("the trimmed t of pairs is what one works out by hand", () => {
  // Differences 1 … 10; one is cut at each end: mean of 2 … 9 is 5.5, winsorized variance (2,2,3,…,8,9,9) 7.3889; 5.5 / (2.7183 / (0.8 · √10)).
  expect(pairedT([2, 4, 6, 8, 10, 12, 14, 16, 18, 20], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBeCloseTo(5.1188, 3);
});

test("Welch's t is what one works out by hand", () => {
  // Means 3 and 6, variances 2.5 and 10: −3 / √(2.5 / 5 + 10 / 5).
  expect(welch([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])).toBeCloseTo(-1.8974, 4);
});
