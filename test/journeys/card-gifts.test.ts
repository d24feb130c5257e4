import type { Browser, Page } from "playwright-core";
import { accessibilityFaults, launchBrowser, newPerson, picture } from "../support/browser.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot(), launchBrowser()]);
  fund = await openFund(pot, "journey-pot");
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

async function somebody(options: Parameters<typeof newPerson>[1] = {}): Promise<Page> {
  const made = await newPerson(browser, options);
  made.context.setDefaultTimeout(15_000);
  made.complaints.push = (...said) => complaints.push(...said);
  return made.page;
}
const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];

test("a donor gives every month, without script, and ends it in the portal", async () => {
  const page = await somebody({ script: false });
  await page.goto(`${pot.origin}/${fund.slug}/give`);
  await page.getByLabel("Every month").check();
  await page.getByRole("button", { name: "Go on to the card" }).click();
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.waitForURL(/receipts/);
  await until(
    "the first month is booked",
    async () => (await page.reload()) !== null && (await page.content()).includes("Months so far"),
  );
  await page.getByRole("button", { name: "Change the card, or end it" }).click();
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.getByRole("link", { name: "Back to the receipt" }).click();
  await until(
    "the end is known",
    async () => (await page.reload()) !== null && (await page.content()).includes("ended on"),
  );
  const looked = await somebody();
  await looked.goto(page.url());
  expect(await accessibilityFaults(looked)).toEqual([]);
  await picture(looked, "receipt-monthly-ended");
  expect(complaints).toEqual([]);
});

test("a gift is disputed and lost: the pot says so, and what is gone can't be promised", async () => {
  const answer = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount: 5000, frequency: "once" }),
  });
  const { id, checkoutUrl } = (await answer.json()) as { id: string; checkoutUrl: string };
  const page = await somebody();
  await page.goto(checkoutUrl);
  await page.getByLabel("Card number").fill("4000 0000 0000 0259");
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.waitForURL(/receipts/);
  const key = `gift:${id}`;
  await until(
    "booked",
    async () => (await one("select count(*)::int as n from transaction where key = $1", [key])).n === 1,
  );
  const { stripe } = pot.stripe;
  const intent = stripe.store.state.sessions[checkoutUrl.split("/").at(-1)!]!.payment_intent as string;
  const dispute = stripe.openDispute(intent)!;
  await until(
    "withdrawn",
    async () => (await one("select count(*)::int as n from transaction where kind = 'dispute'")).n === 1,
  );
  expect(
    (await one("select balance::int as n from account where fund_id = $1 and code = 'assets:disputed'", [fund.fundId]))
      .n,
  ).toBe(5000);
  stripe.closeDispute(dispute.id, false);
  await until(
    "lost",
    async () => (await one("select count(*)::int as n from transaction where kind = 'dispute-lost'")).n === 1,
  );
  expect(
    (
      await one("select balance::int as n from account where fund_id = $1 and code = 'expenses:chargebacks'", [
        fund.fundId,
      ])
    ).n,
  ).toBe(5000);
});

test("an alarm stays on the desk until a treasurer has looked", async () => {
  const about = "pi_of_the_journey";
  await (
    await pot.db.as("owner")
  ).query(
    "insert into alarm (fund_id, alarm_id, kind, about, day) values ($1, gen_random_uuid(), 'unknown-at-stripe', $2, '2026-11-25')",
    [fund.fundId, about],
  );
  await person(pot, fund.slug, "Ana");
  const page = await somebody();
  await page.goto(`${pot.origin}/${fund.slug}/desk`);
  await page.getByRole("button", { name: /Ana/ }).click();
  await page.getByText(about).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await picture(page, "desk-alarm");
  await page.getByRole("button", { name: "I’ve looked" }).click();
  await page.waitForURL(/desk/);
  expect(await page.getByText(about).count()).toBe(0);
  expect((await one("select seen_by is not null as is from alarm where about = $1", [about])).is).toBe(true);
});
