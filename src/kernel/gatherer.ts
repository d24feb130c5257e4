import { Refusal } from "./refusal.js";

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane<Item, Answer> {
  queue: Waiting<Item, Answer>[];
  flying: boolean;
}

/** So many may wait in one lane; more are refused (`busy`), because memory is not a queue. */
export const LANE_SIZE_MAX = 20_000;

/**
 * Gathers what arrives for a lane while the lane's previous group is being written, and writes it as one: group commit. One group is in flight per lane.
 * Two items with one key never share a group: the second sees what became of the first.
 */
export class Gatherer<Item, Answer> {
  private readonly lanes = new Map<string, Lane<Item, Answer>>();

  /** `write` answers each item, in order, with an answer or an Error of its own; when it throws, all of the group hear it. */
  constructor(
    private readonly groupSizeMax: number,
    private readonly keyOf: (item: Item) => string,
    private readonly write: (lane: string, items: readonly Item[]) => Promise<readonly (Answer | Error)[]>,
  ) {}

  add(laneName: string, item: Item): Promise<Answer> {
    const lane = this.lanes.get(laneName) ?? { queue: [], flying: false };
    this.lanes.set(laneName, lane);
    if (lane.queue.length >= LANE_SIZE_MAX) return Promise.reject(new Refusal("busy"));
    return new Promise((resolve, reject) => {
      lane.queue.push({ item, resolve, reject });
      this.depart(laneName, lane);
    });
  }

  /** After this turn of the event loop, so that everything which arrives in the same turn flies together. */
  private depart(name: string, lane: Lane<Item, Answer>): void {
    if (lane.flying) return;
    lane.flying = true;
    setImmediate(() => void this.fly(name, lane));
  }

  private async fly(name: string, lane: Lane<Item, Answer>): Promise<void> {
    const group = this.cut(lane);
    try {
      const answers = await this.write(
        name,
        group.map((w) => w.item),
      );
      group.forEach((waiting, i) => {
        const answer = answers[i];
        if (answer === undefined) waiting.reject(new Error("a group was answered in part"));
        else if (answer instanceof Error) waiting.reject(answer);
        else waiting.resolve(answer);
      });
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
    lane.flying = false;
    if (lane.queue.length > 0) this.depart(name, lane);
    else this.lanes.delete(name);
  }

  private cut(lane: Lane<Item, Answer>): Waiting<Item, Answer>[] {
    const keys = new Set<string>();
    const group: Waiting<Item, Answer>[] = [];
    const later: Waiting<Item, Answer>[] = [];
    for (const waiting of lane.queue) {
      const key = this.keyOf(waiting.item);
      if (group.length < this.groupSizeMax && !keys.has(key)) {
        keys.add(key);
        group.push(waiting);
      } else later.push(waiting);
    }
    lane.queue = later;
    return group;
  }
}
