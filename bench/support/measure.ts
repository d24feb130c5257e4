import { performance } from "node:perf_hooks";

/** What `callers` at once got done, and how long each of them waited. */
export interface Slot {
  readonly done: number;
  readonly seconds: number;
  readonly waits: readonly number[];
}

/** Closed loop: each caller asks again as soon as it is answered. `once` may do several at a time and returns how many. */
export async function slot(callers: number, seconds: number, once: (caller: number) => Promise<number>): Promise<Slot> {
  const waits: number[] = [];
  let done = 0;
  const began = performance.now();
  const end = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let now = performance.now(); now < end;) {
        const n = await once(caller);
        done += n;
        const after = performance.now();
        waits.push(after - now);
        now = after;
      }
    }),
  );
  return { done, seconds: (performance.now() - began) / 1000, waits };
}

export interface Figure {
  /** Median over the rounds. */
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

export function figure(slots: readonly Slot[]): Figure {
  const waits = slots.flatMap((s) => s.waits).sort((a, b) => a - b);
  return {
    perSecond: median(slots.map((s) => s.done / s.seconds)),
    p50: waits[Math.floor(waits.length * 0.5)] ?? 0,
    p99: waits[Math.floor(waits.length * 0.99)] ?? 0,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export const rounded = (n: number, digits = 2): number => Number(n.toFixed(digits));
