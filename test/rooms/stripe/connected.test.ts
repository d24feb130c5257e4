import Stripe from "stripe";
import { Sweep } from "../../../src/donations/booking/sweep.service.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { makeFund } from "../../support/builders.js";
import { give, startCommonpot, until, WEBHOOK_SECRET, type Commonpot } from "../../support/commonpot.js";

jest.setTimeout(120_000);

const ACCOUNT = "acct_ofthefund";
let pot: Commonpot;
let own: Fund;
let sharing: Fund;

beforeAll(async () => {
  pot = await startCommonpot();
  own = await makeFund(pot.database, {}, "own-account");
  sharing = await makeFund(pot.database, {}, "sharing");
  const owner = await pot.db.as("owner");
  await owner.query("insert into card_account (fund_id, account, day) values ($1, $2, '2026-11-25')", [
    own.fundId,
    ACCOUNT,
  ]);
  await owner.query("update fund set state = 'open'");
});
afterAll(() => pot.close());

const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];
const booked = (fund: Fund, id: string) => async (): Promise<boolean> =>
  (await one("select count(*)::int as n from transaction where fund_id = $1 and key = $2", [fund.fundId, `gift:${id}`]))
    .n === 1;

test("a fund's own account takes its gifts, refunds and payouts; the server's account knows nothing of them", async () => {
  const [mine, shared] = [await give(pot, own.slug, 4000), await give(pot, sharing.slug, 3000)];
  await until("both are booked", async () => (await booked(own, mine.id)()) && (await booked(sharing, shared.id)()));
  const lines = await (
    await pot.db.as("owner")
  ).query("select fund_id, account from stripe_line where type = 'charge'");
  expect(new Map(lines.rows.map((r) => [r.fund_id, r.account]))).toEqual(
    new Map([
      [own.fundId, ACCOUNT],
      [sharing.fundId, ""],
    ]),
  );
  const { stripe } = pot.stripe;
  const intent = Object.values(stripe.store.state.intents).find((i) => i.metadata["donation"] === mine.id)!;
  expect(stripe.store.accountOf(intent.id)).toBe(ACCOUNT);
  stripe.refund(intent.id, 1000);
  await until(
    "the refund",
    async () =>
      (await one("select count(*)::int as n from transaction where fund_id = $1 and kind = 'refund'", [own.fundId]))
        .n === 1,
  );
  for (const line of Object.values(stripe.store.state.transactions)) line.available_on = line.created;
  const payouts = stripe.payOut();
  expect(payouts).toHaveLength(2);
  await until(
    "both payouts",
    async () => (await one("select count(*)::int as n from transaction where kind = 'bank'")).n === 2,
  );
  const bank = async (fund: Fund) =>
    (await one("select balance::int as n from account where fund_id = $1 and code = 'assets:bank'", [fund.fundId])).n;
  expect([await bank(own), await bank(sharing)]).toEqual([4000 - 146 - 1000, 3000 - 117]);
});

test("the sweep finds what never came from a connected account, and its fees are the fund's", async () => {
  pot.stripe.setWebhookUrl("http://127.0.0.1:9/nowhere");
  const { id } = await give(pot, own.slug, 2000);
  pot.stripe.stripe.store.state.deliveries.length = 0;
  pot.stripe.stripe.accountFee(200, "usd", ACCOUNT);
  await pot.app.get(Sweep).run();
  await until("found", booked(own, id));
  expect(
    (await one("select count(*)::int as n from transaction where fund_id = $1 and key like 'stripe:%'", [own.fundId]))
      .n,
  ).toBe(1);
});

test("an event of an account that is no fund's is refused", async () => {
  const payload = JSON.stringify({
    id: "evt_foreign",
    object: "event",
    type: "charge.succeeded",
    created: 1,
    livemode: false,
    account: "acct_somebody",
    data: { object: { id: "ch_1", object: "charge" } },
  });
  const signature = new Stripe("sk_test_x").webhooks.generateTestHeaderString({ payload, secret: WEBHOOK_SECRET });
  const answer = await fetch(`${pot.origin}/webhooks/stripe`, {
    method: "POST",
    headers: { "content-type": "application/json", "stripe-signature": signature },
    body: payload,
  });
  expect(answer.status).toBe(400);
  expect((await one("select count(*)::int as n from stripe_event where event_id = 'evt_foreign'")).n).toBe(0);
});

test("once a fund is open, nobody sets its account; without the guard somebody could", async () => {
  const owner = await pot.db.as("owner");
  const insert = "insert into card_account (fund_id, account, day) values ($1, 'acct_thief', '2026-11-25')";
  await expect(owner.query(insert, [sharing.fundId])).rejects.toThrow("closed once a fund is open");
  await owner.query("begin; alter table card_account disable trigger card_account_only_while_founding");
  expect((await owner.query(insert, [sharing.fundId])).rowCount).toBe(1);
  await owner.query("rollback");
});
