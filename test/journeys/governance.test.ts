import type { Browser, Page } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import {
  accessibilityFaults,
  addAuthenticator,
  launchBrowser,
  newPerson,
  picture,
  seated,
} from "../support/browser.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, payEverybody, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { newToken } from "../../src/kernel/ids.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot(), launchBrowser()]);
  fund = await openFund(pot, "elm-street");
  await bookGift(pot.database, fund, 20_000n, "gift");
  await ask(pot, fund.slug, 1000);
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
  await payEverybody(pot, fund);
  // More than the pot has: it waits, with a message.
  const code = await ask(pot, fund.slug, 50_000);
  await pot.app.inject({
    method: "POST",
    url: "/api/v1/request/messages",
    headers: { authorization: `Claim ${code}`, "idempotency-key": newToken(), "content-type": "application/json" },
    payload: JSON.stringify({ text: "the landlord changed banks" }),
  });
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

async function signs(page: Page, desk: string, language: string): Promise<void> {
  await page.goto(`${desk}/decisions?lang=${language}`);
  await page.click("[data-act=decide]");
}

/** What was written before Dora came: Ana's device locks it anew, Ben's tries the locks, and Dora reads. */
async function locksAnew(desk: string, ana: Page, ben: Page, dora: Page): Promise<void> {
  for (let i = 0; i < 60 && (await ana.locator("#locks").count()) === 0; i++) {
    await ana.goto(`${desk}/locks?lang=en`);
    await ana.waitForTimeout(500);
  }
  expect(await ana.textContent("#locks")).toContain("2 things are locked for who sat here before");
  expect(await accessibilityFaults(ana)).toEqual([]);
  await picture(ana, "locks");
  await dora.goto(`${desk}/messages?lang=en`);
  await dora.click("[data-act=read-messages]");
  await dora.locator("#problem:not([hidden])").waitFor();
  await dora.goto(`${desk}/locks?lang=en`);
  await dora.click("[data-act=relock]");
  await dora.getByText("2 of them this device cannot open").waitFor();
  await picture(dora, "locks-cannot");
  await ana.click("[data-act=relock]");
  await ana.getByText("Everything is locked for those who sit now").waitFor();
  await ben.goto(`${desk}/locks?lang=es`);
  await picture(ben, "locks-try-es");
  await ben.click("[data-act=relock]");
  await ben.getByText("Todo está cerrado para quienes están ahora").waitFor();
  await dora.goto(`${desk}/messages?lang=en`);
  await dora.click("[data-act=read-messages]");
  await dora.getByText("the landlord changed banks").waitFor();
}

test("Chris moves away: Ana invites Dora, two sign, everybody sees it coming, and Dora sits in Chris's place", async () => {
  const desk = `${pot.origin}/${fund.slug}/desk`;
  const [ana, ben] = [
    await seated(browser, desk, "Ana", complaints),
    await seated(browser, desk, "Ben", complaints, "es"),
  ];
  await ana.page.click("text=Rules and seats");
  await ana.page.locator("summary", { hasText: "Change the rules" }).click();
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "rules");
  await ana.page.click("text=Invite somebody to a seat");
  const invitation = (await ana.page.textContent("#invitation"))!;
  await picture(ana.page, "rules-invited");

  const dora = await newPerson(browser);
  dora.context.setDefaultTimeout(15_000);
  await addAuthenticator(dora.page);
  await dora.page.goto(invitation);
  await dora.page.fill("#seat-name", "Dora");
  await dora.page.click("#seat-form button");
  await dora.page.click("#seat-kept");
  await dora.page.getByText("You have asked for a seat").waitFor();
  await picture(dora.page, "seat-asked");
  await dora.page.goto(desk);
  await dora.page.click("[data-act=sign-in]");
  await dora.page.locator("#problem:not([hidden])").waitFor();

  await ana.page.goto(`${desk}/rules?lang=en`);
  const chris = ana.page.locator("ul.people > li", { has: ana.page.getByText("Chris", { exact: true }) }).first();
  await chris.locator("summary", { hasText: "End this seat" }).click();
  await chris.getByLabel("In their place").selectOption({ label: "Dora" });
  await picture(ana.page, "rules-replace");
  await chris.getByRole("button", { name: "Ask the others to sign" }).click();
  await ana.page.getByText("End Chris’s seat, and seat Dora in their place.").waitFor();
  await signs(ana.page, desk, "en");
  await ana.page.getByText("You have signed").waitFor();
  await signs(ben.page, desk, "es");
  await ben.page.getByText("Decidido").waitFor();
  await ben.page.goto(`${desk}/rules?lang=es`);
  expect(await ben.page.textContent("main")).toContain("Decidido, y todavía no rige");
  expect(await accessibilityFaults(ben.page)).toEqual([]);
  await picture(ben.page, "rules-waiting-es");

  await dora.page.goto(`${pot.origin}/${fund.slug}/charter/1?lang=en`);
  expect(await dora.page.textContent("#coming")).toContain("A treasurer’s seat goes to somebody new");
  expect(await accessibilityFaults(dora.page)).toEqual([]);
  await picture(dora.page, "charter-coming");

  await dora.page.goto(desk);
  for (let i = 0; i < 60 && (await dora.page.locator("#me").count()) === 0; i++) {
    await dora.page.click("[data-act=sign-in]");
    await dora.page.waitForTimeout(1000);
  }
  expect(await dora.page.textContent("#me")).toContain("You are Dora");
  await dora.page.click("text=Rules and seats");
  expect(await dora.page.textContent("main")).not.toContain("Chris");

  await locksAnew(desk, ana.page, ben.page, dora.page);

  await dora.page.goto(`${desk}/rules?lang=en`);
  await dora.page.locator("summary", { hasText: "Change the rules" }).click();
  await dora.page.fill("#capPerRequest", "lots");
  await dora.page.fill("#nextMeeting", "Thursday, 7 pm, at the library");
  await dora.page
    .locator("form", { has: dora.page.locator("#capPerRequest") })
    .getByRole("button")
    .click();
  expect(await dora.page.textContent("#capPerRequest-wrong")).toContain("Type an amount");
  expect(await dora.page.inputValue("#nextMeeting")).toContain("Thursday");
  await picture(dora.page, "rules-wrong");
  await dora.page.fill("#capPerRequest", "800");
  await dora.page
    .locator("form", { has: dora.page.locator("#capPerRequest") })
    .getByRole("button")
    .click();
  await dora.page.getByText("$500.00 → $800.00").waitFor();
  await picture(dora.page, "decide-rules");
  expect(complaints).toEqual([]);
});
