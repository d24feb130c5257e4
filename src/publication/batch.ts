import type { Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { publicAccount } from "../ledger/account.js";
import type { Posting, TransactionKind } from "../ledger/transaction.js";

/** One journal transaction that waits to be published. */
export interface Unpublished {
  readonly seq: bigint;
  readonly day: Day;
  readonly postings: readonly Posting[];
}

/** What the public sees of a batch: a closed list of fields, days and no times, no single item. */
export interface PublicEntry {
  readonly v: 1;
  readonly kind: TransactionKind;
  readonly day: Day;
  readonly count: number;
  /** What the batch is about, in minor units: given, paid out, refunded, moved. */
  readonly sum: number;
  readonly postings: readonly { readonly account: string; readonly amount: number }[];
}

/** An entry's commitments must fit into 32 KiB (docs/architecture.md, the log). */
export const BATCH_SIZE_MAX = 256;

/**
 * Cuts what waits into batches of at least k, in the order of the journal. Fewer than k are carried over; a rest below k joins the batch
 * before it, so that nothing is ever published below k and little is carried over.
 */
export function cutBatches<T>(waiting: readonly T[], k: number): T[][] {
  const batches: T[][] = [];
  for (let at = 0; waiting.length - at >= k;) {
    const left = waiting.length - at;
    const size = left <= BATCH_SIZE_MAX ? left : left - BATCH_SIZE_MAX >= k ? BATCH_SIZE_MAX : left - k;
    batches.push(waiting.slice(at, at + size));
    at += size;
  }
  return batches;
}

/** Imports keep their months, so that the books of years can be read by time; a month with fewer than k joins the next one. */
export function cutByMonth(waiting: readonly Unpublished[], k: number): Unpublished[][] {
  const months: Unpublished[][] = [];
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
export function publicEntry(kind: TransactionKind, day: Day, items: readonly Unpublished[], k: number): PublicEntry {
  const shown = shownCategories(items, k);
  const sums = new Map<string, bigint>();
  for (const posting of items.flatMap((item) => item.postings)) {
    const account = foldedAccount(posting.account, shown);
    sums.set(account, (sums.get(account) ?? 0n) + posting.amount);
  }
  const postings = [...sums]
    .filter(([, amount]) => amount !== 0n)
    .map(([account, amount]) => ({ account, amount: toJsonAmount(amount) }));
  postings.sort((a, b) => (a.account < b.account ? -1 : 1));
  return { v: 1, kind, day, count: items.length, sum: toJsonAmount(batchSum(kind, items)), postings };
}

const AID = "expenses:aid:";

function foldedAccount(account: string, shown: ReadonlySet<string>): string {
  if (account.startsWith(AID) && !shown.has(account)) return `${AID}other`;
  return publicAccount(account);
}

/** A category is named only with k items or more; and when few are left for "other", the smallest named one joins them. */
export function shownCategories(items: readonly Unpublished[], k: number): ReadonlySet<string> {
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

/** The side of the postings that a reader means by "how much": income or expense where there is one, else what was moved. */
function batchSum(kind: TransactionKind, items: readonly Unpublished[]): bigint {
  const all = items.flatMap((item) => item.postings);
  const total = (of: (p: Posting) => boolean): bigint => all.filter(of).reduce((sum, p) => sum + p.amount, 0n);
  switch (kind) {
    case "gift":
      return -total((p) => p.account.startsWith("income:"));
    case "refund":
      return total((p) => p.account.startsWith("income:"));
    case "payout":
    case "payout-returned":
      return total((p) => p.account.startsWith(AID));
    case "import":
      return total((p) => p.account === "assets:sponsor");
    default:
      return total((p) => p.amount > 0n);
  }
}
