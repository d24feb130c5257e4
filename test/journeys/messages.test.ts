import type { Browser } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { accessibilityFaults, launchBrowser, newPerson, picture, seated } from "../support/browser.js";
import { ask, openFund, rosterIsPublic, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const complaints: string[] = [];
const CANARY = "canary-of-the-answer";

beforeAll(async () => {
  [pot, browser] = await Promise.all([
    startCommonpot({ mail: { url: "smtp://127.0.0.1:1", from: "pot@example.org" }, mailTimeoutMs: 2000 }),
    launchBrowser(),
  ]);
  fund = await openFund(pot, "elm-street");
  await rosterIsPublic(pot, fund);
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

test("somebody writes without script in Arabic; a treasurer opens it and answers with a ready sentence, locked in their own browser", async () => {
  const code = await ask(pot, fund.slug, 3000);
  const { page } = await newPerson(browser, { script: false });
  const look = async (): Promise<void> => {
    await page.goto(`${pot.origin}/${fund.slug}/status?lang=ar`);
    await page.fill("textarea", code);
    await page.locator("form.card button").first().click();
  };
  await look();
  await page.click("text=قل للأمناء شيئًا");
  await page.fill("#text", "رقم الحساب تغيّر");
  await page.click("text=أقفل وأرسل");

  const ana = await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ana", complaints);
  const sent: string[] = [];
  ana.page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  await ana.page.click("text=Somebody wrote and waits for an answer");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "messages-waiting");
  await ana.page.click("[data-act=read-messages]");
  await ana.page.getByText("رقم الحساب تغيّر").waitFor();
  await ana.page.click("summary:has-text('Write to them')");
  await ana.page.getByRole("button", { name: "Lock it here and send" }).click();
  await ana.page.getByText("Choose a ready sentence or write something first").waitFor();
  await ana.page.selectOption("select[name=phrase]", "details");
  await ana.page.fill("textarea[name=words]", CANARY);
  await picture(ana.page, "messages-answer");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await ana.page.getByRole("button", { name: "Lock it here and send" }).click();
  await ana.page.getByText("Nobody waits for an answer").waitFor();
  expect(sent.some((request) => request.includes("AGE ENCRYPTED FILE"))).toBe(true);
  expect(sent.filter((request) => request.includes(CANARY) || request.includes('"phrase"'))).toEqual([]);
  await picture(ana.page, "messages-answered");

  await look();
  const text = await page.textContent("main");
  expect(text).toContain("هناك شيء في طريقة الدفع لا يعمل");
  expect(text).toContain(CANARY);
  await picture(page, "messages-read-ar");
  expect(complaints).toEqual([]);
});

test("a treasurer asks to be told; when no mail server takes the letter, the page says so and keeps what was typed", async () => {
  const ana = await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ana", complaints);
  await ana.page.click("text=Be told that something waits");
  await ana.page.fill("#address", "ana@example.org");
  await ana.page.click("text=Also between 10 in the evening");
  await picture(ana.page, "notices");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  const before = complaints.length;
  await ana.page.click("text=Send me one now");
  await ana.page.getByText("The mail couldn’t be sent just now").waitFor();
  expect(await ana.page.inputValue("#address")).toBe("ana@example.org");
  expect(await ana.page.isChecked("[name=nights]")).toBe(true);
  // Chromium itself notes that a page came with 502.
  complaints.splice(before);
});
