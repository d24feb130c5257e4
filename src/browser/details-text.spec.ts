import { linesOf } from "./details-text.js";

const words = {
  labels: {
    "ask.rail.cash": "Cash",
    "ask.payee": "Who gets it?",
    "ask.payee.court": "A court",
    "ask.contact": "Reach",
  },
  currency: "usd",
  locale: "en",
};

test("whoever pays reads a line for each thing that was sealed", () => {
  expect(linesOf({ payTo: { rail: "cash", to: "here" }, language: "es" }, words)).toEqual(["Cash: here", "(es)"]);
  expect(
    linesOf(
      {
        payTo: { rail: "cash", to: "here" },
        payee: "court",
        legs: [{ rail: "cash", to: "there", amount: 4000 }],
        held: { number: "24-1181" },
        contact: { at: "555 0100", say: "your book is in", message: true, shared: false },
        words: "ring twice",
        language: "en",
      },
      words,
    ),
  ).toEqual([
    "Cash: here", "Who gets it?: A court", "$40.00 → Cash: there", "ask.held.number: 24-1181", "Reach: 555 0100", "desk.contact.say: “your book is in”", "ask.contact.message", "“ring twice”", "(en)",
  ]); // prettier-ignore
});
