import { shares } from "./payout.js";
import type { StripeLine } from "./stripe-line.js";

const line = (id: string, net: number, type = "charge"): StripeLine => ({
  account: "", id, type, object: null, amount: net, fee: 0, net, currency: "usd", converted: false, created: 1, availableOn: 1,
}); // prettier-ignore
const of = (...known: [id: string, standing: string, fundId: string | null][]) =>
  new Map(known.map(([id, standing, fundId]) => [id, { standing, fundId }]));

test("a payout is shared out by whose its lines are; another program's are nobody's share", () => {
  const taken = [line("a", 500), line("b", 300), line("c", -100), line("x", 900)];
  const known = of(["a", "fund", "one"], ["b", "fund", "two"], ["c", "fund", "one"], ["x", "foreign", null]);
  expect(shares(taken, known, new Map())).toEqual([
    { fundId: "one", net: 400n },
    { fundId: "two", net: 300n },
  ]);
});

test("while a line is nobody's yet, or not known, there is no share to tell", () => {
  expect(
    shares([line("a", 5), line("b", 3)], of(["a", "fund", "one"], ["b", "unassigned", null]), new Map()),
  ).toBeNull();
  expect(shares([line("a", 5)], of(), new Map())).toBeNull();
});

test("money of a payout that came back is shared as that payout was", () => {
  const back = line("f", 700, "payout_failure");
  expect(shares([back], of(), new Map([["f", [{ fundId: "two", net: 700n }]]]))).toEqual([
    { fundId: "two", net: 700n },
  ]);
  expect(shares([back], of(), new Map())).toBeNull();
});
