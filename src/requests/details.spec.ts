import { readDetails } from "./details.js";

const typed = { rail: "venmo", to: " @rosa ", words: "" };

test("what was typed becomes what is sealed, without the spaces around it", () => {
  expect(readDetails(typed, "es")).toEqual({ details: { payTo: { rail: "venmo", to: "@rosa" }, language: "es" } });
  expect(readDetails({ ...typed, words: "apt 3" }, "en")).toEqual({
    details: { payTo: { rail: "venmo", to: "@rosa" }, language: "en", words: "apt 3" },
  });
});

test("every field that would not do is named at once", () => {
  expect(readDetails({ rail: "gold", to: "", words: "x".repeat(1001) }, "en")).toEqual({
    wrong: { rail: "problem.rail", to: "problem.to", words: "problem.words" },
  });
  expect(readDetails({ ...typed, to: "turned \u202e round" }, "en")).toEqual({ wrong: { to: "problem.to" } });
});
