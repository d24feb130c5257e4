import type { Browser } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { Sweep } from "../../src/donations/booking/sweep.service.js";
import { accessibilityFaults, launchBrowser, picture, seated } from "../support/browser.js";
import { give, openFund, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot(), launchBrowser()]);
  fund = await openFund(pot, "elm-street");
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

const booked = async (key: string): Promise<boolean> =>
  (await (await pot.db.as("owner")).query("select from transaction where key like $1", [key])).rowCount === 1;

test("a donor quotes the number on the receipt, and two treasurers give the gift back", async () => {
  const { id, receiptUrl } = await give(pot, fund.slug, 4000);
  await until("booked", () => booked(`gift:${id}`));
  const [ana, ben] = [
    await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ana", complaints),
    await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ben", complaints, "es"),
  ];
  const receipt = await (await fetch(receiptUrl)).text();
  const number = /[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}/.exec(receipt)![0];

  await ana.page.click("text=Gifts by card, and giving one back");
  await picture(ana.page, "gifts");
  await ana.page.fill("#number", "0000-0000-0000");
  await ana.page.click("button:has-text('Find it')");
  expect(await ana.page.textContent("main")).toContain("No gift by card has this number");
  await ana.page.fill("#number", number.toLowerCase());
  await ana.page.click("button:has-text('Find it')");
  await ana.page.click("summary:has-text('Give it back')");
  await ana.page.getByLabel("How much").fill("41");
  await ana.page.click("text=Ask the others to sign");
  expect(await ana.page.textContent("details[open] .wrong")).toContain("left to give back");
  expect(await ana.page.getByLabel("How much").inputValue()).toBe("41");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "gifts-refused");
  await ana.page.getByLabel("How much").fill("");
  await ana.page.click("text=Ask the others to sign");
  expect(await ana.page.textContent("main")).toContain(`receipt ${number}`);
  await ana.page.click("[data-act=decide]");
  await ana.page.getByText("You have signed").waitFor();
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "decisions");

  await ben.page.reload();
  await ben.page.click("text=Una decisión espera tu firma");
  await picture(ben.page, "decisions-es");
  await ben.page.click("[data-act=decide]");
  await ben.page.getByText("Decidido").waitFor();
  await until("given back", () => booked(`refund:${id}:%`));
  await ana.page.goto(`${pot.origin}/${fund.slug}/desk/gifts`);
  expect(await ana.page.textContent("main")).toContain("$40.00 given back");
  await picture(ana.page, "gifts-given-back");
  expect(await (await fetch(receiptUrl)).text()).toMatch(/\$40\.00/);
  await pot.app.get(Sweep).run();
  await ana.page.goto(`${pot.origin}/${fund.slug}/desk`);
  await ana.page.click("text=Stripe’s balance");
  expect(await ana.page.textContent("main")).toContain("Both sides agree to the cent");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "stripe-balance");
  expect(complaints).toEqual([]);
});

test("a page that says another thing than what would be signed gets no signature", async () => {
  const { id } = await give(pot, fund.slug, 3000);
  await until("booked", () => booked(`gift:${id}`));
  const ana = await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ana", complaints);
  await ana.page.goto(`${pot.origin}/${fund.slug}/desk/gifts`);
  await ana.page.click("summary:has-text('Give it back')");
  await ana.page.click("text=Ask the others to sign");
  await ana.page.evaluate(() => {
    const item = document.querySelector<HTMLElement>("[data-decision]")!;
    item.dataset["subject"] = item.dataset["subject"]!.replace(/"amount":\d+/, '"amount":1');
  });
  await ana.page.click("[data-act=decide]");
  await ana.page.getByText("What you saw has changed since").waitFor();
  expect(
    (
      await (
        await pot.db.as("owner")
      ).query(
        "select from joint_decision_yes y join joint_decision d using (fund_id, decision_id) where d.state = 'open'",
      )
    ).rowCount,
  ).toBe(0);
});
