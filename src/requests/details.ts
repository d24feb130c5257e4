import { isPlainText } from "../kernel/plain-text.js";
import { RAILS, TO_CHARACTERS_MAX, WORDS_CHARACTERS_MAX, type Rail } from "./aid-request.js";

/** What a person tells the treasurers, before it is sealed. */
export interface SealedDetails {
  readonly payTo: PayTo;
  readonly words?: string;
  readonly language: string;
}

export interface PayTo {
  readonly rail: Rail;
  readonly to: string;
}

export type Typed = Readonly<Record<string, string>>;
/** The sentence (a message key) that says what would do, by the field's name. */
export type Wrong = Record<string, "problem.rail" | "problem.to" | "problem.words">;

/**
 * What is to be sealed, as typed into the form. Pure, and the one reader of it: the browser reads the form with this before it seals, the server when the form
 * comes without script.
 */
export function readDetails(typed: Typed, language: string): { details: SealedDetails } | { wrong: Wrong } {
  const payTo = readPayTo(typed);
  const wrong: Wrong = "wrong" in payTo ? payTo.wrong : {};
  const words = (typed["words"] ?? "").trim();
  if (!isShortText(words, WORDS_CHARACTERS_MAX)) wrong["words"] = "problem.words";
  if ("wrong" in payTo || Object.keys(wrong).length > 0) return { wrong };
  return { details: { payTo: payTo.payTo, language, ...(words === "" ? {} : { words }) } };
}

/** How to be paid: the rail and to whom. */
export function readPayTo(typed: Typed): { payTo: PayTo } | { wrong: Wrong } {
  const wrong: Wrong = {};
  const rail = RAILS.find((r) => r === typed["rail"]);
  const to = (typed["to"] ?? "").trim();
  if (rail === undefined) wrong["rail"] = "problem.rail";
  if (to === "" || !isShortText(to, TO_CHARACTERS_MAX)) wrong["to"] = "problem.to";
  return rail === undefined || Object.keys(wrong).length > 0 ? { wrong } : { payTo: { rail, to } };
}

function isShortText(text: string, charactersMax: number): boolean {
  return Array.from(text).length <= charactersMax && isPlainText(text);
}
