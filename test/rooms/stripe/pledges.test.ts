import { Sweep } from "../../../src/donations/booking/sweep.service.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { give, openFund, startCommonpot, until, type Commonpot } from "../../support/commonpot.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let fund: Fund;

beforeAll(async () => {
  pot = await startCommonpot();
  fund = await openFund(pot, "pledge-fund");
});
afterAll(() => pot.close());

const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];
const months = async (id: string): Promise<number> =>
  (await one("select count(*)::int as n from transaction where key like $1", [`gift:${id}:%`])).n;

interface Pledged {
  readonly id: string;
  readonly receiptUrl: string;
  readonly subscription: string;
}

async function pledge(amount: number): Promise<Pledged> {
  const answer = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount, frequency: "monthly" }),
  });
  expect(answer.status).toBe(201);
  const { id, checkoutUrl, receiptUrl } = (await answer.json()) as {
    id: string;
    checkoutUrl: string;
    receiptUrl: string;
  };
  expect(await (await fetch(checkoutUrl)).text()).toContain("each month");
  await fetch(checkoutUrl, {
    method: "POST",
    body: new URLSearchParams({ card: "4242424242424242" }),
    redirect: "manual",
  });
  await until("its first month is booked", async () => (await months(id)) === 1);
  const session = pot.stripe.stripe.store.state.sessions[checkoutUrl.split("/").at(-1)!]!;
  return { id, receiptUrl, subscription: session.subscription as string };
}

describe("a monthly gift", () => {
  test("is booked once for each invoice, as monthly income, however often its events come", async () => {
    const { id, subscription } = await pledge(1500);
    pot.stripe.stripe.renew(subscription, "4242424242424242");
    pot.stripe.stripe.renew(subscription, "4242424242424242");
    await until("three months are booked", async () => (await months(id)) === 3);
    await pot.app.get(Sweep).run();
    expect(await months(id)).toBe(3);
    const income = await one(
      "select -sum(p.amount)::int as n from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no) where t.key like $1 and a.code = 'income:gifts:monthly'",
      [`gift:${id}:%`],
    );
    expect(income.n).toBe(4500);
  });

  test("shows its months on the receipt, and a renewal that failed until one succeeds", async () => {
    const { id, receiptUrl, subscription } = await pledge(2000);
    expect(await (await fetch(receiptUrl)).text()).toContain("Each month");
    pot.stripe.stripe.renew(subscription, "4000000000000002");
    const failed = async () =>
      (await one("select renewal_failed_day is not null as is from donation where donation_id = $1", [id])).is;
    await until("the failure is known", failed);
    expect(await (await fetch(receiptUrl)).text()).toContain("The last renewal failed");
    expect(await months(id)).toBe(1);
    pot.stripe.stripe.renew(subscription, "4242424242424242");
    await until("the failure is over", async () => !(await failed()));
    expect(await months(id)).toBe(2);
  });

  test("is ended by its donor in the portal, without an account with us", async () => {
    const { id, receiptUrl } = await pledge(1000);
    const answer = await fetch(`${receiptUrl}/portal`, { method: "POST", redirect: "manual" });
    expect([answer.status, answer.headers.get("content-security-policy")]).toEqual([
      303,
      expect.stringContaining("form-action 'self' http://localhost:"),
    ]);
    const portal = answer.headers.get("location")!;
    expect(await (await fetch(portal)).text()).toContain("Cancel it");
    await fetch(portal, { method: "POST", body: new URLSearchParams({}) });
    await until(
      "its end is known",
      async () => (await one("select ended_day is not null as is from donation where donation_id = $1", [id])).is,
    );
    expect(await (await fetch(receiptUrl)).text()).toContain("Your monthly gift ended");
    expect((await fetch(`${receiptUrl}/portal`, { method: "POST", redirect: "manual" })).status).toBe(404);
  });

  test("whose amount is changed at Stripe goes to suspense, with an alarm", async () => {
    const { id, subscription } = await pledge(1200);
    pot.stripe.stripe.store.state.subscriptions[subscription]!.items.data[0]!.price.unit_amount = 9900;
    pot.stripe.stripe.renew(subscription, "4242424242424242");
    await until(
      "an alarm",
      async () => (await one("select count(*)::int as n from alarm where kind = 'gift-mismatch'")).n === 1,
    );
    expect(await months(id)).toBe(1);
  });
});

describe("a refund that the donor's bank sends back", () => {
  test("leaves the gift standing, on the receipt and on the statement of the year", async () => {
    const { id, receiptUrl } = await give(pot, fund.slug, 3000);
    const gift = async () => (await one("select count(*)::int as n from transaction where key = $1", [`gift:${id}`])).n;
    await until("booked", async () => (await gift()) === 1);
    const { stripe } = pot.stripe;
    const intent = Object.values(stripe.store.state.intents).find((i) => i.metadata["donation"] === id)!;
    const refund = stripe.refund(intent.id, 3000);
    const refunds = async () =>
      (await one("select count(*)::int as n from transaction where key like $1", [`refund:${id}:%`])).n;
    await until("the refund", async () => (await refunds()) === 1);
    const year = `${receiptUrl}/year/${new Date().getUTCFullYear()}`;
    const total = async () => /<tfoot>.*<\/tfoot>/su.exec(await (await fetch(year)).text())?.[0] ?? "";
    expect(await (await fetch(receiptUrl)).text()).toContain("Given back to you");
    expect(await total()).toContain("$0.00");
    stripe.failRefund(refund.id);
    await until("it came back", async () => (await refunds()) === 2);
    expect(await (await fetch(receiptUrl)).text()).not.toContain("Given back to you");
    expect(await total()).not.toContain("$0.00");
    expect(await total()).toContain("$30.00");
  });
});

