/**
 * The page of a request with script: what somebody writes, and how they want to be paid, is locked here before it leaves. This part only waits; what locks is fetched when somebody begins to
 * type. Where the public log cannot be read, the form goes as it is, and goes on saying that the server locks.
 */
interface Locking {
  lock(form: HTMLFormElement): Promise<boolean>;
  prepare(form: HTMLFormElement): Promise<void>;
}

const LOCKING = "/-/lock-form.page.js";
let fetched: Promise<Locking | null> | null = null;
const locking = (): Promise<Locking | null> =>
  (fetched ??= import(LOCKING).then(
    (m) => m as Locking,
    () => null,
  ));

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-lock]")) {
  form.addEventListener("focusin", () => void locking().then((here) => here?.prepare(form)), { once: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void locking().then(async (here) => {
      // `submit` sends the form without asking again.
      if (here === null || (await here.lock(form))) form.submit();
    });
  });
}
