import type { Voice } from "../pages/words.js";

/** A kind of help in the reader's language; kinds that a fund named itself stand as they are. */
export function categoryName(voice: Voice, category: string): string {
  const key = `ask.category.${category}`;
  return voice.knows(key) ? voice.say(key) : category;
}