describe("a gift that the donor's bank takes back", () => {
  test("comes off the receipt and the statement of the year, until the bank sides with the fund", async () => {
    const { id, receiptUrl } = await give(pot, fund.slug, 4000);
    const counted = async (prefix: string) =>
      (await one("select count(*)::int as n from transaction where key like $1", [`${prefix}:${id}%`])).n as number;
    await until("booked", async () => (await counted("gift")) === 1);
    const { stripe } = pot.stripe;
    const intent = Object.values(stripe.store.state.intents).find((i) => i.metadata["donation"] === id)!;
    const dispute = stripe.openDispute(intent.id)!;
    await until("taken back", async () => (await counted("dispute")) === 1);
    const year = `${receiptUrl}/year/${new Date().getUTCFullYear()}`;
    const total = async () => /<tfoot>.*<\/tfoot>/su.exec(await (await fetch(year)).text())?.[0] ?? "";
    expect(await (await fetch(receiptUrl)).text()).toContain("Taken back through the bank");
    expect(await total()).toMatch(/Taken back through the bank.*-\$40\.00.*\$0\.00/su);
    stripe.closeDispute(dispute.id, true);
    await until("it came in again", async () => (await counted("dispute-won")) === 1);
    expect(await (await fetch(receiptUrl)).text()).not.toContain("Taken back through the bank");
    expect(await total()).toMatch(/Total.*\$40\.00/su);
    expect(await total()).not.toContain("$0.00");
  });

  test("stays off when the dispute is lost", async () => {
    const { id, receiptUrl } = await give(pot, fund.slug, 4100);
    const { stripe } = pot.stripe;
    await until(
      "booked",
      async () => (await one("select 1 from transaction where key = $1", [`gift:${id}`])) !== undefined,
    );
    const intent = Object.values(stripe.store.state.intents).find((i) => i.metadata["donation"] === id)!;
    const dispute = stripe.openDispute(intent.id)!;
    stripe.closeDispute(dispute.id, false);
    await until(
      "lost",
      async () => (await one("select 1 from transaction where key = $1", [`dispute-lost:${dispute.id}`])) !== undefined,
    );
    expect(await (await fetch(receiptUrl)).text()).toContain("Taken back through the bank");
  });
});

describe("a payment that is settled in another currency than the fund's", () => {
  test("is not booked, and the desk is told", async () => {
    const answer = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ amount: 4200, frequency: "once" }),
    });
    const { id, checkoutUrl } = (await answer.json()) as { id: string; checkoutUrl: string };
    pot.stripe.stripe.store.state.sessions[checkoutUrl.split("/").at(-1)!]!.currency = "eur";
    await fetch(checkoutUrl, {
      method: "POST",
      body: new URLSearchParams({ card: "4242424242424242" }),
      redirect: "manual",
    });
    await until(
      "an alarm",
      async () => (await one("select count(*)::int as n from alarm where kind = 'other-currency'")).n === 1,
    );
    await pot.app.get(Sweep).run();
    expect((await one("select count(*)::int as n from transaction where key = $1", [`gift:${id}`])).n).toBe(0);
    expect((await one("select count(*)::int as n from alarm where kind = 'other-currency'")).n).toBe(1);
  });
});

describe("what Stripe takes for the account itself", () => {
  test("is an expense of the one fund that uses it, found by the sweep", async () => {
    pot.stripe.stripe.accountFee(250, "usd");
    await pot.app.get(Sweep).run();
    const fee = await one(
      "select kind::text as kind, (select -amount::int from posting p join account a using (fund_id, account_no) where p.fund_id = t.fund_id and p.seq = t.seq and a.code = 'assets:stripe') as n from transaction t where key like 'stripe:%'",
    );
    expect(fee).toEqual({ kind: "fee", n: 250 });
  });

  test("is nobody's while several funds share the account, and one fund's again afterwards", async () => {
    const second = await openFund(pot, "second-fund");
    pot.stripe.stripe.accountFee(300, "usd");
    await pot.app.get(Sweep).run();
    expect((await one("select count(*)::int as n from stripe_line where standing = 'unassigned'")).n).toBe(1);
    await (await pot.db.as("owner")).query("update fund set state = 'closed' where fund_id = $1", [second.fundId]);
    await pot.app.get(Sweep).run();
    expect((await one("select count(*)::int as n from stripe_line where standing = 'unassigned'")).n).toBe(0);
    expect((await one("select count(*)::int as n from transaction where key like 'stripe:%'")).n).toBe(2);
  });
});

describe("the register of Stripe's lines", () => {
  test.each([
    ["delete from stripe_line", "never forgotten"],
    ["update stripe_line set amount = amount + 1", "does not change"],
    ["update stripe_line set standing = 'foreign', fund_id = null where standing = 'fund'", "once"],
  ])("refuses %s", async (sql, why) => {
    await expect((await pot.db.as("owner")).query(sql)).rejects.toThrow(why);
  });

  test("without its guard, what Stripe said could be rewritten", async () => {
    const owner = await pot.db.as("owner");
    await owner.query("begin; alter table stripe_line disable trigger stripe_line_guard");
    expect((await owner.query("update stripe_line set fee = fee + 1")).rowCount).toBeGreaterThan(0);
    await owner.query("rollback");
  });
});
