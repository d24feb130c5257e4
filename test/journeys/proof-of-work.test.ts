import type { Browser, Page } from "playwright-core";
import { FAILURES_MAX } from "../../src/donations/limits/card-pause.js";
import { CardPause } from "../../src/donations/limits/card-pause.service.js";
import { GIFT_STEP_UP } from "../../src/donations/limits/gift-step-up.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { ProofOfWork, RIPE_SECONDS } from "../../src/platform/http/proof-of-work.service.js";
import { accessibilityFaults, launchBrowser, newPerson, picture } from "../support/browser.js";
import { openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

const { free: FREE, roundsMost: ROUNDS_MOST } = GIFT_STEP_UP;

jest.setTimeout(120_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const clock = new HandClock(new Date());
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot({ worker: false, limitLoopback: true, clock }), launchBrowser()]);
  fund = await openFund(pot, "pine-street");
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

async function somebody(options: Parameters<typeof newPerson>[1] = {}): Promise<Page> {
  const person = await newPerson(browser, options);
  person.context.setDefaultTimeout(20_000);
  person.complaints.push = (...said) => complaints.push(...said);
  return person.page;
}

const give = (): string => `${pot.origin}/${fund.slug}/give`;

async function startMany(): Promise<void> {
  for (let i = 0; i < FREE.network; i++)
    await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"amount":500,"frequency":"once"}',
    });
}

test("a form that was opened before the rush is sent back, does its work, and goes on by itself", async () => {
  const page = await somebody();
  await page.goto(give());
  expect(await page.locator("script").count()).toBe(0);
  await page.fill("#amount", "12.34");
  await startMany();
  await page.click("main button");
  await page.waitForURL("**/c/pay/**");
  expect(await page.textContent("h1")).toBe("$12.34");
  expect(complaints).toEqual([]);
});

test("while many give, the page works while it is filled in, and says so in plain words", async () => {
  const page = await somebody();
  await page.goto(give());
  await page.waitForSelector("#step-up-done:has-text('Done.')");
  expect(await page.isVisible("#step-up-wait")).toBe(false);
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.fill("#amount", "23.45");
  await page.click("main button");
  await page.waitForURL("**/c/pay/**");
  expect(await page.textContent("h1")).toBe("$23.45");
  expect(complaints).toEqual([]);
});

test("the most work there is ends on an old phone by itself, and whoever presses too soon need not press again", async () => {
  const proofs = pot.app.get(ProofOfWork);
  const challenge = proofs.challenge.bind(proofs);
  const most = jest.spyOn(proofs, "challenge").mockImplementation((purpose) => challenge(purpose, ROUNDS_MOST));
  const page = await somebody();
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 6 });
  await page.goto(give(), { waitUntil: "domcontentloaded" });
  const began = Date.now();
  await page.fill("#amount", "34.56");
  await page.click("main button");
  if (!page.url().includes("/c/pay/")) {
    await picture(page, "proof-working");
    await page.waitForURL("**/c/pay/**", { timeout: 60_000 });
  }
  const seconds = (Date.now() - began) / 1000;
  most.mockRestore();
  // A figure to read, not a test: how fast a busy machine plays a slow phone says nothing about phones.
  process.stderr.write(`the most work, throttled six times: ${seconds.toFixed(1)} s\n`);
  expect(complaints).toEqual([]);
});

test("without script half a minute's wait does instead, once, and nothing that was typed is lost", async () => {
  const page = await somebody({ script: false });
  await page.goto(give());
  expect(await page.textContent("#step-up-wait")).toContain("Take 30 seconds");
  await page.fill("#amount", "45.67");
  await page.check("#coverFee");
  await page.click("main button");
  await page.waitForSelector("text=Nothing you typed is lost");
  expect([await page.inputValue("#amount"), await page.isChecked("#coverFee")]).toEqual(["45.67", true]);
  await picture(page, "proof-ticket");
  clock.set(new Date(clock.now().getTime() + RIPE_SECONDS * 1000));
  await page.click("main button");
  await page.waitForURL("**/c/pay/**");
  expect(await page.textContent("h1")).toMatch(/^\$47\.\d\d$/);
});

test("in Spanish too", async () => {
  const page = await somebody({ script: false, language: "es-MX" });
  await page.goto(give());
  expect(await page.textContent("#step-up-wait")).toContain("Espera 30 segundos");
});

test("while card gifts rest, the page says until when and what works meanwhile, and one click at the desk ends it", async () => {
  const pause = pot.app.get(CardPause);
  for (let i = 0; i < FAILURES_MAX; i++)
    await pot.database.atomically((tx) =>
      pause.failed(tx, { ...fund, timeZone: fund.charter.timeZone }, `ch_${i}`, clock.now()),
    );
  const page = await somebody();
  await page.goto(give());
  expect(await page.textContent("main")).toMatch(/Card gifts rest until .*You can come back later/);
  expect(await page.locator("form").count()).toBe(0);
  expect(await accessibilityFaults(page)).toEqual([]);
  await picture(page, "cards-rest");

  const ana = await somebody();
  await ana.goto(`${pot.origin}/${fund.slug}/desk`);
  await ana.click("button[data-act=be][data-name=Ana]");
  await ana.waitForSelector("#me");
  expect(await ana.textContent("#card-pause")).toContain("10 payments failed in a row");
  expect(await accessibilityFaults(ana)).toEqual([]);
  await picture(ana, "cards-rest-desk");
  await ana.click("#card-pause button");
  await ana.waitForSelector("#card-pause", { state: "detached" });
  await page.reload();
  expect(await page.locator("form").count()).toBe(1);
  expect(complaints).toEqual([]);
});
