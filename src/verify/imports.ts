import type { ImportedEntry, MoneyEntry } from "../publication/entry.js";
import { alarm, type Finding } from "./finding.js";

/** Holds what was moved in against what the sections said of it: never more lines than were told of, and with all of them the same sum. */
export class Imports {
  private told = { count: 0, sum: 0 };
  private moved = { count: 0, sum: 0 };

  section({ booked, sum }: ImportedEntry, index: number, k: number): Finding[] {
    this.told = { count: this.told.count + booked, sum: this.told.sum + sum };
    return booked < k ? [alarm("below-k", { index, detail: String(k) })] : [];
  }

  batch({ count, sum }: MoneyEntry, index: number): Finding[] {
    this.moved = { count: this.moved.count + count, sum: this.moved.sum + sum };
    const { told, moved } = this;
    if (moved.count > told.count) return [alarm("imported", { index, detail: `${moved.count} > ${told.count}` })];
    // Until all lines are out nobody can compare: lines that take money away may be among those that follow.
    return moved.count < told.count || moved.sum === told.sum
      ? []
      : [alarm("imported", { index, detail: `${moved.sum} ≠ ${told.sum}` })];
  }
}
