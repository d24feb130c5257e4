import { codesIn, likelyYear, receiptNumber, totalsOf, yearsUpTo } from "./yearly.js";

const A = "A".repeat(43);
const B = `${"b-".repeat(21)}_`;

test("receipts are pasted as links, with or without a language, or as codes", () => {
  expect(
    codesIn(
      `https://pot.example/elm/receipts/${A}?lang=es\n\n  ${B}  \r\nhttps://pot.example/elm/receipts/${B}/print#x`,
    ),
  ).toEqual([A, B, B]);
});

test("what is no receipt keeps its place, so that it can be named", () => {
  expect(codesIn(`nonsense\n${A}\n${A}x\nhttps://pot.example/elm`)).toEqual([null, A, null, null]);
  expect(codesIn(" \n ")).toEqual([]);
});

test("a receipt's number is short, always the same, and another one for another receipt", () => {
  expect(receiptNumber(A)).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/);
  expect(receiptNumber(A)).toBe(receiptNumber(A));
  expect(receiptNumber(A)).not.toBe(receiptNumber(B));
});

test("refunds come off what was given", () => {
  const lines = [
    { kind: "gift" as const, amount: 2500n },
    { kind: "refund" as const, amount: 700n },
    { kind: "gift" as const, amount: 100n },
  ];
  expect(totalsOf(lines)).toEqual({ given: 2600n, refunded: 700n, disputed: 0n, total: 1900n });
  expect(totalsOf([])).toEqual({ given: 0n, refunded: 0n, disputed: 0n, total: 0n });
});

test("what the bank took back comes off as well, until it comes in again", () => {
  const lines = [
    { kind: "gift" as const, amount: 2500n },
    { kind: "dispute" as const, amount: 2500n },
  ];
  expect(totalsOf(lines)).toMatchObject({ refunded: 0n, disputed: 2500n, total: 0n });
  const won = [...lines, { kind: "dispute-won" as const, amount: 2500n }];
  expect(totalsOf(won)).toMatchObject({ disputed: 0n, total: 2500n });
});

test("in spring the year before is asked for", () => {
  expect(likelyYear("2027-04-30")).toBe("2026");
  expect(likelyYear("2027-05-01")).toBe("2027");
  expect(yearsUpTo("2027-01-01")).toEqual(["2027", "2026", "2025", "2024", "2023", "2022", "2021"]);
});
