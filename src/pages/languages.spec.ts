import { IntlMessageFormat } from "intl-messageformat";
import { ar } from "./languages/ar.js";
import { en } from "./languages/en.js";
import { es } from "./languages/es.js";
import { say } from "./words.js";

/** What people see who ask: all of it is in every language. */
const ASKING = ["language", "nav", "footer", "fund", "ask", "asked", "code", "status", "helper", "paper", "proof"];

/** The names in an ICU message that are filled in; type 0 is plain text, and the "#" of a plural has no value. */
function values(text: string): string[] {
  const names = (parts: ReturnType<IntlMessageFormat["getAst"]>): string[] =>
    parts.flatMap((part) => [
      ...("value" in part && String(part.type) !== "0" ? [part.value] : []),
      ...("options" in part ? Object.values(part.options).flatMap((option) => names(option.value)) : []),
    ]);
  return [...new Set(names(new IntlMessageFormat(text, "en").getAst()))].sort();
}

test("whoever asks in Arabic reads nothing in another language", () => {
  const missing = Object.keys(en).filter((key) => ASKING.includes(key.split(".")[0] ?? "") && !Object.hasOwn(ar, key));
  expect(missing).toEqual([]);
});

test("the languages have the same values to fill in", () => {
  for (const language of [es, ar])
    for (const [key, text] of Object.entries(language))
      expect([key, values(text)]).toEqual([key, values(en[key as keyof typeof en])]);
});

test("what is not said in Arabic is said in English", () => {
  expect(say("ar", "give.button")).toBe(say("en", "give.button"));
});

test("no language judges whoever asks", () => {
  for (const language of [en, es, ar])
    for (const [key, text] of Object.entries(language))
      expect([
        key,
        /applicant|deserving|eligible|rejected|denied|beneficiary|solicitante|rechazad|denegad|beneficiari|مستحق|مرفوض/i.test(
          text,
        ),
      ]).toEqual([key, false]);
});
