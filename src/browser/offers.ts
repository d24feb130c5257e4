/** A listbox that the field points into: the focus stays in the field (WAI-ARIA, `aria-activedescendant`). */
export class Offers {
  /** Which of the offers the arrows have reached; -1 is none. */
  private reached = -1;

  constructor(
    private readonly field: HTMLTextAreaElement,
    private readonly list: HTMLElement,
    private readonly take: (word: string) => void,
  ) {}

  show(words: readonly string[]): void {
    this.reached = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...words.map((word, i) => this.option(word, i)));
    this.list.hidden = words.length === 0;
  }

  key(event: KeyboardEvent): void {
    if (this.list.hidden || event.isComposing) return;
    const word = this.list.children[this.reached]?.textContent ?? null;
    if (event.key === "ArrowDown") this.reach(1);
    else if (event.key === "ArrowUp") this.reach(-1);
    else if (event.key === "Enter" && word !== null) this.take(word);
    else if (event.key === "Escape") this.show([]);
    else return;
    event.preventDefault();
  }

  private option(word: string, i: number): HTMLElement {
    const item = document.createElement("li");
    item.id = `code-offer-${i}`;
    item.textContent = word;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    // Before the field loses the focus, and with it the cursor's place.
    item.addEventListener("pointerdown", (event) => event.preventDefault());
    item.addEventListener("click", () => this.take(word));
    return item;
  }

  private reach(step: 1 | -1): void {
    const items = [...this.list.children];
    const from = this.reached < 0 && step < 0 ? 0 : this.reached;
    this.reached = (from + step + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === this.reached)));
    this.field.setAttribute("aria-activedescendant", items[this.reached]?.id ?? "");
  }
}
