import { dayIn, mondayOf } from "../kernel/clock.js";

/** How often the public books move: a fixed clock, also when nothing happened. Ten seconds is for practice. */
export type PublicationClock = "ten-seconds" | "hour" | "day" | "week" | "month" | "quarter";

const QUARTERS = ["01", "04", "07", "10"];

/** The name of the period that `now` is in: a new name means that it is time to publish. */
export function periodOf(clock: PublicationClock, timeZone: string, now: Date): string {
  const day = dayIn(timeZone, now);
  switch (clock) {
    case "ten-seconds":
      return `${now.toISOString().slice(0, 18)}0`;
    case "hour":
      return now.toISOString().slice(0, 13);
    case "day":
      return day;
    case "week":
      return mondayOf(day);
    case "month":
      return day.slice(0, 7);
    case "quarter":
      return `${day.slice(0, 4)} from ${QUARTERS.findLast((month) => month <= day.slice(5, 7)) ?? ""}`;
  }
}
