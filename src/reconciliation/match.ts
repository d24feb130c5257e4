import { addDays, daysBetween, type Day } from "../kernel/clock.js";

/** A bank needs some days; more than this is no proposal any more. */
export const DAYS_APART_MAX = 5;
/** A line that nothing explains may still be an old cheque: so far away a person is shown what has the same sum. */
export const DAYS_FURTHER_MAX = 45;
/** Cheques in one deposit. */
export const GROUP_MAX = 10;
/** So many ways to explain one line are shown. */
export const OPTIONS_MAX = 6;

/** So many of the nearest are tried; where more are equal, the others come when these are done. */
const TRIED_MAX = 200;

/** A line of a statement that nobody has matched. */
export interface OpenLine {
  readonly lineId: string;
  readonly day: Day;
  readonly amount: bigint;
}

/** A transaction that no line speaks of, with what it moved on the statement's account. */
export interface OpenTransaction {
  readonly seq: bigint;
  readonly day: Day;
  readonly amount: bigint;
  /** Entered by hand: several of these may have gone to the bank as one deposit. */
  readonly byHand: boolean;
}

/** One transaction, or several that add up to the line; by seq. */
export type Option = readonly bigint[];

export interface Proposal {
  readonly lineId: string;
  /** The nearest first. */
  readonly options: readonly Option[];
  /** There is one option, and no other line could be explained by any of it. */
  readonly sure: boolean;
  /** An option that no earlier line was given, so that all suggestions together can be right. */
  readonly suggested: Option | null;
}

export interface Proposals {
  readonly proposals: readonly Proposal[];
  /** Lines that nothing near explains, each with what has the same sum further away. */
  readonly left: readonly { readonly lineId: string; readonly further: readonly Option[] }[];
}

/**
 * Which transactions could explain which lines: exactly the same sum on the account, at most five days apart, one by one; or else several hand entries of one
 * day that add up to it. It proposes, and matches nothing. The same lines and transactions give the same answer in whatever order they come.
 */
export function propose(lines: readonly OpenLine[], transactions: readonly OpenTransaction[]): Proposals {
  const byDay = grouped(transactions, (t) => `${t.amount} ${t.day}`);
  const groups = new DayGroups(transactions);
  const inOrder = [...lines].sort((a, b) => compare(a.day, b.day) || compare(a.amount, b.amount) || compare(a.lineId, b.lineId)); // prettier-ignore
  const found = inOrder.map((line) => {
    const near = sameSum(byDay, line, 0, DAYS_APART_MAX, TRIED_MAX);
    const options = near.length > 0 ? near : groups.thatAddUpTo(line);
    const further = options.length > 0 ? [] : sameSum(byDay, line, DAYS_APART_MAX + 1, DAYS_FURTHER_MAX, OPTIONS_MAX);
    return { line, options, further };
  });
  const wantedBy = linesThatWant(transactions, found);
  const used = new Set<bigint>();
  const proposals = found.flatMap(({ line, options }): Proposal[] => {
    if (options.length === 0) return [];
    const sure = options.length === 1 && (options[0] ?? []).every((seq) => wantedBy.get(seq) === 1);
    const suggested = options.find((option) => option.every((seq) => !used.has(seq))) ?? null;
    for (const seq of suggested ?? []) used.add(seq);
    return [{ lineId: line.lineId, options: shown(options, suggested), sure, suggested }];
  });
  const left = found.filter((f) => f.options.length === 0).map(({ line, further }) => ({ lineId: line.lineId, further })); // prettier-ignore
  return { proposals, left };
}

