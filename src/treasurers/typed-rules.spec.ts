import { charterFromTemplate } from "../funds/templates.js";
import { readRules, typedFrom } from "./typed-rules.js";

const charter = charterFromTemplate("rent", { name: "Elm", currency: "usd", timeZone: "UTC", practice: false });
const AT = { currency: "usd", locale: "en-US" };

test.each([
  ["usd", "en-US", 2],
  ["eur", "es-ES", 2],
  ["jpy", "en-US", 0],
  ["kwd", "es-US", 3],
  ["kwd", "es-ES", 3],
])("what the form shows of a charter reads as the same charter (%s, %s)", (currency, locale, digits) => {
  const one = charterFromTemplate("disaster", { name: "Elm", currency, timeZone: "UTC", practice: false });
  expect(readRules(typedFrom(one, { currency, locale }, digits), one, { currency, locale })).toEqual({ charter: one });
});

test("an amount that may be none is none when it is left empty; others are not", () => {
  const typed = { ...typedFrom(charter, AT, 2), leastPart: "", monthlyGoal: "", capPerRequest: "" };
  expect(readRules(typed, charter, AT)).toEqual({ wrong: { capPerRequest: "problem.amount" } });
  expect(readRules({ ...typed, capPerRequest: "1,500.50" }, charter, AT)).toMatchObject({
    charter: { leastPart: null, monthlyGoal: null, capPerRequest: 150_050n },
  });
});

test("what is no whole number, no rule and no plain text is named", () => {
  const typed = {
    ...typedFrom(charter, AT, 2),
    quorum: "2.5",
    retentionDays: "0",
    rule: "merit",
    nextMeeting: "a\u202eb",
  };
  expect(readRules(typed, charter, AT)).toEqual({
    wrong: {
      quorum: "problem.whole",
      retentionDays: "problem.whole",
      rule: "problem.choose",
      nextMeeting: "problem.short",
    },
  });
});
