import type { Committed } from "./batch.js";
import { covers, type Cover } from "./cover.js";
import type { Entry } from "./entry.js";

/** Entries as they are gathered for one tick. */
export class Gathered {
  readonly entries: Entry[] = [];
  readonly submissions: (string | null)[] = [];
  readonly members: { readonly item: Committed; readonly index: number }[] = [];
  private readonly places = new Map<string, number>();

  constructor(
    readonly first: number,
    public cover: Cover,
  ) {}

  /** Returns the entry's place in the log. */
  add(entry: Entry, submissionId: string | null = null, items: readonly Committed[] = []): number {
    const index = this.first + this.entries.length;
    this.entries.push(entry);
    this.submissions.push(submissionId);
    this.members.push(...items.map((item) => ({ item, index })));
    for (const { seq } of items) this.places.set(seq.toString(), index);
    this.cover = covers(this.cover, entry);
    return index;
  }

  /** The entry that holds a transaction, if it goes out with this tick. */
  indexOf(seq: string): number | null {
    return this.places.get(seq) ?? null;
  }

  /** The place of what was handed down, if it goes out with this tick. */
  placeOf(submissionId: string): number | null {
    const at = this.submissions.indexOf(submissionId);
    return at < 0 ? null : this.first + at;
  }

  /** How many of an entry's transactions are kept back by Stripe for a while. */
  pendingIn(index: number): number {
    const kept = (item: Committed): boolean => item.postings.some((p) => p.account === "assets:stripe:pending");
    return this.members.filter((member) => member.index === index && kept(member.item)).length;
  }
}
