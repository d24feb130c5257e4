import { sayFinding } from "../verify/finding.js";
import { verifyReceipt } from "../verify/receipt.js";
import { show, verifyHere, words, type Language } from "./verifier.js";

/** The verifier as one file that works from disk: an address to check, or a receipt. */
const language: Language = navigator.language.startsWith("es") ? "es" : "en";
const into = document.getElementById("verified");
const form = document.getElementById("address");
const receipt = document.getElementById("receipt");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const url = new FormData(event.target as HTMLFormElement).get("url");
  if (into !== null && typeof url === "string") void check(url, into);
});

receipt?.addEventListener("change", () => {
  const file = (receipt as HTMLInputElement).files?.[0];
  if (file && into !== null) void file.text().then((text) => showReceipt(text, into));
});

async function check(url: string, where: HTMLElement): Promise<void> {
  const line = document.createElement("p");
  where.replaceChildren(line);
  try {
    const { origin, pathname } = new URL(url);
    const slug = pathname.split("/").find((part) => part !== "") ?? "";
    const answer = await fetch(`${origin}/api/v1/funds/${slug}`, { credentials: "omit" });
    const { log } = (await answer.json()) as { log: { origin: string; vkey: string } | null };
    if (log === null) throw new Error("no log");
    const told = await verifyHere(
      `${origin}/${slug}/log`,
      log,
      (done, of) => (line.textContent = words("reading", language, { done, of })),
    );
    show(where, told, language);
  } catch {
    line.textContent =
      language === "es" ? "Ahí no hay libros de un fondo." : "There are no books of a fund at this address.";
  }
}

function showReceipt(text: string, where: HTMLElement): void {
  const { findings, shown } = verifyReceipt(text, []);
  const lines = findings.map((f) => sayFinding(f, language));
  if (shown !== null) lines.unshift(`${shown.origin}, ${shown.index}: ${JSON.stringify(shown.details)}`);
  where.replaceChildren(
    ...lines.map((said) => {
      const line = document.createElement("p");
      line.textContent = said;
      return line;
    }),
  );
}
