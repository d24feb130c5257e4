import { show, verifyHere, words, type Language } from "./verifier.js";

/** The books page's button: verifies in the visitor's own browser. */
const button = document.getElementById("verify");
const into = document.getElementById("verified");
const language: Language = document.documentElement.lang === "es" ? "es" : "en";

if (button instanceof HTMLButtonElement && into !== null) {
  const { fund = "", origin = "", vkey = "" } = button.dataset;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    const line = document.createElement("p");
    into.replaceChildren(line);
    void verifyHere(
      `${fund}/log`,
      { origin, vkey },
      (done, of) => (line.textContent = words("reading", language, { done, of })),
    )
      .then((told) => show(into, told, language))
      .finally(() => (button.disabled = false));
  });
}
