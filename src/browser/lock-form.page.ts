import { canonicalJson } from "../kernel/canonical-json.js";
import { isPlainText } from "../kernel/plain-text.js";
import { WORDS_CHARACTERS_MAX } from "../requests/aid-request.js";
import { readPayTo } from "../requests/details.js";
import { seal } from "../requests/sealing.js";
import { fingerprintOf, provenRecipients, WrongKeys, type StatedKeys } from "./recipients.js";

interface Stated extends StatedKeys {
  readonly what: "message" | "pay-to";
  readonly language: string;
  /** The person's own recipient: they read their messages again. */
  readonly own: string | null;
}

const stated = (form: HTMLFormElement): Stated => JSON.parse(form.dataset["lock"] ?? "null") as Stated;
const found = new Map<HTMLFormElement, Promise<readonly string[] | null>>();

/** Finds the treasurers' keys in the public log, and says so under the form. */
export async function prepare(form: HTMLFormElement): Promise<void> {
  try {
    const recipients = await recipientsFor(form);
    const told = form.querySelector<HTMLElement>("[data-locked]");
    if (told && recipients)
      told.textContent = (told.dataset["locked"] ?? "").replace("{fingerprint}", fingerprintOf(recipients));
  } catch (error) {
    if (!(error instanceof WrongKeys)) throw error;
    say(form, "problem.wrong-keys");
  }
}

/** Puts an age file in the place of what was typed. False where nothing may leave; then the form says why. True without locking where the log cannot be read. */
export async function lock(form: HTMLFormElement): Promise<boolean> {
  try {
    const recipients = await recipientsFor(form);
    if (recipients === null) return true;
    const { what, own, language } = stated(form);
    const read = what === "message" ? messageIn(form) : payToIn(form, language);
    if ("wrong" in read) {
      say(form, read.wrong);
      return false;
    }
    const sealed = document.createElement("input");
    sealed.type = "hidden";
    sealed.name = "sealed";
    sealed.value = await seal(read.text, what === "message" && own !== null ? [...recipients, own] : recipients);
    // What is disabled is not sent.
    for (const field of form.querySelectorAll<HTMLInputElement>("textarea, select, input:not([type=hidden])"))
      field.disabled = true;
    form.append(sealed);
    return true;
  } catch (error) {
    if (!(error instanceof WrongKeys)) throw error;
    say(form, "problem.wrong-keys");
    return false;
  }
}

function recipientsFor(form: HTMLFormElement): Promise<readonly string[] | null> {
  const before = found.get(form);
  if (before) return before;
  const now = provenRecipients(stated(form)).catch((error: unknown) => {
    if (error instanceof WrongKeys) throw error;
    return null;
  });
  found.set(form, now);
  return now;
}

const typedIn = (form: HTMLFormElement): Record<string, string> =>
  Object.fromEntries(
    [...new FormData(form)].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );

function messageIn(form: HTMLFormElement): { text: string } | { wrong: string } {
  const text = (typedIn(form)["text"] ?? "").trim();
  const fits = text !== "" && Array.from(text).length <= WORDS_CHARACTERS_MAX && isPlainText(text);
  return fits ? { text } : { wrong: "problem.words" };
}

function payToIn(form: HTMLFormElement, language: string): { text: string } | { wrong: string } {
  const read = readPayTo(typedIn(form));
  if ("wrong" in read) return { wrong: Object.values(read.wrong)[0] ?? "problem.to" };
  const { rail, to } = read.payTo;
  return { text: canonicalJson({ payTo: { rail, to }, language }) };
}

function say(form: HTMLFormElement, key: string): void {
  const into = form.querySelector<HTMLElement>("[data-problem]");
  if (!into) return;
  into.textContent = (JSON.parse(form.dataset["sentences"] ?? "{}") as Record<string, string>)[key] ?? "";
  into.hidden = false;
  into.scrollIntoView({ block: "center" });
}
