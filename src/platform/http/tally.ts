/** So many names are remembered at once; then the oldest go. What everybody together does is counted under a name of its own, which stays busy. */
const NAMES_MAX = 50_000;

interface Counted {
  /** Which window it is, counted from 1970. */
  window: number;
  now: number;
  before: number;
}

/**
 * How often something happened in the last `seconds`, by name: a sliding window out of two, with the earlier one weighed by what is left of it. In memory, and per process.
 */
export class Tally {
  private readonly counts = new Map<string, Counted>();
  private readonly windowMs: number;

  constructor(seconds: number) {
    this.windowMs = seconds * 1000;
  }

  /** A whole number, rounded up: what is nearly a limit is one. */
  count(name: string, at: Date): number {
    const counted = this.counts.get(name);
    if (counted === undefined) return 0;
    const { now, before } = shifted(counted, this.windowOf(at));
    const leftMs = this.windowMs - (at.getTime() % this.windowMs);
    return now + Math.ceil((before * leftMs) / this.windowMs);
  }

  add(name: string, at: Date, by: 1 | -1 = 1): void {
    const counted = shifted(this.counts.get(name) ?? { window: 0, now: 0, before: 0 }, this.windowOf(at));
    // Set anew, so that the map's order is that of the last use.
    this.counts.delete(name);
    this.counts.set(name, { ...counted, now: Math.max(0, counted.now + by) });
    if (this.counts.size > NAMES_MAX) {
      const [oldest] = this.counts.keys();
      this.counts.delete(oldest ?? name);
    }
  }

  private windowOf(at: Date): number {
    return Math.floor(at.getTime() / this.windowMs);
  }
}

function shifted(counted: Counted, window: number): Counted {
  if (counted.window === window) return counted;
  return { window, now: 0, before: counted.window === window - 1 ? counted.now : 0 };
}
