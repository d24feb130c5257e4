import type { Browser, Page } from "playwright-core";
import { accessibilityFaults, launchBrowser, newPerson, picture, seated } from "../support/browser.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

/** Until the page says it: publication takes some seconds. */
async function waitFor(page: Page, url: string, selector: string): Promise<void> {
  for (let i = 0; i < 60 && (await page.locator(selector).count()) === 0; i++) {
    await page.goto(url);
    await page.waitForTimeout(500);
  }
}

test("four wait and two can be helped: Ana and Ben put in secrets, open them, and Lucía finds her ticket in the open books", async () => {
  const fund = await openFund(pot, "lots-street", { rule: "lottery", publication: { clock: "ten-seconds", k: 3 } });
  const codes = await Promise.all([1, 2, 3, 4].map(() => ask(pot, fund.slug, 10_000)));
  await bookGift(pot.database, fund, 20_000n, "gift");
  const desk = `${pot.origin}/${fund.slug}/desk`;
  const ana = (await seated(browser, desk, "Ana", complaints)).page;
  const ben = (await seated(browser, desk, "Ben", complaints, "es")).page;

  await ana.click("text=The lottery");
  expect(await ana.textContent("#draw")).toContain("4 people wait in line");
  expect(await accessibilityFaults(ana)).toEqual([]);
  await picture(ana, "lottery-begin");
  await ana.click("[data-act=draw-secret]");
  await ana.getByText("Your secret is in").waitFor();
  await ben.goto(`${desk}/draw?lang=es`);
  expect(await ben.textContent("#draw")).toContain("Ana ya puso un secreto");
  await ben.click("[data-act=draw-secret]");
  await ben.getByText("4 boletos están fijados y anunciados").waitFor();
  await picture(ben, "lottery-announced-es");

  const lucia = (await newPerson(browser, { language: "es" })).page;
  await lucia.goto(`${pot.origin}/${fund.slug}/status?lang=es`);
  await lucia.fill("#words", codes[0]!);
  await lucia.click("main form button");
  expect(await lucia.textContent("main")).toContain("Todavía no se ha sorteado");
  await picture(lucia, "lottery-ticket-es");

  await waitFor(ana, `${desk}/draw?lang=en`, "[data-act=draw-open]");
  await ana.click("[data-act=draw-open]");
  await ana.getByText("It is drawn when this secret is opened: Ben").waitFor();
  await waitFor(ben, `${desk}/draw?lang=es`, "[data-act=draw-open]");
  await ben.click("[data-act=draw-open]");
  await ben.getByText("se sortearon 4 boletos").waitFor();
  await picture(ben, "lottery-drawn-es");

  const isPublic = async (): Promise<boolean> =>
    (await (await pot.db.as("owner")).query("select from log_entry e join published p using (fund_id) where e.fund_id = $1 and e.kind = 'drawn' and e.idx < p.size", [fund.fundId])).rowCount === 1; // prettier-ignore
  await until("the result is public", isPublic, 40);
  await lucia.goto(`${pot.origin}/${fund.slug}/status?lang=es`);
  await lucia.fill("#words", codes[0]!);
  await lucia.click("main form button");
  const told = /es ([0-9a-f]{8})…: número (\d) de 4/.exec((await lucia.textContent("main")) ?? "");
  expect(told).not.toBeNull();
  await lucia.click("text=Búscalo en las cuentas abiertas");
  expect(await lucia.locator("ol.tickets li").nth(Number(told![2]) - 1).textContent()).toMatch(new RegExp(`^${told![1]}`)); // prettier-ignore
  expect(await accessibilityFaults(lucia)).toEqual([]);
  await picture(lucia, "lottery-books-es");
  await until("two are picked", async () => (await (await pot.db.as("owner")).query("select from disbursement where fund_id = $1 and state = 'proposed'", [fund.fundId])).rowCount === 2); // prettier-ignore
  expect(complaints).toEqual([]);
});
