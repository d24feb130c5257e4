import type { Browser } from "playwright-core";
import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { accessibilityFaults, launchBrowser, newPerson, picture, seated } from "../support/browser.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, payEverybody, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot({ worker: false }), launchBrowser()]);
  fund = await openFund(pot, "rent-street", { leastPart: 10_000n });
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

const select = () => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));

test("half of the rent comes; the person sees that the rest keeps its place, confirms the part, and says when it is enough", async () => {
  const code = await ask(pot, fund.slug, 50_000);
  await bookGift(pot.database, fund, 20_000n, "first");
  await select();
  await payEverybody(pot, fund);

  for (const [language, part] of [
    ["en", "stays in line at your old place"],
    ["es", "siguen en la fila"],
    ["ar", "مكانك نفسه"],
  ] as const) {
    // prettier-ignore
    const { page, complaints } = await newPerson(browser);
    await page.goto(`${pot.origin}/${fund.slug}/status?lang=${language}`);
    await page.fill("textarea", code);
    await page.locator("form.card button").first().click();
    await page.getByText(part).first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await picture(page, `part-${language}`);
    expect(complaints).toEqual([]);
  }

  await bookGift(pot.database, fund, 25_000n, "second");
  await select();
  const complaints: string[] = [];
  const ana = await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ana", complaints);
  await ana.page.getByText("a part; the rest keeps its place").waitFor();
  await picture(ana.page, "desk-part");
  await payEverybody(pot, fund);

  const { page } = await newPerson(browser, { script: false });
  await page.goto(`${pot.origin}/${fund.slug}/status`);
  await page.fill("textarea", code);
  await page.locator("form.card button").first().click();
  const sections = page.locator("main section.card");
  expect(await sections.count()).toBe(2);
  await sections.nth(1).getByRole("button", { name: "I got it" }).click();
  expect(await sections.nth(1).textContent()).toContain("You told us that it arrived");
  expect(await sections.nth(0).textContent()).not.toContain("You told us that it arrived");
  await picture(page, "two-parts");
  await page.getByText("That’s enough, I don’t need the rest").click();
  await page.getByRole("button", { name: "Yes, that’s enough" }).click();
  expect(await page.textContent("main")).toContain("the other $50.00 is not sent any more");
  await picture(page, "part-enough");
  expect(complaints).toEqual([]);
});
