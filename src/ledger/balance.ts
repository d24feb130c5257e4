/** One fund's five balances, in minor units. */
export interface Balances {
  readonly settled: bigint;
  readonly inTransit: bigint;
  readonly reserve: bigint;
  readonly held: bigint;
  readonly onDeposit: bigint;
}

/** What a decision may still promise; the database compares with the same sum. Facts can take it below zero. */
export function freeToPromise(b: Pick<Balances, "settled" | "reserve" | "held">): bigint {
  return b.settled - b.reserve - b.held;
}
