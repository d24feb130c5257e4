import { readDetails as read, type SealedDetails, type Typed, type Wrong } from "./details.js";

const typed = { rail: "venmo", to: " @rosa ", words: "" };
const amounts = { parse: (text: string) => (/^\d+$/.test(text) ? BigInt(text) : null), total: 1000n };
const readDetails = (fields: Typed, language = "en"): { details: SealedDetails } | { wrong: Wrong } =>
  read(fields, language, amounts);

test("what was typed becomes what is sealed, without the spaces around it", () => {
  expect(readDetails(typed, "es")).toEqual({ details: { payTo: { rail: "venmo", to: "@rosa" }, language: "es" } });
  expect(readDetails({ ...typed, words: "apt 3", payee: "me" })).toEqual({
    details: { payTo: { rail: "venmo", to: "@rosa" }, language: "en", words: "apt 3" },
  });
});

test("every field that would not do is named at once", () => {
  expect(
    readDetails({ rail: "gold", to: "", words: "x".repeat(1001), payee: "boss", heldName: "x".repeat(121) }),
  ).toEqual({
    wrong: {
      rail: "problem.rail",
      to: "problem.to",
      words: "problem.words",
      payee: "problem.choose",
      heldName: "problem.short",
    },
  });
  expect(readDetails({ ...typed, to: "turned \u202e round" })).toEqual({ wrong: { to: "problem.to" } });
});

test("parts go other ways, and something is left for the first", () => {
  const parts = {
    ...typed,
    amount1: "400",
    rail1: "landlord",
    to1: "Oak LLC",
    amount2: "599",
    rail2: "cash",
    to2: "here",
  };
  expect(readDetails(parts)).toEqual({
    details: {
      payTo: { rail: "venmo", to: "@rosa" },
      language: "en",
      legs: [
        { rail: "landlord", to: "Oak LLC", amount: 400 },
        { rail: "cash", to: "here", amount: 599 },
      ],
    },
  });
  expect(readDetails({ ...parts, amount2: "600" })).toEqual({ wrong: { amount2: "problem.leg" } });
  expect(readDetails({ ...typed, amount1: "4,000 or so", to1: "x" })).toEqual({
    wrong: { amount1: "problem.leg", rail1: "problem.rail" },
  });
  // An empty part is none.
  expect(readDetails({ ...typed, amount3: " ", rail3: "", to3: "" })).toEqual({
    details: { payTo: { rail: "venmo", to: "@rosa" }, language: "en" },
  });
});

test("a jail's fields and a safe way to be reached are kept as typed; hours alone reach nobody", () => {
  const more = {
    ...typed,
    payee: "court",
    heldName: "R. Diaz",
    heldNumber: "24-1181",
    contactAt: "555 0100",
    contactShared: "on",
  };
  expect(readDetails(more)).toEqual({
    details: {
      payTo: { rail: "venmo", to: "@rosa" },
      language: "en",
      payee: "court",
      held: { name: "R. Diaz", number: "24-1181" },
      contact: { at: "555 0100", message: false, shared: true },
    },
  });
  expect(readDetails({ ...typed, contactHours: "after 6" })).toEqual({ wrong: { contactAt: "problem.contact" } });
  expect(readDetails({ ...typed, contactSay: "your book is in" })).toEqual({ wrong: { contactAt: "problem.contact" } });
  expect(readDetails({ ...typed, contactAt: "555 0100", contactSay: "your book is in" })).toMatchObject({
    details: { contact: { at: "555 0100", say: "your book is in" } },
  });
});
