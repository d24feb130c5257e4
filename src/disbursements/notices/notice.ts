/** A letter at the most every so many hours, and only to somebody who has been at the desk since the last one. */
export const HOURS_BETWEEN = 8;
const NIGHT_FROM_HOUR = 22;
const NIGHT_TO_HOUR = 7;

export interface Told {
  readonly nights: boolean;
  readonly toldAt: Date | null;
  readonly visited: boolean;
}

/** Whether a treasurer may be told now that something waits. Pure. */
export function mayBeTold(who: Told, now: Date, timeZone: string): boolean {
  if (!who.nights && isNight(now, timeZone)) return false;
  if (who.toldAt === null) return true;
  return who.visited && now.getTime() - who.toldAt.getTime() >= HOURS_BETWEEN * 3_600_000;
}

function isNight(at: Date, timeZone: string): boolean {
  const hour = Number(new Intl.DateTimeFormat("en", { timeZone, hour: "numeric", hourCycle: "h23" }).format(at));
  return hour >= NIGHT_FROM_HOUR || hour < NIGHT_TO_HOUR;
}
