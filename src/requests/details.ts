import { isPlainText } from "../kernel/plain-text.js";
import { RAILS, TO_CHARACTERS_MAX, WORDS_CHARACTERS_MAX, type Rail } from "./aid-request.js";

/** Who gets the money, where it is not the person themselves. */
export const PAYEES = ["me", "landlord", "court", "clinic", "vendor", "funeral-home", "someone"] as const;
export type Payee = (typeof PAYEES)[number];

/** Part of a request may go other ways, so many at the most; the rest goes the first way. */
export const LEGS_MAX = 3;
export const SHORT_CHARACTERS_MAX = 120;

/** What a person tells the treasurers, before it is sealed. Nothing in it says why. */
export interface SealedDetails {
  readonly payTo: PayTo;
  readonly payee?: Payee;
  /** Amounts in minor units. */
  readonly legs?: readonly (PayTo & { readonly amount: number })[];
  /** What a jail or a court asks for; often the caller is not the person. */
  readonly held?: Held;
  readonly contact?: Contact;
  readonly words?: string;
  readonly language: string;
}

export interface PayTo {
  readonly rail: Rail;
  readonly to: string;
}

export interface Held {
  readonly name?: string;
  readonly number?: string;
  readonly place?: string;
}

/** How to reach somebody safely. */
export interface Contact {
  readonly at: string;
  readonly hours?: string;
  /** The only words that may be said, or left: "your book is in". */
  readonly say?: string;
  /** May a message be left? */
  readonly message: boolean;
  /** Others use this phone or address too. */
  readonly shared: boolean;
}

export type Typed = Readonly<Record<string, string>>;
/** The sentence (a message key) that says what would do, by the field's name. */
export type Wrong = Record<
  string,
  | "problem.rail"
  | "problem.to"
  | "problem.words"
  | "problem.leg"
  | "problem.short"
  | "problem.contact"
  | "problem.choose"
>;

/** How amounts are typed here, and how much is asked for in all (null where that was not readable). */
export interface Amounts {
  readonly parse: (text: string) => bigint | null;
  readonly total: bigint | null;
}

/**
 * What is to be sealed, as typed into the form. Pure, and the one reader of it: the browser reads the form with this before it seals, the server when the form
 * comes without script.
 */
export function readDetails(
  typed: Typed,
  language: string,
  amounts: Amounts,
): { details: SealedDetails } | { wrong: Wrong } {
  const payTo = readPayTo(typed);
  const wrong: Wrong = "wrong" in payTo ? payTo.wrong : {};
  const legs = readLegs(typed, amounts, wrong);
  const held = readHeld(typed, wrong);
  const contact = readContact(typed, wrong);
  const payee = PAYEES.find((p) => p === typed["payee"]);
  if (payee === undefined && (typed["payee"] ?? "") !== "") wrong["payee"] = "problem.choose";
  const words = text(typed, "words");
  if (!isShortText(words, WORDS_CHARACTERS_MAX)) wrong["words"] = "problem.words";
  if ("wrong" in payTo || Object.keys(wrong).length > 0) return { wrong };
  return {
    details: {
      payTo: payTo.payTo,
      language,
      ...(payee === undefined || payee === "me" ? {} : { payee }),
      ...(legs.length === 0 ? {} : { legs }),
      ...(Object.keys(held).length === 0 ? {} : { held }),
      ...(contact === null ? {} : { contact }),
      ...(words === "" ? {} : { words }),
    },
  };
}

/** How to be paid: the rail and to whom. */
export function readPayTo(typed: Typed, suffix = ""): { payTo: PayTo } | { wrong: Wrong } {
  const wrong: Wrong = {};
  const rail = RAILS.find((r) => r === typed[`rail${suffix}`]);
  const to = text(typed, `to${suffix}`);
  if (rail === undefined) wrong[`rail${suffix}`] = "problem.rail";
  if (to === "" || !isShortText(to, TO_CHARACTERS_MAX)) wrong[`to${suffix}`] = "problem.to";
  return rail === undefined || Object.keys(wrong).length > 0 ? { wrong } : { payTo: { rail, to } };
}

/** The fields of one part: named by its number, from 1. */
export const LEG_FIELDS = ["amount", "rail", "to"] as const;

/** A part is meant when anything of it was typed. All parts together leave something for the first way. */
function readLegs(typed: Typed, amounts: Amounts, wrong: Wrong): NonNullable<SealedDetails["legs"]> {
  const legs: (PayTo & { amount: number })[] = [];
  let sum = 0n;
  for (let n = 1; n <= LEGS_MAX; n++) {
    if (LEG_FIELDS.every((field) => text(typed, `${field}${n}`) === "")) continue;
    const way = readPayTo(typed, String(n));
    const amount = amounts.parse(text(typed, `amount${n}`));
    if ("wrong" in way) Object.assign(wrong, way.wrong);
    if (amount === null || amount <= 0n) wrong[`amount${n}`] = "problem.leg";
    else sum += amount;
    if (!("wrong" in way) && amount !== null) legs.push({ ...way.payTo, amount: Number(amount) });
    if (amounts.total !== null && sum >= amounts.total) wrong[`amount${n}`] = "problem.leg";
  }
  return legs;
}

function readHeld(typed: Typed, wrong: Wrong): Held {
  const held: Record<string, string> = {};
  for (const [field, name] of [["heldName", "name"], ["heldNumber", "number"], ["heldPlace", "place"]] as const) {
    const value = text(typed, field);
    if (value === "") continue;
    if (isShortText(value, SHORT_CHARACTERS_MAX)) held[name] = value;
    else wrong[field] = "problem.short";
  } // prettier-ignore
  return held;
}

function readContact(typed: Typed, wrong: Wrong): Contact | null {
  const [at, hours, say] = [text(typed, "contactAt"), text(typed, "contactHours"), text(typed, "contactSay")];
  for (const [field, value] of [
    ["contactAt", at],
    ["contactHours", hours],
    ["contactSay", say],
  ] as const)
    if (!isShortText(value, SHORT_CHARACTERS_MAX)) wrong[field] = "problem.short";
  if (at === "" && (hours !== "" || say !== "")) wrong["contactAt"] = "problem.contact";
  if (at === "") return null;
  return {
    at,
    ...(hours === "" ? {} : { hours }),
    ...(say === "" ? {} : { say }),
    message: typed["contactMessage"] !== undefined,
    shared: typed["contactShared"] !== undefined,
  };
}

function text(typed: Typed, field: string): string {
  return (typed[field] ?? "").trim();
}

function isShortText(value: string, charactersMax: number): boolean {
  return Array.from(value).length <= charactersMax && isPlainText(value);
}
