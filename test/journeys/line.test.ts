import type { Browser } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { Intake } from "../../src/requests/intake.service.js";
import { BURST_MAX } from "../../src/requests/limits/ask-step-up.js";
import { accessibilityFaults, launchBrowser, newPerson, picture, seated } from "../support/browser.js";
import { ask, openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot({ worker: false }), launchBrowser()]);
  fund = await openFund(pot, "elm-street");
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

test("two treasurers set a flood aside and let asking rest; somebody who was in it comes back; one opens the door again", async () => {
  const details = { payTo: { rail: "venmo" as const, to: "@x" }, language: "en" };
  for (let i = 0; i < BURST_MAX + 5; i++)
    await pot.app.get(Intake).ask(fund, { amount: 1000n, details, noCode: true }, newToken());
  const code = await ask(pot, fund.slug, 3000);
  const desk = `${pot.origin}/${fund.slug}/desk`;
  const [ana, ben] = [
    await seated(browser, desk, "Ana", complaints),
    await seated(browser, desk, "Ben", complaints, "es"),
  ];
  await ana.page.click("text=The line: open, rest, floods");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "line");
  await ana.page.click("text=Ask another treasurer to set them aside");
  await ana.page.click("[data-act=decide]");
  await ana.page.getByText("You have signed").waitFor();
  await ben.page.goto(`${desk}/decisions?lang=es`);
  await ben.page.click("[data-act=decide]");
  await ben.page.getByText("Decidido").waitFor();

  const { page } = await newPerson(browser, { script: false });
  await page.goto(`${pot.origin}/${fund.slug}/status`);
  await page.fill("textarea", code);
  await page.getByRole("button", { name: "Look" }).or(page.locator("form.card button")).first().click();
  expect(await page.textContent("main")).toContain("You are here, so yours is real");
  await picture(page, "status-aside");
  await page.click("text=I’m here: put me back in line");
  expect(await page.textContent("main")).not.toContain("yours is real");

  await ana.page.goto(`${desk}/line`);
  await ana.page.fill("#until", new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10));
  await ana.page.click("text=Ask the others to sign");
  await ana.page.click("[data-act=decide]");
  await ana.page.getByText("You have signed").waitFor();
  await ben.page.goto(`${desk}/decisions?lang=es`);
  await ben.page.click("[data-act=decide]");
  await ben.page.getByText("Decidido").waitFor();
  await page.goto(`${pot.origin}/${fund.slug}/ask`);
  expect(await page.textContent("main")).toContain("takes no new requests just now");
  await picture(page, "ask-paused");
  await ben.page.goto(`${desk}/line?lang=es`);
  await picture(ben.page, "line-paused-es");
  await ben.page.click("text=Abrir ahora");
  await page.reload();
  expect(await page.locator("form").count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
});
