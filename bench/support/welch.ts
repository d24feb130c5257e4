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

/** So much is cut at either end of the differences. */
const CUT_SHARE = 0.1;

/**
 * t of the differences within pairs (Yuen's trimmed t with the winsorized variance): what the machine does slowly, both of a pair have in common, and it falls out. Two samples that Welch's t
 * cannot tell apart in the noise of a shared machine are told apart by this one.
 */
export function pairedT(a: readonly number[], b: readonly number[]): number {
  const sorted = a.map((value, i) => value - (b[i] ?? value)).sort((x, y) => x - y);
  const n = sorted.length;
  const cut = Math.floor(n * CUT_SHARE);
  const kept = sorted.slice(cut, n - cut);
  const [low, high] = [kept[0] ?? 0, kept.at(-1) ?? 0];
  const winsorized = sorted.map((value) => Math.min(high, Math.max(low, value)));
  const { mean } = moments(kept);
  return mean / (Math.sqrt(moments(winsorized).variance) / ((1 - 2 * CUT_SHARE) * Math.sqrt(n)));
}
