import type { Day } from "../kernel/clock.js";

/** How the queue is ordered, or, after a disaster, how what there is is split among all who wait. More rules join here, each pure. */
export const RULES = ["first-come", "deadline-first", "never-helped-first", "equal-split", "lottery"] as const;
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
  /** In a lottery: the place that was drawn last; null for whoever had no ticket then. */
  readonly drawn: number | null;
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
  /** A lottery of fewer is none: they would be told apart in public, so they come in the order in which they asked. */
  readonly leastTickets: number;
}

/**
 * Who is next, in the strict sense: when the next in line does not fit, nobody is let past them; they get a part where the charter says so, and the rest keeps
 * their place. The same input gives the same answer on every computer.
 */
export function select(queue: readonly Waiting[], room: Room, rule: Rule): Picked[] {
  const picked: Picked[] = [];
  let left = room.envelopeLeft < room.free ? room.envelopeLeft : room.free;
  if (rule === "equal-split") return split(queue, left, room);
  for (const request of inLine(queue, left, room, rule)) {
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

/** The whole line in its order. Where not everybody can be helped and the order is by lot, only those whose place was drawn: the others wait for the next draw. */
function inLine(queue: readonly Waiting[], money: bigint, room: Room, rule: Rule): Waiting[] {
  if (rule !== "lottery" || queue.length < room.leastTickets) return ordered(queue, rule === "lottery" ? "first-come" : rule); // prettier-ignore
  const asked = queue.reduce((sum, { amount }) => sum + (amount < room.cap ? amount : room.cap), 0n);
  return ordered(asked <= money ? queue : queue.filter(({ drawn }) => drawn !== null), rule);
}

/**
 * The same for everybody: whoever asked for less than an equal share gets all of it, and what they leave is shared by the others. When a share would be smaller than the least part, all wait.
 */
function split(queue: readonly Waiting[], money: bigint, room: Room): Picked[] {
  const askedOf = ({ amount }: Waiting): bigint => (amount < room.cap ? amount : room.cap);
  const least = room.leastPart ?? 1n;
  // Of equal sums the order changes nothing, so that the same queue gives the same picks however it is handed in.
  const smallestFirst = [...queue].sort((a, b) => (askedOf(a) < askedOf(b) ? -1 : askedOf(a) > askedOf(b) ? 1 : a.arrival - b.arrival)); // prettier-ignore
  const picked = new Map<string, bigint>();
  let left = money;
  for (const [i, request] of smallestFirst.entries()) {
    const share = left / BigInt(smallestFirst.length - i);
    const asked = askedOf(request);
    if (share < least && share < asked) return [];
    const amount = asked < share ? asked : share;
    picked.set(request.requestId, amount);
    left -= amount;
  }
  return ordered(queue, "equal-split").map(({ requestId }) => ({ requestId, amount: picked.get(requestId) ?? 0n }));
}

const ORDER: Readonly<Record<Rule, (a: Waiting, b: Waiting) => number>> = {
  "first-come": (a, b) => a.arrival - b.arrival,
  // Whoever named no day comes after everybody who did; of one day, who asked first.
  "deadline-first": (a, b) => {
    if (a.neededBy === b.neededBy) return a.arrival - b.arrival;
    if (a.neededBy === null || b.neededBy === null) return a.neededBy === null ? 1 : -1;
    return a.neededBy < b.neededBy ? -1 : 1;
  },
  "equal-split": (a, b) => a.arrival - b.arrival,
  // Whoever had no ticket in the last draw comes after everybody who did.
  lottery: (a, b) =>
    (a.drawn ?? Number.MAX_SAFE_INTEGER) - (b.drawn ?? Number.MAX_SAFE_INTEGER) || a.arrival - b.arrival,
  "never-helped-first": (a, b) => Number(b.firstHelp) - Number(a.firstHelp) || a.arrival - b.arrival,
};

/** The whole line in the rule's order. */
export function ordered<T extends Waiting>(queue: readonly T[], rule: Rule): T[] {
  return [...queue].sort(ORDER[rule]);
}
