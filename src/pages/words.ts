import { IntlMessageFormat } from "intl-messageformat";
import { formatMoney } from "../kernel/money.js";
import { en, type MessageKey } from "./languages/en.js";
import { ar } from "./languages/ar.js";
import { es } from "./languages/es.js";

/** Arabic has what people see who ask; the rest of it falls back to English. */
export const LANGUAGES: Readonly<Record<"en" | "es" | "ar", Partial<Record<MessageKey, string>>>> = { en, es, ar };
export type Language = keyof typeof LANGUAGES;

/** Does every page speak it? */
export const isWhole = (language: Language): boolean => LANGUAGES[language]["give.title"] !== undefined;

/** How a language runs. */
export const directionOf = (language: Language): "ltr" | "rtl" => (language === "ar" ? "rtl" : "ltr");

const formats = new Map<string, IntlMessageFormat>();

/** A sentence in a language, with its values filled in (ICU message format). */
export function say(
  language: Language,
  key: MessageKey,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const id = `${language} ${key}`;
  let format = formats.get(id);
  if (!format) formats.set(id, (format = messageOf(language, key)));
  const said: unknown = format.format(values);
  return Array.isArray(said) ? said.join("") : String(said);
}

function messageOf(language: Language, key: MessageKey): IntlMessageFormat {
  const own = LANGUAGES[language][key];
  return new IntlMessageFormat(own ?? en[key], own === undefined ? "en" : localeOf(language));
}

/** Arabic pages write numbers with the digits that receipts, clocks and bank cards have here; typed, the others do as well. */
const localeOf = (language: Language): string => (language === "ar" ? "ar-u-nu-latn" : language);

export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}

/** `?lang=`, else what the browser asks for, else English. */
export function languageOf(asked: unknown, acceptLanguage: string | undefined): Language {
  if (typeof asked === "string" && Object.hasOwn(LANGUAGES, asked)) return asked as Language;
  for (const part of (acceptLanguage ?? "").split(",")) {
    const language = part.trim().slice(0, 2).toLowerCase();
    if (Object.hasOwn(LANGUAGES, language)) return language as Language;
  }
  return "en";
}

/** A day as people read it: "Thursday 26 November 2026". */
export function sayDay(language: Language, day: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : localeOf(language), {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  }).format(new Date(`${day}T00:00:00Z`));
}

/** A time of day as people read it, with its zone, rounded up to the minute: "3:05 PM CST". */
export function sayTime(language: Language, at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat(language === "es" ? "es-US" : language === "ar" ? localeOf("ar") : "en-US", {
    hour: "numeric",
    minute: "2-digit",
    timeZone,
    timeZoneName: "short",
  }).format(new Date(at.getTime() + 59_999));
}

/** Where a language is spoken with a currency, numbers are written as there: "$40.00" in Chicago's Spanish, "40,00 €" in Madrid's. */
const SPANISH: Readonly<Record<string, string>> = {
  eur: "es-ES",
  ars: "es-AR",
  clp: "es-CL",
  cop: "es-CO",
  mxn: "es-MX",
  uyu: "es-UY",
};

function numberLocale(language: Language, currency: string): string {
  return language === "es" ? (SPANISH[currency] ?? "es-US") : localeOf(language);
}

/** What a page needs to speak: its language, and the fund's currency where there is one. */
export class Voice {
  /** How numbers are written and typed. */
  readonly locale: string;

  constructor(
    readonly language: Language,
    readonly currency: string,
  ) {
    this.locale = numberLocale(language, currency);
  }
  say = (key: MessageKey, values?: Readonly<Record<string, string | number>>): string =>
    say(this.language, key, values);
  knows = isMessageKey;
  day = (day: string): string => sayDay(this.language, day);
  time = (at: Date, timeZone: string): string => sayTime(this.language, at, timeZone);
  /** A day and a time of day. */
  moment = (at: Date, timeZone: string): string => {
    const day = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(
      new Date(at.getTime() + 59_999),
    );
    return `${this.day(day)}, ${this.time(at, timeZone)}`;
  };
  money = (amount: bigint): string => formatMoney(amount, this.currency, this.locale);
}
