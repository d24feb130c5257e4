import { decimalString, exponentOf } from "../../kernel/money.js";
import type { Placed } from "../../publication/entry.js";

/** What a file says of the fund whose books it holds. A file that leaves the server is the same whoever asks for it. */
export interface About {
  readonly fundId: string;
  readonly slug: string;
  readonly name: string;
  /** Lower case, as everywhere: each format writes it in its own way. */
  readonly currency: string;
  /** Where people reach the server, without a slash at the end: "https://pot.example.org". */
  readonly url: string;
}

/** Oldest first. Asynchronous where pages of a large log come out of a database one after the other. */
export type Entries = AsyncIterable<Placed> | Iterable<Placed>;

/** Minor units as a plain decimal with the currency's own digits: 2397, "usd" -> "23.97". Throws a RangeError for an unknown currency. */
export function plainAmount(amount: number, currency: string): string {
  return decimalString(BigInt(amount), exponentOf(currency));
}

/** Text that stays in its line: a name with a line break in it would otherwise go on as a directive of the file. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}
