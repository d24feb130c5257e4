import type { Day } from "../kernel/clock.js";

/** How the queue is ordered. More rules join here, each a pure order. */
export const RULES = ["first-come", "deadline-first", "never-helped-first"] as const;
export type Rule = (typeof RULES)[number];

/** Goes up when a rule would pick otherwise from the same inputs: each selection keeps the rule by its name and this number. */
export const RULE_VERSION = 2;

/** One waiting request as the rule sees it: nothing about the person. `amount` is what is still open, after the parts that were sent, in minor units. */
export interface Waiting {
  readonly requestId: string;
  /** Private per-fund ordinal of arrival. */
  readonly arrival: number;
  /** The day that the person named, if they did. */
  readonly neededBy: Day | null;
  /** By their own word, the fund has not helped them before; false where nobody asked. */
  readonly firstHelp: boolean;
  readonly amount: bigint;
}

export interface Picked {
  readonly requestId: string;
  readonly amount: bigint;
}

/** What may be promised now: the rest of this week's envelope, what is free, and the cap of one request. Minor units. */
export interface Room {
  readonly envelopeLeft: bigint;
  readonly free: bigint;
  readonly cap: bigint;
  /** Where only a part of the next request is covered, they get that part if it is at least this much; null: they wait for all of it. */
  readonly leastPart: bigint | null;
}

/**
 * Who is next, in the strict sense: when the next in line does not fit, nobody is let past them; they get a part where the charter says so, and the rest keeps
 * their place. The same input gives the same answer on every computer.
 */
export function select(queue: readonly Waiting[], room: Room, rule: Rule): Picked[] {
  const picked: Picked[] = [];
  let left = room.envelopeLeft < room.free ? room.envelopeLeft : room.free;
  for (const request of ordered(queue, rule)) {
    const amount = request.amount < room.cap ? request.amount : room.cap;
    if (amount > left) {
      if (room.leastPart !== null && left >= room.leastPart)
        picked.push({ requestId: request.requestId, amount: left });
      break;
    }
    picked.push({ requestId: request.requestId, amount });
    left -= amount;
  }
  return picked;
}

const ORDER: Readonly<Record<Rule, (a: Waiting, b: Waiting) => number>> = {
  "first-come": (a, b) => a.arrival - b.arrival,
  // Whoever named no day comes after everybody who did; of one day, who asked first.
  "deadline-first": (a, b) => {
    if (a.neededBy === b.neededBy) return a.arrival - b.arrival;
    if (a.neededBy === null || b.neededBy === null) return a.neededBy === null ? 1 : -1;
    return a.neededBy < b.neededBy ? -1 : 1;
  },
  "never-helped-first": (a, b) => Number(b.firstHelp) - Number(a.firstHelp) || a.arrival - b.arrival,
};

/** The whole line in the rule's order. */
export function ordered<T extends Waiting>(queue: readonly T[], rule: Rule): T[] {
  return [...queue].sort(ORDER[rule]);
}
