/** Answers that took longer than this share of all are left out: they tell of the machine, not of the code (as dudect does). */
const KEPT_SHARE = 0.9;

/** Welch's t for two samples. Beyond 4.5 in size, the two do not take the same time. */
export function welch(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [moments(a), moments(b)];
  return (x.mean - y.mean) / Math.sqrt(x.variance / a.length + y.variance / b.length);
}

/** The same, without the slowest of both together. */
export function croppedWelch(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b].sort((x, y) => x - y);
  const most = all[Math.floor(all.length * KEPT_SHARE)] ?? Infinity;
  return welch(
    a.filter((value) => value < most),
    b.filter((value) => value < most),
  );
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}
