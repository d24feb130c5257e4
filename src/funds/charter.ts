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
  /** In so many equal parts over the week, so that whoever hears of it on Thursday has not come too late: 1 is all of it on Monday, 7 a part each day. */
  readonly releases: number;
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
export function charterToJson({ leastPart, releases, ...charter }: Charter): Record<string, Json> {
  return {
    ...charter,
    // Left out where there is none: charters from before it was known keep their hash.
    ...(leastPart === null ? {} : { leastPart: toJsonAmount(leastPart) }),
    ...(releases === 1 ? {} : { releases }),
    capPerRequest: toJsonAmount(charter.capPerRequest),
    envelopePerWeek: toJsonAmount(charter.envelopePerWeek),
    suggested: charter.suggested.map(toJsonAmount),
    monthlyGoal: charter.monthlyGoal === null ? null : toJsonAmount(charter.monthlyGoal),
  };
}

export function charterFromJson(stored: object): Charter {
  const json = stored as Omit<
    Charter,
    "capPerRequest" | "envelopePerWeek" | "releases" | "leastPart" | "suggested" | "monthlyGoal"
  > & {
    capPerRequest: number;
    envelopePerWeek: number;
    leastPart?: number;
    releases?: number;
    suggested: number[];
    monthlyGoal: number | null;
  };
  return {
    ...json,
    capPerRequest: BigInt(json.capPerRequest),
    envelopePerWeek: BigInt(json.envelopePerWeek),
    releases: json.releases ?? 1,
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

/** What can make a charter unworkable; each has its sentence (`charter.fault.…`). */
export type CharterFault =
  | "name" | "cap" | "envelope" | "part" | "rule" | "split" | "releases" | "quorum" | "k" | "reserve" | "count" | "suggested" | "goal" | "categories"; // prettier-ignore

/** The first thing that makes a charter unworkable, or null. */
export function charterFault(charter: Charter): CharterFault | null {
  const faults: readonly (readonly [CharterFault, boolean])[] = [
    ["name", charter.name.trim().length < 2 || charter.name.length > 60],
    ["cap", charter.capPerRequest <= 0n],
    // Or the first in line could wait for ever.
    ["envelope", charter.envelopePerWeek < charter.capPerRequest],
    ["part", charter.leastPart !== null && (charter.leastPart <= 0n || charter.leastPart > charter.capPerRequest)],
    ["rule", !RULES.includes(charter.rule)],
    ["split", charter.rule === "equal-split" && charter.leastPart === null],
    ["releases", !isWhole(charter.releases, 1, 7)],
    ["quorum", charter.quorum < 2],
    ["k", charter.publication.k < BATCH_SIZE_MIN],
    ["reserve", !isWhole(charter.reserve.percent, 0, 100) || !isWhole(charter.reserve.days, 1, 365)],
    ["count", !isWhole(charter.countEveryDays, 1, Number.MAX_SAFE_INTEGER)],
    ["suggested", charter.suggested.length > 6 || !charter.suggested.every(isAmount)],
    ["goal", charter.monthlyGoal !== null && !isAmount(charter.monthlyGoal)],
    ["categories", charter.categories.length > CATEGORIES_MAX || charter.categories.some((c) => !/^[a-z][a-z-]{1,15}$/.test(c))],
  ]; // prettier-ignore
  return faults.find(([, isFault]) => isFault)?.[0] ?? null;
}

const isWhole = (n: number, least: number, most: number): boolean => Number.isInteger(n) && n >= least && n <= most;
const isAmount = (amount: bigint): boolean => amount > 0n && amount <= AMOUNT_MAX;
