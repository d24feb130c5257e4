import {
  FAILURES_MAX,
  isPaused,
  NO_PAUSE,
  PAUSE_MINUTES,
  PAUSE_MINUTES_MAX,
  pauseAfter,
  type Pause,
} from "./card-pause.js";

const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 25, 12) + minutes * 60_000);
const run = (from: number, apart = 0.5, count = FAILURES_MAX): Date[] =>
  Array.from({ length: count }, (_, i) => at(from + i * apart));

test("ten failures in a row within ten minutes pause card gifts for ten minutes", () => {
  expect(pauseAfter(NO_PAUSE, run(0))).toEqual({ pausedUntil: at(4.5 + PAUSE_MINUTES), minutes: PAUSE_MINUTES });
  expect(pauseAfter(NO_PAUSE, run(0).toReversed())).toEqual(pauseAfter(NO_PAUSE, run(0)));
});

test("nine do not, and neither do ten that are spread over a quarter of an hour", () => {
  expect(pauseAfter(NO_PAUSE, run(0, 0.5, FAILURES_MAX - 1))).toBeNull();
  expect(pauseAfter(NO_PAUSE, run(0, 1.5))).toBeNull();
  // Old ones do not hide a run of new ones.
  expect(pauseAfter(NO_PAUSE, [...run(0, 0.1, 4), ...run(60)])).not.toBeNull();
});

test("while it goes on, each pause is twice as long, up to two hours", () => {
  let pause: Pause = NO_PAUSE;
  const lengths: number[] = [];
  for (let i = 0, from = 0; i < 6; i++) {
    pause = pauseAfter(pause, run(from)) ?? pause;
    lengths.push(pause.minutes);
    from = (pause.pausedUntil!.getTime() - at(0).getTime()) / 60_000 + 5;
  }
  expect(lengths).toEqual([10, 20, 40, 80, PAUSE_MINUTES_MAX, PAUSE_MINUTES_MAX]);
});

test("a run long after the last pause is new trouble, and so is one after a success or a resumption", () => {
  const before = { pausedUntil: at(0), minutes: 80 };
  expect(pauseAfter(before, run(121))?.minutes).toBe(PAUSE_MINUTES);
  expect(pauseAfter({ ...before, minutes: 0 }, run(5))?.minutes).toBe(PAUSE_MINUTES);
  expect(pauseAfter({ pausedUntil: null, minutes: 0 }, run(5))?.minutes).toBe(PAUSE_MINUTES);
});

test("a pause is in force until its end", () => {
  expect(isPaused({ pausedUntil: at(10), minutes: 10 }, at(9.99))).toBe(true);
  expect(isPaused({ pausedUntil: at(10), minutes: 10 }, at(10))).toBe(false);
  expect(isPaused(NO_PAUSE, at(0))).toBe(false);
});
