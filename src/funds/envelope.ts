import { addDays, daysBetween, mondayOf, type Day } from "../kernel/clock.js";

/** What of the week's envelope is released by a day: equal parts, the first on Monday, and all of it by Sunday. What nobody took of a part stays there until the week is over. */
export function envelopeReleased(perWeek: bigint, releases: number, today: Day): bigint {
  const days = daysBetween(mondayOf(today), today);
  const parts = (days * releases - ((days * releases) % 7)) / 7 + 1;
  return (perWeek * BigInt(parts)) / BigInt(releases);
}

/** What is left of this week's envelope after what was already chosen in it; never below zero. */
export function envelopeLeft(perWeek: bigint, chosenThisWeek: bigint): bigint {
  return perWeek > chosenThisWeek ? perWeek - chosenThisWeek : 0n;
}

/**
 * When a turn comes at the pace of the envelope: a band of one week, told by its first and last day. `ahead` is what the people before
 * them in line ask for, `own` what they ask for themselves, `left` what is left of this week's envelope.
 */
export function turnBand(
  today: Day,
  ahead: bigint,
  own: bigint,
  left: bigint,
  perWeek: bigint,
): { from: Day; to: Day } {
  const beyond = ahead + own - left;
  const weeks = beyond <= 0n ? 0 : Number((beyond + perWeek - 1n) / perWeek);
  const from = weeks === 0 ? today : addDays(mondayOf(today), 7 * weeks);
  return { from, to: addDays(from, 7) };
}
