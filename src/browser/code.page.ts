import { completions, readCode, tidied, WORD_COUNT, wordList, type WordList } from "../requests/code-words.js";
import { byId } from "./api.js";

/**
 * The field for seven words, made easier: the word that is being typed is completed, and one that is not on the list is named. The list comes from our own server when the field gets the
 * focus, the same for everybody; nothing is kept, and no word leaves the browser before the form is sent. Whatever fails here, the field stays the plain field that it is.
 */
const OFFERS_MAX = 5;
const START_LETTERS_MIN = 2;

const field = byId<HTMLTextAreaElement>("words");
const frame = byId("code-field");
const offers = byId("code-offers");
const says = byId("code-says");
if (field && frame && offers && says) begin(field, frame.dataset, offers, says);

for (const button of document.querySelectorAll<HTMLElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

function begin(field: HTMLTextAreaElement, texts: DOMStringMap, offers: HTMLElement, says: HTMLElement): void {
  let list: WordList | null = null;
  let loading = false;
  /** Which of the offers the arrows have reached; -1 is none. */
  let reached = -1;
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", offers.id);
  field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), says.id].filter(Boolean).join(" "));

  const load = async (): Promise<void> => {
    if (list !== null || loading) return;
    loading = true;
    try {
      const answer = await fetch("/-/words.txt", { cache: "no-store", credentials: "omit" });
      if (answer.ok) list = wordList((await answer.text()).split("\n"));
      look();
    } catch {
      // It is asked for again with the next focus.
    } finally {
      loading = false;
    }
  };

  /** The letters before the cursor that belong to the word that is being typed. */
  const started = (): string => /[a-z]*$/i.exec(field.value.slice(0, field.selectionStart))?.[0] ?? "";

  const look = (): void => {
    if (list === null) return;
    const start = tidied(started());
    const found = start.length < START_LETTERS_MIN || list.has(start) ? [] : completions(list, start, OFFERS_MAX);
    offer(found);
    says.classList.toggle("heard", found.length > 0);
    says.textContent =
      found.length > 0
        ? (texts["offers"] ?? "").replace("{words}", found.join(", "))
        : told(list, withoutUnfinished(list, field.value, start, field.selectionStart), texts);
  };

  const offer = (words: readonly string[]): void => {
    reached = -1;
    field.removeAttribute("aria-activedescendant");
    offers.replaceChildren(
      ...words.map((word, i) => {
        const item = document.createElement("li");
        item.id = `code-offer-${i}`;
        item.textContent = word;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        // Before the field loses the focus, and with it the cursor's place.
        item.addEventListener("pointerdown", (event) => event.preventDefault());
        item.addEventListener("click", () => take(word));
        return item;
      }),
    );
    offers.hidden = words.length === 0;
  };

  const take = (word: string): void => {
    const to = field.selectionStart;
    field.setRangeText(`${word} `, to - started().length, to, "end");
    field.focus();
    look();
  };

  const reach = (step: number): void => {
    const items = [...offers.children];
    reached = (reached + step + items.length + (reached < 0 && step < 0 ? 1 : 0)) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === reached)));
    field.setAttribute("aria-activedescendant", items[reached]?.id ?? "");
  };

  field.addEventListener("focus", () => void load());
  field.addEventListener("input", look);
  field.addEventListener("blur", () => offer([]));
  field.addEventListener("keydown", (event) => {
    if (offers.hidden || event.isComposing) return;
    const word = offers.children[reached]?.textContent ?? null;
    if (event.key === "ArrowDown") reach(1);
    else if (event.key === "ArrowUp") reach(-1);
    else if (event.key === "Enter" && word !== null) take(word);
    else if (event.key === "Escape") offer([]);
    else return;
    event.preventDefault();
  });
  if (document.activeElement === field) void load();
}

/** The text without the word that is still being typed, which is not wrong yet. */
function withoutUnfinished(list: WordList, text: string, start: string, cursor: number): string {
  if (start === "" || list.has(start)) return text;
  return text.slice(0, cursor).replace(/[a-z]*$/i, "") + text.slice(cursor);
}

/** How many words are there, and the first that is not on the list. */
function told(list: WordList, text: string, texts: DOMStringMap): string {
  const { words, unknown, corrected } = readCode(list, text);
  if (words.length === 0) return "";
  const [wrong] = [...unknown, ...corrected.map(({ typed, meant }) => ({ typed, near: [meant] }))];
  if (wrong !== undefined) {
    const sentence = wrong.near.length === 0 ? texts["unknown"] : texts["near"];
    return (sentence ?? "")
      .replace("{typed}", wrong.typed)
      .replace("{near}", wrong.near.slice(0, OFFERS_MAX).join(` ${texts["or"] ?? ""} `));
  }
  return words.length === WORD_COUNT
    ? (texts["whole"] ?? "")
    : (texts["count"] ?? "").replace("{count}", String(words.length));
}
