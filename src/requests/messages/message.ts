import { canonicalJson } from "../../kernel/canonical-json.js";

/** Sentences that a treasurer can send in every language, also in one that they do not speak. What is sealed is the name, never the sentence. */
export const PHRASES = ["reach", "details", "name", "court", "meet", "today", "look", "again", "wait", "read"] as const;
export type Phrase = (typeof PHRASES)[number];

/** What the fund wrote: a ready phrase, words of its own, or both. */
export interface Answer {
  readonly phrase?: Phrase;
  readonly words?: string;
}

export function answerText(answer: Answer): string {
  return canonicalJson({
    ...(answer.phrase === undefined ? {} : { phrase: answer.phrase }),
    ...(answer.words === undefined ? {} : { words: answer.words }),
  });
}

/** Null for what is no answer: whoever sealed it did not use this program. */
export function readAnswer(text: string): Answer | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof read !== "object" || read === null) return null;
  const { phrase, words } = read as { phrase?: unknown; words?: unknown };
  const known = PHRASES.find((p) => p === phrase);
  return {
    ...(known === undefined ? {} : { phrase: known }),
    ...(typeof words === "string" && words !== "" ? { words } : {}),
  };
}
