import type { Roster } from "./entry.js";

/** The rules by which a fund changes its rules and its seats. Pure: the program and whoever verifies the log ask the same. */

/** The fewest seats of a fund that is open: one alone can then neither pay nor block. */
export const SEATS_MIN = 3;
/** Days in which a change stands in the public log before it is in force; a new seat's are more. */
export const DAYS_OF_CHANGE = 3;
export const DAYS_OF_NEW_SEAT = 7;

export type RosterSeat = Roster["seats"][number];

/** What is signed of a change of the seats. */
export interface RosterSubject {
  readonly version: number;
  /** SHA-256 of the canonical roster as it will be, hex. */
  readonly hash: string;
  readonly add: RosterSeat | null;
  readonly remove: string | null;
}

/** What is signed of a change of the rules: the hash of the whole charter, and all of it that is no free text, because what is signed stands in the log for good. */
export interface CharterSubject {
  readonly version: number;
  readonly hash: string;
  readonly charter: {
    readonly quorum: number;
    readonly publication: { readonly clock: string; readonly k: number };
    readonly approvals: string;
  } & { readonly [field: string]: unknown };
}

/** What is signed to stop a change: the decision that it was. */
export interface StopSubject {
  readonly change: string;
}

/** How many different treasurers change a rule or a seat: the quorum, and more than half of the seats. */
export function governanceQuorum(quorum: number, seats: number): number {
  const majority = (seats - (seats % 2)) / 2 + 1;
  return quorum > majority ? quorum : majority;
}

/** The roster after a change: who leaves is taken out, who comes stands last. */
export function nextRoster(
  roster: Roster,
  { add, remove }: Pick<RosterSubject, "add" | "remove">,
  quorum: number,
): Roster {
  const staying = roster.seats.filter((seat) => seat.treasurer !== remove);
  return { ...roster, quorum, seats: add === null ? staying : [...staying, add] };
}

/** Can these seats work with this quorum? One of them alone can neither pay nor block. */
export function seatsFit(seats: number, quorum: number): boolean {
  return seats >= SEATS_MIN && quorum >= 2 && quorum <= seats - 1;
}

export function daysOf(subject: { readonly add?: RosterSeat | null }): number {
  return subject.add === undefined || subject.add === null ? DAYS_OF_CHANGE : DAYS_OF_NEW_SEAT;
}
