import { parseTypedAmount } from "../kernel/money.js";
import { isPlainText } from "../kernel/plain-text.js";
import type { Charter } from "../funds/charter.js";
import { RULES } from "../funds/rule.js";

export type TypedRules = Readonly<Record<string, string>>;

/** The sentence (a message key) that says what would do, by the field's name. */
export type WrongRules = Record<string, "problem.amount" | "problem.whole" | "problem.choose" | "problem.short">;

export const MEETING_CHARACTERS_MAX = 120;
/** An amount that may be left empty, for none. */
const MAY_BE_NONE = ["leastPart", "monthlyGoal"] as const;
const AMOUNTS = ["capPerRequest", "envelopePerWeek"] as const;
const WHOLE = { releases: 7, quorum: 40, retentionDays: 365 } as const;

/** The charter as it would be with what was typed. Pure. Whether it works is the charter's own to say. */
export function readRules(
  typed: TypedRules,
  charter: Charter,
  at: { readonly currency: string; readonly locale: string },
): { readonly charter: Charter } | { readonly wrong: WrongRules } {
  const wrong: WrongRules = {};
  const text = (field: string): string => (typed[field] ?? "").trim();
  const read: Record<string, unknown> = {};
  for (const field of [...AMOUNTS, ...MAY_BE_NONE]) {
    const amount = parseTypedAmount(text(field), at.currency, at.locale);
    const none = text(field) === "" && (MAY_BE_NONE as readonly string[]).includes(field);
    if (amount === null && !none) wrong[field] = "problem.amount";
    read[field] = amount;
  }
  for (const [field, most] of Object.entries(WHOLE)) {
    const number = Number(text(field));
    if (!/^\d{1,3}$/.test(text(field)) || number < 1 || number > most) wrong[field] = "problem.whole";
    read[field] = number;
  }
  const rule = RULES.find((known) => known === text("rule"));
  if (rule === undefined) wrong["rule"] = "problem.choose";
  const meeting = text("nextMeeting");
  if (Array.from(meeting).length > MEETING_CHARACTERS_MAX || !isPlainText(meeting))
    wrong["nextMeeting"] = "problem.short";
  if (Object.keys(wrong).length > 0) return { wrong };
  const words = typed["words"] !== undefined;
  return {
    charter: {
      ...charter,
      ...(read as Partial<Charter>),
      ...(rule ? { rule } : {}),
      words,
      nextMeeting: meeting === "" ? null : meeting,
    },
  };
}

/** The rules as the form shows them before anybody typed. */
export function typedFrom(
  charter: Charter,
  at: { readonly currency: string; readonly locale: string },
  digits: number,
): TypedRules {
  const plain = new Intl.NumberFormat(at.locale, { useGrouping: false, minimumFractionDigits: digits });
  const amount = (minor: bigint | null): string => (minor === null ? "" : plain.format(Number(minor) / 10 ** digits));
  return {
    rule: charter.rule,
    capPerRequest: amount(charter.capPerRequest),
    envelopePerWeek: amount(charter.envelopePerWeek),
    releases: String(charter.releases),
    leastPart: amount(charter.leastPart),
    monthlyGoal: amount(charter.monthlyGoal),
    quorum: String(charter.quorum),
    retentionDays: String(charter.retentionDays),
    nextMeeting: charter.nextMeeting ?? "",
    ...(charter.words ? { words: "on" } : {}),
  };
}
