import { wantedBy } from "./stripe-events.js";

const wanted = (type: string, object: object) =>
  wantedBy({ type, account: "", object: object as Record<string, unknown> }).map((w) => w.key);

test.each<[string, object, string[]]>([
  ["payment_intent.succeeded", { object: "payment_intent", id: "pi_1" }, ["gift:pi_1"]],
  ["charge.updated", { object: "charge", id: "ch_1", payment_intent: "pi_1" }, ["gift:pi_1"]],
  ["charge.refunded", { object: "charge", id: "ch_1", payment_intent: "pi_1" }, ["refunds:pi_1"]],
  ["refund.failed", { object: "refund", id: "re_1", payment_intent: "pi_1" }, ["refunds:pi_1"]],
  ["charge.dispute.closed", { object: "dispute", id: "dp_1", payment_intent: "pi_1" }, ["disputes:pi_1"]],
  [
    "checkout.session.completed",
    { object: "checkout.session", id: "cs_test_1", mode: "subscription" },
    ["pledge:cs_test_1"],
  ],
  [
    "checkout.session.completed",
    { object: "checkout.session", id: "cs_test_1", mode: "payment", payment_intent: "pi_1" },
    ["gift:pi_1"],
  ],
  ["customer.subscription.deleted", { object: "subscription", id: "sub_1" }, ["pledge:sub_1"]],
  ["invoice.paid", { object: "invoice", id: "in_1" }, ["invoice:in_1"]],
  ["payout.failed", { object: "payout", id: "po_1" }, ["payout:po_1"]],
  ["customer.created", { object: "customer", id: "cus_1" }, []],
  ["payment_intent.succeeded", { object: "payment_intent", id: "pi_1'; drop" }, []],
  ["charge.succeeded", { object: "charge", id: "ch_1", payment_intent: 7 }, []],
  ["something.new", { object: "payment_intent", id: "pi_1" }, []],
])("%s of %j asks for %j", (type, object, keys) => expect(wanted(type, object)).toEqual(keys));
