import type { Day } from "../../kernel/clock.js";
import type { Posting } from "../../ledger/transaction.js";
import type { BreakReason, ImportSource } from "../../publication/entry.js";

/** One row of a file as it will stand in the journal. */
export interface MovedLine {
  /** The line of the file; the header is 1. */
  readonly line: number;
  /** The idempotency key: the same row, out of whichever file, is booked once. */
  readonly key: string;
  readonly day: Day;
  /** By how much it moves the holding. */
  readonly net: bigint;
  /** Balanced; empty where the row moves no money. */
  readonly postings: readonly Posting[];
}

/** A whole file that can be booked, whatever it came from. There is nothing of a person in it: no name, no description, no address. */
export interface MovedFile {
  readonly source: ImportSource;
  readonly currency: string;
  readonly holding: string;
  /** SHA-256, hex, of a file that everybody can fetch; null for any other, whose bare hash could be guessed at. */
  readonly hash: string | null;
  readonly lines: readonly MovedLine[];
  /** The last balance that the file states. */
  readonly stated: bigint | null;
  /** Where the stated balances leave the rows, by key. */
  readonly breaks: ReadonlyMap<string, BreakReason>;
}

export const netOf = (lines: readonly Pick<MovedLine, "net">[]): bigint =>
  lines.reduce((sum, line) => sum + line.net, 0n);
