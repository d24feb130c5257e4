import { daysBetween, isDay, type Day } from "../../kernel/clock.js";
import { exponentOf, parseDecimal } from "../../kernel/money.js";
import { csvRows } from "./csv-rows.js";

/** Somebody who gave every month, as far as a ledger shows it. Handles are what the export says in public; they go to a file of the organisers' own and nowhere else. */
export interface MonthlyDonor {
  readonly handle: string;
  /** What they gave each month at the end, minor units. */
  readonly amount: bigint;
  readonly lastDay: Day;
  /** Did they still give when the file ends? */
  readonly current: boolean;
}

interface Gift {
  readonly day: Day;
  readonly saysMonthly: boolean;
}

/** Days between two gifts of a month: the calendar's 28 to 31, and a card that went through some days late. */
const MONTH = { min: 24, max: 38 };
/** So many gifts in a row make a habit: two may be chance. */
const GIFTS_MIN = 3;
/** A card that failed is tried for some weeks; after that somebody has stopped. */
const CURRENT_DAYS = 62;

/**
 * The monthly donors of an Open Collective export, those who gave last first. Whether a gift was monthly stands in its description where the export still has it
 * ("Monthly contribution from …"), and in no column of its own; without it, three gifts of one amount a month apart say so.
 */
export function monthlyDonors(text: string): MonthlyDonor[] {
  const rows = csvRows(text, ["datetime", "type", "kind", "isRefund", "amount", "currency"]);
  const series = new Map<string, { handle: string; amount: bigint; gifts: Gift[] }>();
  let end: Day = "";
  for (const row of rows) {
    const day = row.get("datetime").slice(0, 10);
    if (!isDay(day)) continue;
    if (day > end) end = day;
    const handle = row.get("oppositeAccountSlug");
    if (row.get("kind") !== "CONTRIBUTION" || row.get("type") !== "CREDIT" || row.get("isRefund") !== "") continue;
    const amount = parseDecimal(row.get("amount"), exponentOf(row.get("currency").toLowerCase()));
    if (handle === "" || amount === null || amount <= 0n) continue;
    const key = JSON.stringify([handle, amount.toString()]);
    const known = series.get(key) ?? { handle, amount, gifts: [] };
    known.gifts.push({ day, saysMonthly: /^monthly\b/i.test(row.get("description")) });
    series.set(key, known);
  }
  const donors = new Map<string, MonthlyDonor>();
  for (const { handle, amount, gifts } of series.values()) {
    const lastDay = lastOfHabit(gifts);
    if (lastDay === null || (donors.get(handle)?.lastDay ?? "") >= lastDay) continue;
    donors.set(handle, { handle, amount, lastDay, current: daysBetween(lastDay, end) <= CURRENT_DAYS });
  }
  return [...donors.values()].sort((a, b) =>
    a.lastDay === b.lastDay ? (a.handle < b.handle ? -1 : 1) : a.lastDay < b.lastDay ? 1 : -1,
  );
}

/** The last day of the last run of monthly gifts, or null when there is none. */
function lastOfHabit(gifts: readonly Gift[]): Day | null {
  const sorted = [...gifts].sort((a, b) => (a.day < b.day ? -1 : 1));
  let run = 0;
  let last: Day | null = null;
  let before: Day | null = null;
  for (const { day, saysMonthly } of sorted) {
    const gap = before === null ? 0 : daysBetween(before, day);
    run = gap >= MONTH.min && gap <= MONTH.max ? run + 1 : 1;
    if (saysMonthly || run >= GIFTS_MIN) last = day;
    before = day;
  }
  return last;
}
