import { completions, readCode, tidied, WORD_COUNT, wordList, type WordList } from "../requests/code-words.js";
import { byId } from "./api.js";
import { Offers } from "./offers.js";

/**
 * The field for seven words, made easier: the word that is being typed is completed, and one that is not on the list is named. The list comes from our own server when the field gets the
 * focus, the same for everybody; nothing is kept, and no word leaves the browser before the form is sent. Whatever fails here, the field stays the plain field that it is.
 */
const OFFERS_MAX = 5;
const START_LETTERS_MIN = 2;

const field = byId<HTMLTextAreaElement>("words");
const frame = byId("code-field");
const list = byId("code-offers");
const says = byId("code-says");
if (field && frame && list && says) complete(field, frame.dataset, list, says);

for (const button of document.querySelectorAll<HTMLElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

function complete(field: HTMLTextAreaElement, texts: DOMStringMap, list: HTMLElement, says: HTMLElement): void {
  let words: WordList | null = null;
  const offers = new Offers(field, list, (word) => {
    const to = field.selectionStart;
    field.setRangeText(`${word} `, to - started(field).length, to, "end");
    field.focus();
    look();
  });

  const look = (): void => {
    if (words === null) return;
    const start = tidied(started(field));
    const isWhole = start.length < START_LETTERS_MIN || words.has(start);
    const found = isWhole ? [] : completions(words, start, OFFERS_MAX);
    offers.show(found);
    says.classList.toggle("heard", found.length > 0);
    says.textContent =
      found.length > 0
        ? (texts["offers"] ?? "").replace("{words}", found.join(", "))
        : told(words, words.has(start) ? field.value : withoutUnfinished(field), texts);
  };

  let loading = false;
  const load = async (): Promise<void> => {
    if (words !== null || loading) return;
    loading = true;
    words = await fetchWords();
    loading = false;
    look();
  };

  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.addEventListener("focus", () => void load());
  field.addEventListener("input", look);
  field.addEventListener("blur", () => offers.show([]));
  field.addEventListener("keydown", (event) => offers.key(event));
  if (document.activeElement === field) void load();
}

/** Null when it does not come; it is asked for again with the next focus. */
async function fetchWords(): Promise<WordList | null> {
  try {
    const answer = await fetch("/-/words.txt", { cache: "no-store", credentials: "omit" });
    return answer.ok ? wordList((await answer.text()).split("\n")) : null;
  } catch {
    return null;
  }
}

/** The letters before the cursor that belong to the word that is being typed. */
function started(field: HTMLTextAreaElement): string {
  return /[a-z]*$/i.exec(field.value.slice(0, field.selectionStart))?.[0] ?? "";
}

/** The text without the word that is still being typed, which is not wrong yet. */
function withoutUnfinished(field: HTMLTextAreaElement): string {
  const { value, selectionStart } = field;
  return value.slice(0, selectionStart - started(field).length) + value.slice(selectionStart);
}

/** How many words are there, and the first that is not on the list. */
function told(list: WordList, text: string, texts: DOMStringMap): string {
  const { words, unknown, corrected } = readCode(list, text);
  if (words.length === 0) return "";
  const [wrong] = [...unknown, ...corrected.map(({ typed, meant }) => ({ typed, near: [meant] }))];
  if (wrong === undefined)
    return words.length === WORD_COUNT
      ? (texts["whole"] ?? "")
      : (texts["count"] ?? "").replace("{count}", String(words.length));
  const near = wrong.near.slice(0, OFFERS_MAX).join(` ${texts["or"] ?? ""} `);
  const sentence = wrong.near.length === 0 ? texts["unknown"] : texts["near"];
  return (sentence ?? "").replace("{typed}", wrong.typed).replace("{near}", near);
}
