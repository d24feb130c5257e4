import fc from "fast-check";
import { countApprovals, quorumMet } from "./quorum.js";
import { commitmentTo } from "../publication/commitment.js";
import { challengeFor, statementText, type ApprovalStatement } from "./statement.js";

test("a quorum counts people, not devices, and nobody from outside", () => {
  expect(quorumMet(["a", "a", "a"], ["a", "b", "c"], 2)).toBe(false);
  expect(quorumMet(["a", "x"], ["a", "b", "c"], 2)).toBe(false);
  expect(quorumMet(["a", "c"], ["a", "b", "c"], 2)).toBe(true);
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c", "x")), (by) =>
      expect(countApprovals(by, ["a", "b", "c"])).toBeLessThanOrEqual(3),
    ),
  );
});

const statement: ApprovalStatement = {
  v: 1,
  purpose: "approve",
  fund: "f",
  charter: 1,
  roster: 1,
  quorum: 2,
  nonce: "n",
  logSize: 0,
  commitments: ["aa"],
};

test("a login's challenge is never an approval's, over the same text", async () => {
  const text = statementText(statement);
  expect(await challengeFor("login", text)).not.toEqual(await challengeFor("approve", text));
});

test("every field of a statement, and every detail of an item, changes what is signed", () => {
  const texts = [
    statement,
    { ...statement, fund: "g" },
    { ...statement, charter: 2 },
    { ...statement, roster: 2 },
    { ...statement, quorum: 1 },
    { ...statement, nonce: "o" },
    { ...statement, logSize: 1 },
    { ...statement, commitments: ["ab"] },
  ];
  expect(new Set(texts.map((s) => statementText(s))).size).toBe(texts.length);
  const salt = new Uint8Array(32).fill(7);
  const details = { amount: 100, currency: "usd", category: "rent", sealed: "00" };
  const all = [
    details,
    { ...details, amount: 101 },
    { ...details, currency: "eur" },
    { ...details, category: "food" },
    { ...details, sealed: "01" },
  ];
  const commitments = [...all.map((d) => commitmentTo(salt, d)), commitmentTo(new Uint8Array(32), details)];
  expect(new Set(commitments).size).toBe(6);
});
