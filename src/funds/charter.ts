import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { AMOUNT_MAX, toJsonAmount } from "../kernel/money.js";
import { CATEGORIES_MAX } from "../ledger/chart.js";
import type { PublicationClock } from "../publication/clock.js";
import { RULES, type Rule } from "./rule.js";

/** The fund's public rules. Amounts are minor units of the fund's currency. Every version is kept. */
export interface Charter {
  readonly name: string;
  readonly timeZone: string;
  readonly rule: Rule;
  readonly capPerRequest: bigint;
  readonly envelopePerWeek: bigint;
  /** When the pot covers only a part of the next request, that part is given if it is at least this much; null: they wait until all of it is covered. */
  readonly leastPart: bigint | null;
  /** m of the quorum: this many different treasurers sign before money is promised. */
  readonly quorum: number;
  /** May a person add words ("anything we need to know to pay you? not why")? */
  readonly words: boolean;
  /** At most four kinds of help that are named in public; "other" always exists. */
  readonly categories: readonly string[];
  readonly publication: { readonly clock: PublicationClock; readonly k: number };
  /** Are treasurers' approvals public, or only a salted hash of each, because treasurers are charted too? */
  readonly approvals: "published" | "sealed";
  /** Days after payment until what a person wrote is erased. */
  readonly retentionDays: number;
  readonly leaseMinutes: number;
  /** Held back against chargebacks: so many percent of card gifts that are younger than so many days. The database reads it (`keep_reserve`). */
  readonly reserve: { readonly percent: number; readonly days: number };
  /** Somebody who does not keep it counts each holding this often. */
  readonly countEveryDays: number;
  /** Amounts that the give page offers. */
  readonly suggested: readonly bigint[];
  /** What the fund hopes to be given in a month; null for no goal. */
  readonly monthlyGoal: bigint | null;
  readonly nextMeeting: string | null;
  /** Other groups that may help, each with the day it was last checked. */
  readonly onward: readonly { readonly name: string; readonly url: string; readonly checked: string }[];
}

/** Fewer items than this are never published together, whatever a charter says. */
export const BATCH_SIZE_MIN = 3;

/** A charter as the JSON that is stored, hashed and shown. */
export function charterToJson({ leastPart, ...charter }: Charter): Record<string, Json> {
  return {
    ...charter,
    // Left out where there is none: charters from before it was known keep their hash.
    ...(leastPart === null ? {} : { leastPart: toJsonAmount(leastPart) }),
    capPerRequest: toJsonAmount(charter.capPerRequest),
    envelopePerWeek: toJsonAmount(charter.envelopePerWeek),
    suggested: charter.suggested.map(toJsonAmount),
    monthlyGoal: charter.monthlyGoal === null ? null : toJsonAmount(charter.monthlyGoal),
  };
}

export function charterFromJson(stored: object): Charter {
  const json = stored as Omit<
    Charter,
    "capPerRequest" | "envelopePerWeek" | "leastPart" | "suggested" | "monthlyGoal"
  > & {
    capPerRequest: number;
    envelopePerWeek: number;
    leastPart?: number;
    suggested: number[];
    monthlyGoal: number | null;
  };
  return {
    ...json,
    capPerRequest: BigInt(json.capPerRequest),
    envelopePerWeek: BigInt(json.envelopePerWeek),
    leastPart: json.leastPart === undefined ? null : BigInt(json.leastPart),
    suggested: json.suggested.map(BigInt),
    monthlyGoal: json.monthlyGoal === null ? null : BigInt(json.monthlyGoal),
  };
}

/** What of a charter is signed and stands in the public log when it changes: all but free text, which the hash holds. */
export type CharterChange = { readonly charter: ReturnType<typeof changeOf> };

export function changeOf(charter: Charter): Record<string, Json> {
  const { name: _name, nextMeeting: _meeting, onward: _onward, ...rules } = charterToJson(charter);
  return rules;
}

/** SHA-256 of the canonical JSON (RFC 8785): what statements, links and log entries refer to. */
export function charterHash(charter: Charter): Buffer {
  return createHash("sha256")
    .update(canonicalJson(charterToJson(charter)))
    .digest();
}

/** The first thing that makes a charter unworkable, as a sentence, or null. */
export function charterFault(charter: Charter): string | null {
  if (charter.name.trim().length < 2 || charter.name.length > 60) return "a fund's name has 2 to 60 letters";
  if (charter.capPerRequest <= 0n) return "the cap per request is a positive amount";
  if (charter.envelopePerWeek < charter.capPerRequest)
    return "the weekly envelope is at least one request's cap, or the first in line could wait forever";
  if (charter.leastPart !== null && (charter.leastPart <= 0n || charter.leastPart > charter.capPerRequest))
    return "the least part is a positive amount, and not more than the cap per request";
  if (!RULES.includes(charter.rule)) return `the rule is one of ${RULES.join(", ")}`;
  if (charter.rule === "equal-split" && charter.leastPart === null)
    return "an equal split gives parts: name the least part";
  if (charter.quorum < 2) return "at least two treasurers sign";
  if (charter.publication.k < BATCH_SIZE_MIN) return `a batch has at least ${BATCH_SIZE_MIN} items`;
  const { percent, days } = charter.reserve;
  if (!Number.isInteger(percent) || percent < 0 || percent > 100 || !Number.isInteger(days) || days < 1 || days > 365)
    return "the reserve is 0 to 100 whole percent of the card gifts of the last 1 to 365 days";
  if (!Number.isInteger(charter.countEveryDays) || charter.countEveryDays < 1)
    return "holdings are counted every so many days";
  if (charter.suggested.length > 6 || charter.suggested.some((amount) => amount <= 0n || amount > AMOUNT_MAX))
    return "the give page offers at most six amounts, all positive";
  if (charter.monthlyGoal !== null && (charter.monthlyGoal <= 0n || charter.monthlyGoal > AMOUNT_MAX))
    return "a goal is a positive amount";
  if (charter.categories.length > CATEGORIES_MAX || charter.categories.some((c) => !/^[a-z][a-z-]{1,15}$/.test(c)))
    return "at most four categories, each a short lower-case word";
  return null;
}
