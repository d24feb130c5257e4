import type { Language } from "./words.js";

/** The chosen language travels in links and forms; nothing is stored. */
export function link(language: Language, path: string): string {
  return `${path}?lang=${language}`;
}
