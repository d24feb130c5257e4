import { Refusal } from "../kernel/refusal.js";

/** The person's own seven words; those of somebody who helps; those that treasurers issued again. */
export type CodeKind = "own" | "helper" | "replacement";

/** What can be done with seven words, apart from seeing where the request stands. */
export type CodeAct =
  "messages" | "proof" | "confirm" | "withdraw" | "pay-to" | "ask-more" | "ask-less" | "needed-by" | "codes";

/**
 * Whoever helps sees where the request stands and keeps it true: a sooner day, a smaller sum. They never send the money elsewhere, ask for more, speak for the person ("received" is the
 * person's word), read what they wrote, or take the request back, because nobody could undo that.
 */
const HELPER: readonly CodeAct[] = ["ask-less", "needed-by"];

export function mayDo(kind: CodeKind, act: CodeAct): boolean {
  return kind !== "helper" || HELPER.includes(act);
}

export function requireRight(kind: CodeKind, act: CodeAct): void {
  if (!mayDo(kind, act)) throw new Refusal("helper-words");
}
