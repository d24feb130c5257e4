/** Card gifts of a fund rest after failed payments in a row: whoever tries stolen cards makes many, and each one counts against the fund at Stripe. */

/** So many failed payments in a row, within so many minutes, pause card gifts. */
export const FAILURES_MAX = 10;
export const FAILURES_WITHIN_MINUTES = 10;

/** The first pause; each one that follows is twice as long, up to the last. */
export const PAUSE_MINUTES = 10;
export const PAUSE_MINUTES_MAX = 120;

/** A run of failures so soon after a pause is the same trouble going on. */
const GOES_ON_MINUTES = 120;

export interface Pause {
  /** Null: never, or a treasurer resumed. */
  readonly pausedUntil: Date | null;
  /** How long the last pause was; 0 after a success, or when a treasurer resumed. */
  readonly minutes: number;
}

export const NO_PAUSE: Pause = { pausedUntil: null, minutes: 0 };

const minutesAfter = (at: Date, minutes: number): Date => new Date(at.getTime() + minutes * 60_000);

/** Is it in force? */
export function isPaused(pause: Pause, now: Date): boolean {
  return pause.pausedUntil !== null && pause.pausedUntil > now;
}

/**
 * What becomes of a fund's pause when its failures since the last success, pause or resumption are `failures`; null when nothing does. They may
 * come in any order: events do.
 */
export function pauseAfter(pause: Pause, failures: readonly Date[]): Pause | null {
  const run = [...failures].sort((a, b) => a.getTime() - b.getTime()).slice(-FAILURES_MAX);
  const [first, last] = [run[0], run.at(-1)];
  if (run.length < FAILURES_MAX || !first || !last || minutesAfter(first, FAILURES_WITHIN_MINUTES) < last) return null;
  const goesOn = pause.pausedUntil !== null && last < minutesAfter(pause.pausedUntil, GOES_ON_MINUTES);
  const doubled = pause.minutes * 2 > PAUSE_MINUTES_MAX ? PAUSE_MINUTES_MAX : pause.minutes * 2;
  const minutes = goesOn && pause.minutes > 0 ? doubled : PAUSE_MINUTES;
  return { pausedUntil: minutesAfter(last, minutes), minutes };
}
