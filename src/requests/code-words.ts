/** Seven words are one code; a text with more words than this is none, and costs no more. */
export const WORD_COUNT = 7;
const WORDS_READ_MAX = 12;
const CHARACTERS_READ_MAX = 200;
const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz");
/** Keeps the work the same where there are fewer words. */
const NOBODYS_WORD = "abcdefg";

/** The words that a code is made of: letters alone, and none begins another, so that even words run together can be told apart. */
export interface WordList {
  readonly words: readonly string[];
  has(word: string): boolean;
}

export interface ReadCode {
  /** What the claim is derived from. A text that is no code stays some text. */
  readonly code: string;
  readonly words: readonly string[];
  /** Words that are not on the list and that nothing on it is uniquely near to. */
  readonly unknown: readonly { readonly typed: string; readonly near: readonly string[] }[];
  /** Words that were put right. */
  readonly corrected: readonly { readonly typed: string; readonly meant: string }[];
}

/** Leaves out the four words of the EFF's list that are written with a hyphen: "yo-yo" and "yoyo" are both there. */
export function wordList(words: readonly string[]): WordList {
  const plain = words.filter((word) => /^[a-z]+$/.test(word));
  const known = new Set(plain);
  return { words: plain, has: (word) => known.has(word) };
}

/** Forgives capitals, hyphens, line breaks, accents and commas. */
export function tidied(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z]+/g, " ").trim().slice(0, CHARACTERS_READ_MAX); // prettier-ignore
}

/**
 * Seven words as they were meant: spaces may stand anywhere or nowhere, and a word that is not on the list becomes the only one that is one slip away. A slip onto
 * another word of the list cannot be told. Pure, and the same in a browser; the work hardly depends on the text, so that its time says nothing.
 */
export function readCode(list: WordList, text: string): ReadCode {
  const tokens = tidied(text).split(" ").filter(Boolean);
  const near = nearEach(list, tokens);
  const whole = cutWords(list, tokens.join(""));
  if (whole?.length === WORD_COUNT) return { code: whole.join(" "), words: whole, unknown: [], corrected: [] };
  const words: string[] = [];
  const unknown: { typed: string; near: readonly string[] }[] = [];
  const corrected: { typed: string; meant: string }[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const typed = tokens[i] ?? "";
    const cut = cutWords(list, typed);
    const withNext = cut === null ? cutWords(list, typed + (tokens[i + 1] ?? "")) : null;
    const [only, ...others] = near[i] ?? [];
    if (cut !== null) words.push(...cut);
    else if (withNext !== null) {
      words.push(...withNext);
      i++;
    } else if (only !== undefined && others.length === 0) {
      words.push(only);
      corrected.push({ typed, meant: only });
    } else {
      words.push(typed);
      unknown.push({ typed, near: near[i] ?? [] });
    }
  }
  return { code: words.join(" "), words, unknown, corrected };
}

/** Words that begin so, in the list's order. */
export function completions(list: WordList, start: string, most: number): string[] {
  const found: string[] = [];
  for (const word of list.words) if (word.startsWith(start) && found.push(word) === most) break;
  return found;
}

/** Words one slip away: a letter too many, too few, another one, or two that changed places. */
export function wordsNear(list: WordList, typed: string): string[] {
  const found = new Set<string>();
  const look = (word: string): void => {
    if (list.has(word)) found.add(word);
  };
  for (let i = 0; i <= typed.length; i++) {
    const [before, after] = [typed.slice(0, i), typed.slice(i)];
    look(before + after.slice(1));
    look(before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2));
    for (const letter of LETTERS) {
      look(before + letter + after);
      look(before + letter + after.slice(1));
    }
  }
  found.delete(typed);
  return [...found].sort();
}

function nearEach(list: WordList, tokens: readonly string[]): string[][] {
  return Array.from({ length: WORDS_READ_MAX }, (_, i) => wordsNear(list, (tokens[i] ?? NOBODYS_WORD).slice(0, 12)));
}

/** Words that were run together, or null. No word begins another, so there is one way at most. */
function cutWords(list: WordList, letters: string): string[] | null {
  const words: string[] = [];
  for (let from = 0, to = 1; from < letters.length; to++) {
    if (to > letters.length) return null;
    const word = letters.slice(from, to);
    if (!list.has(word)) continue;
    words.push(word);
    from = to;
  }
  return words.length === 0 ? null : words;
}
