import { isPlainText } from "../../kernel/plain-text.js";

/** Code points; the column has the same limit. */
export const DISPLAY_NAME_MAX = 60;

/**
 * The name under which a donor asks to be shown, from what was typed: null for none, false for what is no name. An address of the web is
 * none: the list thanks people and sells nothing.
 */
export function displayNameFrom(typed: string | undefined): string | null | false {
  const name = (typed ?? "").normalize("NFC").trim().replace(/\s+/gu, " ");
  if (name === "") return null;
  const isName =
    isPlainText(name) &&
    Array.from(name).length <= DISPLAY_NAME_MAX &&
    /[\p{L}\p{N}]/u.test(name) &&
    !/:\/\/|www\./iu.test(name);
  return isName ? name : false;
}

/** In the order of the alphabet, each once: neither who gave more nor who came first can be read from it. */
export function inAlphabet(names: readonly string[], language: string): string[] {
  const { compare } = new Intl.Collator(language, { sensitivity: "base", numeric: true });
  return [...new Set(names)].sort((a, b) => compare(a, b) || (a < b ? -1 : a > b ? 1 : 0));
}
