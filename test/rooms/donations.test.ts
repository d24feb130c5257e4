import Stripe from "stripe";
import { audit } from "../../src/cli/audit/run.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { Booking } from "../../src/donations/booking/booking.service.js";
import { PayoutBooking } from "../../src/donations/booking/payouts-booking.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { give, openFund, startCommonpot, until, WEBHOOK_SECRET, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let fund: Fund;
const stripe = new Stripe("sk_test_x").webhooks;
const journal = new Journal();

beforeAll(async () => {
  pot = await startCommonpot();
  fund = await openFund(pot, "gift-fund");
});
afterAll(() => pot.close());

const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];
const booked = async (donationId: string, what = "gift"): Promise<number> =>
  (await one("select count(*)::int as n from transaction where key = $1", [`${what}:${donationId}`])).n;
const post = (payload: string | Buffer, headers: Record<string, string>) =>
  fetch(`${pot.origin}/webhooks/stripe`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof payload === "string" ? payload : new Uint8Array(payload),
  });
const signed = (payload: string, at = Math.floor(Date.now() / 1000)) => ({
  "stripe-signature": stripe.generateTestHeaderString({ payload, secret: WEBHOOK_SECRET, timestamp: at }),
});
const event = (id: string, type: string, object: object) =>
  JSON.stringify({
    id,
    object: "event",
    type,
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    data: { object },
  });

/** Pays without letting the practice Stripe deliver its events; returns them. */
async function payQuietly(amount: number): Promise<{ donationId: string; intent: string; events: Stripe.Event[] }> {
  pot.stripe.setWebhookUrl("http://127.0.0.1:9/nowhere");
  const before = new Set(Object.keys(pot.stripe.stripe.store.state.events));
  const { id } = await give(pot, fund.slug, amount);
  const events = Object.values(pot.stripe.stripe.store.state.events).filter((e) => !before.has(e.id));
  pot.stripe.stripe.store.state.deliveries.length = 0;
  pot.stripe.setWebhookUrl(`${pot.origin.replace("localhost", "127.0.0.1")}/webhooks/stripe`);
  const intent = events.find((e) => e.type === "payment_intent.succeeded")!.data.object as Stripe.PaymentIntent;
  return { donationId: id, intent: intent.id, events };
}

const deliver = async (e: Stripe.Event): Promise<number> => {
  const payload = JSON.stringify(e, null, 2);
  return (await post(payload, signed(payload))).status;
};

const permutations = (items: number[]): number[][] =>
  items.length <= 1
    ? [items]
    : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));

describe("the webhook", () => {
  const body = event("evt_shape1", "payment_intent.succeeded", { object: "payment_intent", id: "pi_x" });

  test.each<[string, string | Buffer, Record<string, string>]>([
    ["no signature", body, {}],
    ["an empty one", body, { "stripe-signature": "" }],
    [
      "another secret's",
      body,
      { "stripe-signature": stripe.generateTestHeaderString({ payload: body, secret: "whsec_other" }) },
    ],
    ["v0 alone", body, { "stripe-signature": signed(body)["stripe-signature"].replace("v1=", "v0=") }],
    ["an empty v1", body, { "stripe-signature": `t=${Math.floor(Date.now() / 1000)},v1=` }],
    [
      "v1 of 64 characters beyond ASCII",
      body,
      { "stripe-signature": `t=${Math.floor(Date.now() / 1000)},v1=${"é".repeat(64)}` },
    ],
    ["5,000 times v1", body, { "stripe-signature": `t=1${",v1=ab".repeat(1500)}` }],
    ["one that is 301 seconds old", body, signed(body, Math.floor(Date.now() / 1000) - 301)],
    ["a body that was written anew", JSON.stringify(JSON.parse(body), null, 1), signed(body)],
    ["null", "null", signed("null")],
    ["a number", "1", signed("1")],
    ["a text", '"x"', signed('"x"')],
    ["a list", "[]", signed("[]")],
    [
      "an event of live mode",
      body.replace('"livemode":false', '"livemode":true'),
      signed(body.replace('"livemode":false', '"livemode":true')),
    ],
    [
      "an event of another account",
      body.replace('"livemode"', '"account":"acct_1","livemode"'),
      signed(body.replace('"livemode"', '"account":"acct_1","livemode"')),
    ],
    ["an event without its object", body.replace('"data"', '"date"'), signed(body.replace('"data"', '"date"'))],
    [
      "invalid UTF-8",
      Buffer.concat([Buffer.from(body.slice(0, -1)), Buffer.from([0xff]), Buffer.from("}")]),
      signed(body),
    ],
  ])("refuses %s with 400 and the same words, and keeps no row", async (_what, payload, headers) => {
    const before = (await one("select count(*)::int as n from stripe_event")).n;
    const answer = await post(payload, headers);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { type: "urn:commonpot:problem:bad-signature", title: "The signature or the event is not valid", status: 400 },
    ]);
    expect((await one("select count(*)::int as n from stripe_event")).n).toBe(before);
  });

  test("takes a known good event, and the same again, once", async () => {
    const payload = event("evt_again", "customer.created", { object: "customer", id: "cus_1" });
    const [first, second] = [await post(payload, signed(payload)), await post(payload, signed(payload))];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect((await one("select count(*)::int as n from stripe_event where event_id = 'evt_again'")).n).toBe(1);
  });
});

