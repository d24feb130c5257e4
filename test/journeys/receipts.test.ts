import type { Browser, Page } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { accessibilityFaults, launchBrowser, newPerson, picture } from "../support/browser.js";
import { give, openFund, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const complaints: string[] = [];

beforeAll(async () => {
  // Nobody listens there: a letter cannot be sent.
  const mail = { url: "smtp://127.0.0.1:9", from: "pot@example.org" };
  [pot, browser] = await Promise.all([startCommonpot({ mail, mailTimeoutMs: 1000 }), launchBrowser()]);
  fund = await openFund(pot, "birch-street");
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

async function somebody(options: Parameters<typeof newPerson>[1] = {}): Promise<Page> {
  const person = await newPerson(browser, options);
  person.context.setDefaultTimeout(15_000);
  person.complaints.push = (...said) => complaints.push(...said);
  return person.page;
}

test("a donor prints the receipt, and a statement over two of them", async () => {
  const [first, second] = [await give(pot, fund.slug, 2500), await give(pot, fund.slug, 4000)];
  const owner = await pot.db.as("owner");
  const booked = async (): Promise<boolean> =>
    (await owner.query("select from transaction where kind = 'gift'")).rowCount === 2;
  await until("booked", booked);
  const page = await somebody();
  await page.goto(first.receiptUrl);
  expect(await accessibilityFaults(page)).toEqual([]);
  await picture(page, "receipt");
  await page.click("text=Print it");
  await page.waitForSelector("text=Receipt number");
  expect(await accessibilityFaults(page)).toEqual([]);
  await picture(page, "receipt-paper");

  await page.emulateMedia({ media: "print" });
  expect(await page.isVisible("text=$25.00")).toBe(true);
  // On paper it says that it is practice, and nothing that only a screen needs.
  expect(await page.isVisible(".print")).toBe(true);
  for (const hidden of [".top", "footer", ".noprint >> nth=0"]) expect(await page.isVisible(hidden)).toBe(false);
  await page.emulateMedia({ media: "screen" });

  await page.click("text=Back to the receipt");
  await page.click("text=Several receipts?");
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.fill("#links", `${first.receiptUrl}\n${second.receiptUrl}\nnothing`);
  await page.selectOption("#year", String(new Date().getUTCFullYear()));
  await picture(page, "year-form");
  await page.click("main button");
  await page.waitForSelector("tfoot >> text=$65.00");
  expect(await page.textContent(".note")).toContain("number 3");
  expect(await accessibilityFaults(page)).toEqual([]);
  await picture(page, "year-paper");
  expect(complaints).toEqual([]);
});

test("without script, in Spanish: a letter that cannot be sent says so, and the address is still there", async () => {
  const { receiptUrl, id } = await give(pot, fund.slug, 1000);
  const owner = await pot.db.as("owner");
  await until(
    "booked",
    async () => (await owner.query("select from transaction where key = $1", [`gift:${id}`])).rowCount === 1,
  );
  const page = await somebody({ script: false, language: "es-MX" });
  await page.goto(receiptUrl);
  await page.fill("#address", "ana@example.org");
  await page.click("main form button");
  expect(await page.textContent("[role=alert]")).toContain("no se pudo enviar el correo");
  expect(await page.inputValue("#address")).toBe("ana@example.org");
  await picture(page, "receipt-mail-failed-es");
});
