/** How the queue is ordered. More rules join here, each a pure order. */
export type Rule = "first-come";

/** One waiting request as the rule sees it: nothing about the person. `amount` is what is still open, in minor units. */
export interface Waiting {
  readonly requestId: string;
  /** Private per-fund ordinal of arrival. */
  readonly arrival: number;
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
}

/**
 * Who is next. First come, first served, in the strict sense: when the next in line does not fit, nobody is let past them.
 * The same input gives the same answer on every computer.
 */
export function select(queue: readonly Waiting[], room: Room, rule: Rule): Picked[] {
  const picked: Picked[] = [];
  let left = room.envelopeLeft < room.free ? room.envelopeLeft : room.free;
  for (const request of ordered(queue, rule)) {
    const amount = request.amount < room.cap ? request.amount : room.cap;
    if (amount > left) break;
    picked.push({ requestId: request.requestId, amount });
    left -= amount;
  }
  return picked;
}

const ORDER: Readonly<Record<Rule, (a: Waiting, b: Waiting) => number>> = {
  "first-come": (a, b) => a.arrival - b.arrival,
};

/** The whole line in the rule's order. */
export function ordered(queue: readonly Waiting[], rule: Rule): Waiting[] {
  return [...queue].sort(ORDER[rule]);
}
