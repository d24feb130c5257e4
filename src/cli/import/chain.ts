import type { Day } from "../../kernel/clock.js";
import type { BreakReason } from "../../publication/entry.js";

/** A row that states the balance after it, in the order in which the balances were worked out. */
export interface Chained {
  readonly line: number;
  readonly id: string;
  readonly day: Day;
  readonly net: bigint;
  readonly fee: bigint;
  readonly balance: bigint;
}

export interface ChainBreak {
  readonly line: number;
  readonly id: string;
  readonly day: Day;
  /** What the file's balance says beyond the running sum of the nets, as it changes on this row. */
  readonly difference: bigint;
  readonly why: BreakReason;
}

/** Where the balance column stops following the nets, and why, as far as the data tells. */
export function chainBreaks(rows: readonly Chained[]): ChainBreak[] {
  const breaks: ChainBreak[] = [];
  let sum = rows[0] ? rows[0].balance - rows[0].net : 0n;
  let apart = 0n;
  for (const row of rows) {
    sum += row.net;
    const now = row.balance - sum;
    const difference = now - apart;
    if (difference !== 0n) {
      const why = difference === -row.fee && row.fee !== 0n ? "leaves-out-fee" : now === 0n ? "catches-up" : "unknown";
      breaks.push({ line: row.line, id: row.id, day: row.day, difference, why });
    }
    apart = now;
  }
  return breaks;
}
