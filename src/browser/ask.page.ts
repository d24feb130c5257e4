/**
 * The asking form with script: what is private is locked here, before it leaves. This part is small and only waits; what locks is fetched when somebody begins to type, so that the page itself stays
 * light. Without it the form goes as it is, and the page says what that means.
 */
interface Sealing {
  prepare(form: HTMLFormElement): Promise<boolean>;
  send(form: HTMLFormElement): Promise<void>;
}

const form = document.querySelector<HTMLFormElement>("form[data-seal]");
const SEALING = "/-/seal.page.js";

if (form) {
  let ready: Promise<Sealing | null> | null = null;
  const begin = (): Promise<Sealing | null> =>
    (ready ??= (async () => {
      const sealing = (await import(SEALING)) as Sealing;
      return (await sealing.prepare(form)) ? sealing : null;
    })().catch(() => null));
  let plain = false;
  form.addEventListener("focusin", () => void begin(), { once: true });
  form.addEventListener("submit", (event) => {
    // Another script is still at work before the form may go.
    if (event.defaultPrevented || plain) return;
    event.preventDefault();
    void begin().then(async (sealing) => {
      if (form.dataset["seal"] === "wrong") return;
      if (sealing) {
        await sealing.send(form);
        return;
      }
      plain = true;
      // Not before this event is over: until then a form does not submit again.
      setTimeout(() => form.requestSubmit());
    });
  });
}