/** How many lines each transaction could explain: alone, all of its sum that are near; in a group, those that have the group among their options. */
function linesThatWant(
  transactions: readonly OpenTransaction[],
  found: readonly { readonly line: OpenLine; readonly options: readonly Option[] }[],
): Map<bigint, number> {
  const lines = grouped(found, ({ line }) => `${line.amount} ${line.day}`);
  const wanted = new Map<bigint, number>();
  for (const { seq, day, amount } of transactions) {
    let count = 0;
    for (let days = -DAYS_APART_MAX; days <= DAYS_APART_MAX; days++)
      count += lines.get(`${amount} ${addDays(day, days)}`)?.length ?? 0;
    wanted.set(seq, count);
  }
  for (const { options } of found)
    for (const seq of new Set(options.filter((option) => option.length > 1).flat()))
      wanted.set(seq, (wanted.get(seq) ?? 0) + 1);
  return wanted;
}

const compare = <T extends string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function apart(line: OpenLine, transaction: { readonly day: Day }): number {
  const days = daysBetween(transaction.day, line.day);
  return days < 0 ? -days : days;
}

/** Single transactions of the line's sum, so many days away, the nearest first: day by day outwards, so that a thousand equal gifts of a month are walked and not sorted. */
function sameSum(
  byDay: ReadonlyMap<string, readonly OpenTransaction[]>,
  line: OpenLine,
  from: number,
  to: number,
  most: number,
): Option[] {
  const found: Option[] = [];
  for (let days = from; days <= to && found.length < most; days++) {
    const around = days === 0 ? [line.day] : [addDays(line.day, -days), addDays(line.day, days)];
    const there = around.flatMap((day) => byDay.get(`${line.amount} ${day}`) ?? []);
    for (const { seq } of there.sort((a, b) => compare(a.seq, b.seq))) if (found.length < most) found.push([seq]);
  }
  return found;
}

/** What is suggested is always among what is shown. */
function shown(options: readonly Option[], suggested: Option | null): Option[] {
  const first = options.slice(0, OPTIONS_MAX);
  return suggested === null || first.includes(suggested) ? first : [...first.slice(0, -1), suggested];
}

/** The hand entries of each day, and the sums that two or more of them make. A day's sums are worked out when they are first wanted. */
class DayGroups {
  private readonly byDay: Map<string, OpenTransaction[]>;
  private readonly sums = new Map<string, Map<bigint, Option[]>>();

  constructor(transactions: readonly OpenTransaction[]) {
    const byHand = transactions.filter((t) => t.byHand);
    this.byDay = grouped(byHand, (t) => `${t.amount > 0n ? "+" : "-"}${t.day}`);
    for (const entries of this.byDay.values()) entries.sort((a, b) => compare(a.seq, b.seq));
  }

  thatAddUpTo(line: OpenLine): Option[] {
    const sign = line.amount > 0n ? "+" : "-";
    const near = [...this.byDay.entries()].filter(([key, [first]]) => key.startsWith(sign) && first !== undefined && apart(line, first) <= DAYS_APART_MAX); // prettier-ignore
    return near
      .sort(([, [a]], [, [b]]) => (a && b ? apart(line, a) - apart(line, b) || compare(a.day, b.day) : 0))
      .flatMap(([key, entries]) => this.sumsOf(key, entries).get(line.amount) ?? []);
  }

  private sumsOf(key: string, entries: readonly OpenTransaction[]): Map<bigint, Option[]> {
    const known = this.sums.get(key);
    if (known !== undefined) return known;
    const sums = new Map<bigint, Option[]>();
    // Up to ten of a day are tried in every combination (1,024); of more, nobody could tell which cheques were meant.
    if (entries.length <= GROUP_MAX) collect(entries, sums);
    this.sums.set(key, sums);
    return sums;
  }
}

function collect(entries: readonly OpenTransaction[], sums: Map<bigint, Option[]>): void {
  for (let chosen = 1; chosen < 1 << entries.length; chosen++) {
    const some = entries.filter((_entry, i) => (chosen & (1 << i)) !== 0);
    if (some.length < 2) continue;
    const sum = some.reduce((total, t) => total + t.amount, 0n);
    const options = sums.get(sum);
    if (options === undefined) sums.set(sum, [some.map((t) => t.seq)]);
    else options.push(some.map((t) => t.seq));
  }
}
