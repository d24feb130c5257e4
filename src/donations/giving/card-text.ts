/** Widths of DejaVu Sans Bold in thousandths of the size, rounded up (its hmtx table); letters that are not named are as wide as the widest common one. */
const NARROW = "iljI.,:;'|!· ";
const WIDE = "mwMWÆŒ@%—";

function widthOf(letter: string): number {
  if (NARROW.includes(letter)) return 400;
  if (WIDE.includes(letter)) return 1110;
  if (/[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]/u.test(letter)) return 0;
  return /[a-z0-9à-ÿ-]/u.test(letter) ? 720 : 860;
}

export function textWidth(text: string, size: number): number {
  return (Array.from(text).reduce((sum, letter) => sum + widthOf(letter), 0) * size) / 1000;
}

export interface Fitted {
  readonly size: number;
  readonly lines: readonly string[];
}

/** The largest of the sizes in which the text fits into so many lines; in the last one, words that are too long are broken. */
export function fitText(text: string, width: number, sizes: readonly number[], linesMax: number): Fitted {
  const last = sizes.at(-1) ?? 0;
  for (const size of sizes) {
    const lines = linesOf(text, width, size, size === last);
    if (lines !== null && lines.length <= linesMax) return { size, lines };
  }
  return { size: last, lines: (linesOf(text, width, last, true) ?? []).slice(0, linesMax) };
}

/** Null when a word is wider than a line and may not be broken. */
function linesOf(text: string, width: number, size: number, breaking: boolean): string[] | null {
  const lines: string[] = [];
  let line = "";
  const fits = (more: string): boolean => textWidth(more, size) <= width;
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (fits(joined)) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    if (!fits(word) && !breaking) return null;
    line = "";
    for (const letter of fits(word) ? [word] : Array.from(word)) {
      if (fits(line + letter)) line += letter;
      else {
        lines.push(line);
        line = letter;
      }
    }
  }
  return [...lines, line];
}

/** Scripts that the card's font has; a name in another one would come out as empty boxes. */
const DRAWN =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Common}\p{Script=Inherited}]+$/u;

/** Text that is allowed inside an XML element once it is escaped: no control characters, and no end of a CDATA section (XML 1.0, 2.2 and 2.4). */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{C}\s]+/gu, " ")
    .replaceAll("]]>", "]] >");
}

const PICTURES = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{1F1E6}-\u{1F1FF}\u200D\uFE0F]/gu;

/** A name as it can be drawn: one line, without pictures; `otherwise` when the font lacks its script. */
export function drawable(name: string, otherwise: string): string {
  const plain = xmlText(name.normalize("NFC").replace(PICTURES, "").replaceAll("\uFFFD", " "))
    .replace(/ +/g, " ")
    .trim();
  return plain !== "" && DRAWN.test(plain) ? plain : otherwise;
}
