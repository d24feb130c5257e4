import type { Refusal } from "../kernel/refusal.js";
import { isMessageKey, say } from "../pages/words.js";

const SENTENCES: Readonly<Record<string, string>> = {
  "no-such-fund": "there is no fund with this slug (commonpot fund list shows them)",
  "slug-taken": "another fund has this slug already",
  "slug-not-allowed":
    "a slug is a lower-case letter, then 2 to 39 letters, digits or hyphens, and none of the reserved words",
  "unknown-currency": "this currency is unknown: use a lower-case ISO 4217 code such as usd or eur",
  "fund-is-open": "this fund is open: from now on its own treasurers invite others, and the command line can't",
  "key-used-before": "one of these transactions was booked before with other content; nothing was booked now",
  busy: "the database is busy or out of reach; nothing was done, try again",
};

export function sentenceFor(refusal: Refusal): string {
  const fault = refusal.options.values?.["fault"];
  if (typeof fault === "string" && isMessageKey(fault)) return say("en", fault);
  return SENTENCES[refusal.code] ?? refusal.code;
}
