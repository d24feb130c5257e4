import { formatMoney } from "../kernel/money.js";
import type { SealedDetails } from "../requests/details.js";

/** What the desk needs to say it in its own language. */
export interface DetailsWords {
  readonly labels: Readonly<Record<string, string>>;
  readonly currency: string;
  readonly locale: string;
}

/** What was sealed, a line for each thing, as the treasurer who pays reads it. */
export function linesOf(details: SealedDetails, words: DetailsWords): string[] {
  const say = (key: string): string => words.labels[key] ?? key;
  const way = (payTo: SealedDetails["payTo"]): string => `${say(`ask.rail.${payTo.rail}`)}: ${payTo.to}`;
  const { payTo, payee, legs = [], held, contact, language } = details;
  const named = (key: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${say(key)}: ${value}`];
  return [
    way(payTo),
    ...named("ask.payee", payee === undefined ? undefined : say(`ask.payee.${payee}`)),
    ...legs.map((leg) => `${formatMoney(BigInt(leg.amount), words.currency, words.locale)} → ${way(leg)}`),
    ...named("ask.held.name", held?.name),
    ...named("ask.held.number", held?.number),
    ...named("ask.held.place", held?.place),
    ...named("ask.contact", contact?.at),
    ...named("ask.contact.hours", contact?.hours),
    ...named("desk.contact.say", contact?.say === undefined ? undefined : `“${contact.say}”`),
    ...(contact?.message === true ? [say("ask.contact.message")] : []),
    ...(contact?.shared === true ? [say("ask.contact.shared")] : []),
    ...(details.words === undefined ? [] : [`“${details.words}”`]),
    `(${language})`,
  ];
}
