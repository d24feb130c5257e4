import { isDay, type Day } from "../kernel/clock.js";
import { parseTypedAmount } from "../kernel/money.js";
import type { Fund } from "../funds/funds.service.js";
import type { Voice } from "../pages/words.js";

/** The day and the sum that somebody remembers of their request, as typed; or what was wrong, by field. */
export function remembered(
  typed: Readonly<Record<string, string>>,
  fund: Fund,
  voice: Voice,
): { readonly day: Day; readonly amount: bigint } | { readonly wrong: Record<string, string> } {
  const amount = parseTypedAmount(typed["amount"] ?? "", fund.currency, voice.locale);
  const day = typed["day"] ?? "";
  if (amount !== null && isDay(day)) return { day, amount };
  return {
    wrong: {
      ...(isDay(day) ? {} : { day: voice.say("problem.day") }),
      ...(amount === null ? { amount: voice.say("problem.amount", { example: voice.money(2500n) }) } : {}),
    },
  };
}