describe("a gift", () => {
  test("is booked to the cent from what Stripe settled, and becomes free when Stripe says so", async () => {
    const { id } = await give(pot, fund.slug, 2500);
    await until("booked", async () => (await booked(id)) === 1);
    const { rows } = await (
      await pot.db.as("owner")
    ).query(
      "select a.code, p.amount::int as amount from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no) where t.key = $1 order by p.line",
      [`gift:${id}`],
    );
    expect(rows).toEqual([
      { code: "assets:stripe:pending", amount: 2397 },
      { code: "expenses:fees:stripe", amount: 103 },
      { code: "income:gifts", amount: -2500 },
    ]);
    // Its release is waited for from the moment when its line is written down.
    const line = await one(
      "select standing, account, fee::int as fee, payout_id from stripe_line where line_id = (select source from transaction where key = $1)",
      [`gift:${id}`],
    );
    expect(line).toEqual({ standing: "fund", account: "", fee: 103, payout_id: null });
    const waits = "select count(*)::int as n from graphile_worker.jobs where key like 'release::%'";
    expect((await one(waits)).n).toBeGreaterThan(0);
  });

  test("is booked once when one event comes 50 times at once", async () => {
    const { donationId, events } = await payQuietly(1700);
    const completed = events.find((e) => e.type === "checkout.session.completed")!;
    const statuses = await Promise.all(Array.from({ length: 50 }, () => deliver(completed)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    await until("booked", async () => (await booked(donationId)) === 1);
    expect((await one("select count(*)::int as n from stripe_event where event_id = $1", [completed.id])).n).toBe(1);
  });

  test("without the unique event id, 50 deliveries would leave 50 rows", async () => {
    const scratch = await pot.db.as("superuser");
    await scratch.query("begin; alter table stripe_event drop constraint stripe_event_pkey");
    for (let i = 0; i < 3; i++)
      await scratch.query(
        "insert into stripe_event (event_id, account, type, created_at, received_at, body_hash) values ('evt_x', '', 'a.b', now(), now(), sha256(''))",
      );
    expect((await scratch.query("select from stripe_event where event_id = 'evt_x'")).rowCount).toBe(3);
    await scratch.query("rollback");
  });

  test("gives the same books for every order of its events", async () => {
    const orders = permutations([0, 1, 2, 3]);
    expect(orders).toHaveLength(24);
    const books = new Set<string>();
    for (const order of orders) {
      const { donationId, intent, events } = await payQuietly(4000);
      pot.stripe.setWebhookUrl("http://127.0.0.1:9/nowhere");
      pot.stripe.stripe.refund(intent, 1000);
      const refunded = Object.values(pot.stripe.stripe.store.state.events).at(-1)!;
      pot.stripe.stripe.store.state.deliveries.length = 0;
      pot.stripe.setWebhookUrl(`${pot.origin.replace("localhost", "127.0.0.1")}/webhooks/stripe`);
      const all = [...events, refunded];
      expect(all.map((e) => e.type).sort()).toEqual([
        "charge.refunded",
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.succeeded",
      ]);
      for (const i of order) expect(await deliver(all[i]!)).toBe(200);
      const keys = [`gift:${donationId}`, `refund:${donationId}:%`];
      await until(
        "booked with its refund",
        async () =>
          (await one("select count(*)::int as n from transaction where key = $1 or key like $2", keys)).n === 2,
      );
      const { rows } = await (
        await pot.db.as("owner")
      ).query(
        "select t.kind, a.code, p.amount from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no) where t.key = $1 or t.key like $2 order by 1, 2",
        keys,
      );
      books.add(JSON.stringify(rows));
    }
    expect(books.size).toBe(1);
    expect((await pot.database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
  });

  test("survives an app that dies between the event and the booking", async () => {
    await pot.stopWorker();
    const { donationId, events } = await payQuietly(900);
    expect(await deliver(events[0]!)).toBe(200);
    expect(await booked(donationId)).toBe(0);
    await pot.startWorker();
    await until("booked by the next worker", async () => (await booked(donationId)) === 1);
  });

  test("whose amount is not what we asked for goes to suspense, with an alarm, and to nobody's credit", async () => {
    const { donationId, intent, events } = await payQuietly(3100);
    const { store } = pot.stripe.stripe;
    const charge = Object.values(store.state.charges).find((c) => c.payment_intent === intent)!;
    charge.amount = 3200;
    expect(await deliver(events[0]!)).toBe(200);
    await until(
      "in suspense",
      async () =>
        (await one("select count(*)::int as n from transaction where key = $1", [`suspense:${intent}`])).n === 1,
    );
    expect(await booked(donationId)).toBe(0);
    expect((await one("select count(*)::int as n from alarm where about = $1", [intent])).n).toBe(1);
  });

  test("of another program on the same Stripe account is none of ours", async () => {
    const { intent, events } = await payQuietly(1200);
    pot.stripe.stripe.store.state.intents[intent]!.metadata = { fund: "00000000-0000-4000-8000-000000000000" };
    const before = (await one("select count(*)::int as n from transaction")).n;
    await deliver(events[0]!);
    await pot.app.get(Booking).bookPayment("", intent);
    expect((await one("select count(*)::int as n from transaction")).n).toBe(before);
  });

  test("and its refund are booked before Stripe's payout that tells of them first", async () => {
    const { charges, transactions, paidOutBy } = pot.stripe.stripe.store.state;
    for (const id of Object.keys(transactions)) paidOutBy[id] ??= "po_before";
    const { donationId, intent } = await payQuietly(1700);
    pot.stripe.setWebhookUrl("http://127.0.0.1:9/nowhere");
    const refunded = pot.stripe.stripe.refund(intent, 700);
    const charge = Object.values(charges).find((c) => c.payment_intent === intent)!;
    transactions[charge.balance_transaction as string]!.available_on = charge.created;
    const payouts = pot.stripe.stripe.payOut();
    pot.stripe.stripe.store.state.deliveries.length = 0;
    pot.stripe.setWebhookUrl(`${pot.origin.replace("localhost", "127.0.0.1")}/webhooks/stripe`);
    expect(await booked(donationId)).toBe(0);
    for (const payout of payouts) await pot.app.get(PayoutBooking).bookPayout("", payout.id);
    expect(await booked(donationId)).toBe(1);
    expect(await booked(`${donationId}:${refunded.id}`, "refund")).toBe(1);
    const bank = await one(
      "select sum(p.amount)::int as n from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no) where t.kind = 'bank' and a.code = 'assets:bank' and t.key like any ($1)",
      [payouts.map((payout) => `%${payout.id}%`)],
    );
    expect(bank.n).toBe(payouts.reduce((sum, payout) => sum + payout.amount, 0));
  });

  test("waits for a balance transaction that Stripe does not know yet", async () => {
    const { donationId, intent, events } = await payQuietly(1300);
    const charge = Object.values(pot.stripe.stripe.store.state.charges).find((c) => c.payment_intent === intent)!;
    const known = charge.balance_transaction;
    charge.balance_transaction = null;
    await deliver(events[0]!);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await booked(donationId)).toBe(0);
    charge.balance_transaction = known;
    await until("booked when it is known", async () => (await booked(donationId)) === 1);
  });
});

describe("starting a gift", () => {
  const start = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  test("with one key gives one checkout; with another body it is refused", async () => {
    const key = { "idempotency-key": "a-key-of-the-tests" };
    const [a, b] = await Promise.all([
      start({ amount: 700, frequency: "once" }, key),
      start({ amount: 700, frequency: "once" }, key),
    ]);
    expect([a.status, b.status]).toEqual([201, 201]);
    expect(await a.json()).toEqual(await b.json());
    expect((await start({ amount: 800, frequency: "once" }, key)).status).toBe(422);
  });

  test.each([-1, 0, 1, 99, 1.5, "2500", "1e3", 2 ** 53, 1e11, null, true, [2500], Number.MAX_VALUE])(
    "refuses the amount %p with 422 and its name",
    async (amount) => {
      const answer = await start({ amount, frequency: "once" });
      expect(answer.status).toBe(422);
      expect(((await answer.json()) as any).errors[0].pointer).toBe("/amount");
    },
  );

  test("refuses an amount whose fee on top is beyond what a fund may book", async () => {
    expect((await start({ amount: 10_000_000_000, frequency: "once", coverFee: true })).status).toBe(422);
  });

  test("refuses fields that nobody declared", async () => {
    expect((await start({ amount: 700, frequency: "once", name: "x" })).status).toBe(422);
    expect((await start({ amount: 700, frequency: "weekly" })).status).toBe(422);
  });

  test("money on its way from Stripe is not free to promise", async () => {
    const balances = await journal.balances(pot.database.read, fund.fundId);
    expect(balances.inTransit).toBeGreaterThan(0n);
  });
});
