import { mayDo, requireRight, type CodeAct } from "./claim-rights.js";

const ACTS = ["messages", "proof", "confirm", "withdraw", "pay-to", "ask-more", "ask-less", "needed-by", "codes"] as const satisfies readonly CodeAct[]; // prettier-ignore

test("whoever helps asks for less or names a day, and does nothing else", () => {
  expect(ACTS.filter((act) => mayDo("helper", act))).toEqual(["ask-less", "needed-by"]);
  expect(() => requireRight("helper", "pay-to")).toThrow("helper-words");
});

test("words that treasurers issued again do what the person's own do", () => {
  for (const act of ACTS) expect([mayDo("own", act), mayDo("replacement", act)]).toEqual([true, true]);
});
