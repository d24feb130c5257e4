/**
 * The invariants of the books (docs/architecture.md), each as SQL of its own: none of it calls the journal's functions or reads their sums but to compare. A check
 * answers one row: how many things it looked at, how many are wrong, and the first of those.
 */
export interface Invariant {
  /** The number in the design's list, so that a finding is known by it. */
  readonly number: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 10 | 12;
  readonly says: string;
  /** Gives `id text` and `bad boolean` for everything it looks at. */
  readonly rows: string;
}

/** What one check found. Nothing is wrong when every `violations` is 0. */
export interface Finding {
  readonly number: Invariant["number"];
  readonly says: string;
  readonly checked: number;
  readonly violations: number;
  /** The first that is wrong, as `<fund>/<what>`. */
  readonly first: string | null;
}
