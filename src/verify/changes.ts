import { addDays, type Day } from "../kernel/clock.js";
import {
  daysOf,
  governanceQuorum,
  type CharterSubject,
  type RosterSubject,
  type StopSubject,
} from "../publication/governance.js";
import type { DecisionStatement } from "../treasurers/statement.js";

interface Change {
  readonly kind: "charter" | "roster";
  readonly subject: CharterSubject | RosterSubject;
  readonly day: Day;
  readonly days: number;
}

/** What treasurers decided about the rules and the seats, and is neither in force nor stopped yet; by its decision. */
export class Changes {
  private readonly open = new Map<string, Change>();

  /** Takes what different treasurers signed, on the day that it stands in the log. `waits`: not before the first payout, and not in practice. Returns why it counts for nothing, or null. */
  add(
    said: DecisionStatement,
    by: ReadonlySet<string>,
    now: { readonly day: Day; readonly quorum: number; readonly seats: number; readonly waits: boolean },
  ): string | null {
    if (said.kind === "stop-change") return this.stop(said.subject as unknown as StopSubject, by, now.quorum);
    if (said.kind !== "charter" && said.kind !== "roster") return "it changes nothing that exists";
    if (by.size < governanceQuorum(now.quorum, now.seats)) return "too few signed";
    const subject = said.subject as unknown as Change["subject"];
    const days = now.waits ? daysOf(subject as RosterSubject) : 0;
    this.open.set(said.decision, { kind: said.kind, subject, day: now.day, days });
    return null;
  }

  /** What was decided and is due on a day: once, unless it was stopped. */
  due(kind: Change["kind"], version: number, hash: string, day: Day): Change["subject"] | null {
    for (const [decision, change] of this.open) {
      if (change.kind !== kind || change.subject.version !== version || change.subject.hash !== hash) continue;
      if (day < addDays(change.day, change.days)) continue;
      this.open.delete(decision);
      return change.subject;
    }
    return null;
  }

  /** So many as a payout takes stop a change; whoever is to leave is not counted. */
  private stop({ change }: StopSubject, by: ReadonlySet<string>, quorum: number): string | null {
    const stopped = this.open.get(change);
    if (stopped === undefined) return "it stops nothing";
    const leaving = "remove" in stopped.subject ? stopped.subject.remove : null;
    if ([...by].filter((id) => id !== leaving).length < quorum) return "too few signed";
    this.open.delete(change);
    return null;
  }
}
