import type { Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { publicAccount } from "../ledger/account.js";
import type { Posting, TransactionKind } from "../ledger/transaction.js";
import { COMMITMENTS_MAX, sumOf } from "./entry-format.js";
import type { MoneyEntry, MoneyKind, PublicPosting } from "./entry.js";

/** One journal transaction that waits to be published. */
export interface Unpublished {
  readonly seq: bigint;
  readonly kind: TransactionKind;
  readonly day: Day;
  readonly postings: readonly Posting[];
  /** The hold that it was paid from. */
  readonly hold: string | null;
  /** The solidarity transfer, or the deposit, that it is about. */
  readonly about: string | null;
}

/** A transaction with its commitment; the salt is missing where somebody else keeps it. */
export interface Committed extends Unpublished {
  readonly commitment: string;
  readonly salt: Uint8Array | null;
}

/** What a batch commits to, of an item that nobody approved: with the salt, it shows that the item is in the batch. */
export interface ItemDetails {
  readonly kind: TransactionKind;
  readonly day: Day;
  readonly currency: string;
  readonly postings: readonly PublicPosting[];
}

export function detailsOf(item: Pick<Unpublished, "kind" | "day" | "postings">, currency: string): ItemDetails {
  const postings = item.postings.map((p) => ({ account: publicAccount(p.account), amount: toJsonAmount(p.amount) }));
  return { kind: item.kind, day: item.day, currency, postings };
}

/**
 * Cuts what waits into batches of at least k, in the order of the journal. Fewer than k are carried over; a rest below k joins the batch
 * before it, so that nothing is ever published below k and little is carried over.
 */
export function cutBatches<T>(waiting: readonly T[], k: number): T[][] {
  const batches: T[][] = [];
  for (let at = 0; waiting.length - at >= k;) {
    const left = waiting.length - at;
    const size = left <= COMMITMENTS_MAX ? left : left - COMMITMENTS_MAX >= k ? COMMITMENTS_MAX : left - k;
    batches.push(waiting.slice(at, at + size));
    at += size;
  }
  return batches;
}

/** Imports keep their months, so that the books of years can be read by time; a month with fewer than k joins the next one. */
export function cutByMonth<T extends Pick<Unpublished, "seq" | "day">>(waiting: readonly T[], k: number): T[][] {
  const months: T[][] = [];
  for (const item of [...waiting].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : Number(a.seq - b.seq)))) {
    const current = months.at(-1);
    const first = current?.[0];
    if (!current || !first || (current.length >= k && first.day.slice(0, 7) !== item.day.slice(0, 7)))
      months.push([item]);
    else current.push(item);
  }
  const last = months.at(-1);
  if (months.length > 1 && last && last.length < k) months.at(-2)?.push(...(months.pop() ?? []));
  return months.flatMap((month) => cutBatches(month, k));
}

/** The public face of a batch. Categories with fewer than k items of their own are folded into "other", and never leave an "other" below k. */
export function batchEntry(kind: MoneyKind, day: Day, items: readonly Committed[], k: number): MoneyEntry {
  const shown = shownCategories(items, k);
  const postings = summed(items, (code) => foldedAccount(code, shown));
  const commitments = items.map((item) => item.commitment).sort();
  return { v: 1, kind, day, count: items.length, sum: sumOf(kind, postings), postings, commitments };
}

/** The postings of some transactions added up by their public accounts, sorted, without what comes to nothing. */
export function summed(
  items: readonly Pick<Unpublished, "postings">[],
  account: (code: string) => string,
): PublicPosting[] {
  const sums = new Map<string, bigint>();
  for (const posting of items.flatMap((item) => item.postings)) {
    const code = account(posting.account);
    sums.set(code, (sums.get(code) ?? 0n) + posting.amount);
  }
  return [...sums]
    .filter(([, amount]) => amount !== 0n)
    .map(([code, amount]) => ({ account: code, amount: toJsonAmount(amount) }))
    .sort((a, b) => (a.account < b.account ? -1 : 1));
}

const AID = "expenses:aid:";

function foldedAccount(account: string, shown: ReadonlySet<string>): string {
  if (account.startsWith(AID) && !shown.has(account)) return `${AID}other`;
  return publicAccount(account);
}

/** A category is named only with k items or more; and when few are left for "other", the smallest named one joins them. */
export function shownCategories(items: readonly Pick<Unpublished, "postings">[], k: number): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const category = item.postings.find((p) => p.account.startsWith(AID))?.account;
    if (category !== undefined) counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  const named = [...counts]
    .filter(([category, count]) => count >= k && category !== `${AID}other`)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  let rest = [...counts.values()].reduce((sum, n) => sum + n, 0) - named.reduce((sum, [, n]) => sum + n, 0);
  while (rest > 0 && rest < k && named.length > 0) rest += named.pop()?.[1] ?? 0;
  return new Set(named.map(([category]) => category));
}
