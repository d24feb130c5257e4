import { refundable, signersNeeded } from "./refundable.js";

const gift = { amount: 2500n, given: 2500n, givenBack: 0n, ordered: 0n, disputed: 0n };

test("what was given back, or is about to be, cannot be given back again", () => {
  expect(refundable(gift)).toBe(2500n);
  expect(refundable({ ...gift, givenBack: 1000n })).toBe(1500n);
  expect(refundable({ ...gift, givenBack: 1000n, ordered: 1500n })).toBe(0n);
  expect(refundable({ ...gift, givenBack: 2500n, ordered: 500n })).toBe(0n);
  expect(refundable({ ...gift, disputed: 2500n })).toBe(0n);
});

test("of a monthly gift, one payment is given back at a time, and never more than is left of all", () => {
  expect(refundable({ ...gift, given: 7500n })).toBe(2500n);
  expect(refundable({ ...gift, given: 7500n, givenBack: 6000n })).toBe(1500n);
});

test("money that is promised or gone takes the whole quorum to give back", () => {
  expect(signersNeeded(2500n, 2500n, 3)).toBe(2);
  expect(signersNeeded(2501n, 2500n, 3)).toBe(3);
  expect(signersNeeded(1n, -5n, 3)).toBe(3);
});
