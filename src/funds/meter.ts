import type { Day } from "../kernel/clock.js";

/** What a fund shows of how things stand: a goal that its charter names, else the need that is not met. */
export type Meter =
  | { readonly kind: "goal"; readonly given: bigint; readonly goal: bigint; readonly asOf: Day }
  | { readonly kind: "need"; readonly waiting: number; readonly asOf: Day };

/** From public figures alone. Null when nothing is published, and when what is published hides the number. */
export function meterOf(
  goal: bigint | null,
  told: { readonly given: bigint; readonly waiting: number | null; readonly asOf: Day } | null,
): Meter | null {
  if (told === null) return null;
  const { given, waiting, asOf } = told;
  if (goal !== null) return { kind: "goal", given, goal, asOf };
  return waiting === null || waiting <= 0 ? null : { kind: "need", waiting, asOf };
}

/** How full, in whole tenths of a percent, rounded down: a bar that looks full is full. */
export function filledPerMille(given: bigint, goal: bigint): number {
  return given >= goal ? 1000 : Number((given * 1000n) / goal);
}
