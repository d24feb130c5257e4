import { draftsOf, fits, type PaymentFacts } from "./payment.js";
import type { StripeLine } from "./stripe-line.js";

const line = (id: string, amount: number, fee = 0, more: Partial<StripeLine> = {}): StripeLine => ({
  account: "", id, type: "charge", object: null, amount, fee, net: amount - fee, currency: "usd", converted: false, created: 1000, availableOn: 1000, ...more,
}); // prettier-ignore
const facts = (more: Partial<PaymentFacts> = {}): PaymentFacts => ({
  paymentIntent: "pi_1",
  currency: "usd",
  named: { donationId: "d", charged: 2500n, monthly: false },
  charge: { amount: 2500, currency: "usd" },
  settled: line("txn_gift", 2500, 103, { availableOn: 9000 }),
  refunds: [],
  disputes: [],
  ...more,
});
/** Every account's sum over all drafts. */
function sums(of: PaymentFacts): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { draft } of draftsOf(of, () => "2026-11-25"))
    for (const p of draft.postings) found[p.account] = (found[p.account] ?? 0) + Number(p.amount);
  return Object.fromEntries(Object.entries(found).filter(([, amount]) => amount !== 0));
}

test("a gift waits at Stripe while it is kept back, and is there at once where it is not", () => {
  expect(sums(facts())).toMatchObject({ "assets:stripe:pending": 2397, "income:gifts": -2500 });
  expect(sums(facts({ settled: line("txn_gift", 2500, 103) }))).toMatchObject({ "assets:stripe": 2397 });
});

test("a payment in another currency that settled in the fund's is a gift of what settled", () => {
  const paid = { charge: { amount: 2300, currency: "eur" }, settled: line("txn_gift", 2481, 130, { converted: true }) };
  expect(fits(facts(paid))).toBe(true);
  expect(sums(facts(paid))).toEqual({ "assets:stripe": 2351, "expenses:fees:stripe": 130, "income:gifts": -2481 });
  expect(fits(facts({ ...paid, settled: line("txn_gift", 2481) }))).toBe(false);
});

test.each<[string, Partial<PaymentFacts>]>([
  ["another amount", { charge: { amount: 2600, currency: "usd" } }],
  ["no gift of ours", { named: null }],
])("a payment with %s goes to suspense, and so does its refund", (_what, more) => {
  const refunds = [{ id: "re_1", settled: line("txn_re", -1000), failure: null }];
  const found = sums(facts({ ...more, refunds }));
  expect(found["suspense"]).toBe(-1500);
  expect(Object.keys(found).some((account) => account.startsWith("income"))).toBe(false);
});

test("a refund that came back leaves the gift as it was", () => {
  const refunds = [{ id: "re_1", settled: line("txn_re", -1000), failure: line("txn_back", 1000) }];
  expect(sums(facts({ refunds }))).toEqual(sums(facts()));
});

test("a dispute that is lost takes what is still out, and one that is won gives its fee back", () => {
  const opened = line("txn_out", -2500, 1500);
  const lost = sums(facts({ disputes: [{ id: "dp_1", status: "lost", settled: [opened] }] }));
  expect(lost).toMatchObject({ "expenses:chargebacks": 2500, "expenses:fees:stripe": 1603 });
  expect(lost["assets:disputed"]).toBeUndefined();
  const won = [opened, line("txn_in", 2500, -1500)];
  expect(sums(facts({ disputes: [{ id: "dp_1", status: "won", settled: won }] }))).toEqual(sums(facts()));
});

test("a dispute carries the gift's name, so that its receipt finds it; one of a payment that is nobody's does not", () => {
  const settled = [line("txn_out", -2500, 1500), line("txn_in", 2500)];
  const disputes = [{ id: "dp_1", status: "won", settled }];
  const keys = (more: Partial<PaymentFacts>) =>
    draftsOf(facts({ disputes, ...more }), () => "2026-11-25").map((b) => b.draft.key);
  expect(keys({}).slice(1)).toEqual(["dispute:d:dp_1:txn_out", "dispute-won:d:dp_1:txn_in"]);
  expect(keys({ named: null }).slice(1)).toEqual(["dispute:dp_1:txn_out", "dispute-won:dp_1:txn_in"]);
});

test("every line is booked under its own name, once", () => {
  const refunds = [{ id: "re_1", settled: line("txn_re", -1000), failure: line("txn_back", 1000) }];
  const disputes = [{ id: "dp_1", status: "lost", settled: [line("txn_out", -2500, 1500)] }];
  const drafts = draftsOf(facts({ refunds, disputes }), () => "2026-11-25").map((b) => b.draft);
  expect(drafts.flatMap((d) => d.source ?? [])).toEqual(["txn_gift", "txn_re", "txn_back", "txn_out"]);
  expect(new Set(drafts.map((d) => d.key)).size).toBe(drafts.length);
});
