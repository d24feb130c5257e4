import type { Browser } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { bailForfeited, bailPosted } from "../../src/ledger/flows/aid.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { accessibilityFaults, launchBrowser, picture, seated } from "../support/browser.js";
import { TODAY } from "../support/builders.js";
import { openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot({ worker: false }), launchBrowser()]);
  fund = await openFund(pot, "oak-street");
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

const atDesk = (name: string, language?: string): ReturnType<typeof seated> =>
  seated(browser, `${pot.origin}/${fund.slug}/desk`, name, complaints, language);

test("two treasurers keep a hat's worth of cash, without script: enter, confirm, move, count, undo", async () => {
  const [ana, ben] = [await atDesk("Ana"), await atDesk("Ben")];
  const url = `${pot.origin}/${fund.slug}/desk/holdings`;
  await ana.plain.goto(url);
  await picture(ana.plain, "holdings-empty");
  await ana.plain.click("summary:has-text('Money came in or went out')");
  await ana.plain.fill("#in-amount", "1,234.50");
  await ana.plain.selectOption("#in-holding", "assets:cash:box");
  await ana.plain.click("text=Enter it");
  expect(await ana.plain.textContent(".good")).toContain("when another treasurer says yes");
  expect(await ana.plain.isVisible("text=Yes, that’s right")).toBe(false);
  // The desk tells Ben that something waits for him.
  await ben.page.reload();
  await ben.page.click("text=One entry waits for a second yes");
  expect(await ben.page.textContent("[data-entry]")).toMatch(/\$1,234\.50.*A gift.*entered by Ana/s);
  expect(await accessibilityFaults(ben.page)).toEqual([]);
  await ben.plain.goto(url);
  await picture(ben.plain, "holdings-waiting");
  await ben.plain.click("text=Yes, that’s right");
  expect(await ben.plain.textContent(".good")).toContain("Done");
  expect(await ben.plain.textContent("main")).toMatch(/\$1,234\.50\s*cash · box/);
  // More than is there cannot be moved; what was typed is still there.
  await ana.plain.goto(url);
  await ana.plain.click("summary:has-text('Move money')");
  await ana.plain.fill("#move-amount", "twelve");
  await ana.plain.selectOption("#move-holding", "assets:cash:box");
  await ana.plain.click("text=Enter the move");
  expect(await ana.plain.textContent("details[open] .wrong")).toContain("Type an amount");
  expect(await ana.plain.inputValue("#move-amount")).toBe("twelve");
  expect(await ana.plain.inputValue("#move-holding")).toBe("assets:cash:box");
  await picture(ana.plain, "holdings-refused");
  await ana.plain.fill("#move-amount", "2000");
  await ana.plain.click("text=Enter the move");
  await ben.plain.goto(url);
  await ben.plain.click("text=Yes, that’s right");
  expect(await ben.plain.textContent("[role=alert]")).toContain("doesn’t have that much free");
  await ben.plain.click("text=That isn’t right");
  // A count that differs shows.
  await ben.plain.click("summary:has-text('Count a holding')");
  await ben.plain.selectOption("#count-holding", "assets:cash:box");
  await ben.plain.fill("#count-counted", "1,230.00");
  await ben.plain.click("text=I counted this");
  expect(await ben.plain.textContent(".good")).toContain("$4.50 less than the books say");
  // What was wrong is undone by two.
  await ben.plain.click("summary:has-text('Undo')");
  await ben.plain.selectOption("[name=reason]", "wrong-amount");
  await ben.plain.click("details[open] button");
  await ana.plain.goto(url);
  await ana.plain.click("text=Yes, that’s right");
  expect((await new Journal().accounts(pot.database.read, fund.fundId)).get("assets:cash:box")).toBe(0n);
});

test("bail that is out shows with its age, in Spanish too, and what the court did is entered", async () => {
  const journal = new Journal();
  const [ana, ben] = [await atDesk("Ana", "es-US"), await atDesk("Ben")];
  const url = `${pot.origin}/${fund.slug}/desk/holdings`;
  await ana.plain.goto(url);
  await ana.plain.click("summary:has-text('Entró o salió')");
  await ana.plain.selectOption("#in-holding", "assets:bank");
  await ana.plain.fill("#in-amount", "3000");
  await ana.plain.click("text=Anotarlo");
  await ben.plain.goto(url);
  await ben.plain.click("text=Yes, that’s right");
  const hold = crypto.randomUUID();
  await pot.database.atomically(async (tx) => {
    await journal.placeHold(tx, fund.fundId, hold, 250_000n, TODAY);
    const bail = {
      payoutId: crypto.randomUUID(),
      disbursementId: hold,
      depositId: crypto.randomUUID(),
      day: "2026-08-01",
    };
    await journal.post(tx, fund.fundId, bailPosted({ ...bail, amount: 250_000n, holding: "assets:bank" }), new Date());
  });
  await ana.page.goto(`${url}?lang=es`);
  expect(await ana.page.textContent("main")).toMatch(/\$2,500\.00\s*\d+ días fuera/);
  await ana.page.click("summary:has-text('¿Qué hizo el tribunal?')");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "holdings-bail-es");
  await ana.page.fill("#bail-amount", "2500");
  await ana.page.fill("#bail-courtFee", "75");
  await ana.page.selectOption("#bail-holding", "assets:bank");
  await ana.page.click("text=Anotar lo que pasó");
  await ben.plain.goto(url);
  await ben.plain.click("text=Yes, that’s right");
  expect(await journal.balances(pot.database.read, fund.fundId)).toMatchObject({ onDeposit: 0n });
  expect(await ben.plain.textContent("main")).toContain("No bail is out");
  await picture(ben.page, "desk");
  // What was forfeited can be taken back, also when nothing else is out.
  await pot.database.atomically(async (tx) => {
    const [again, depositId] = [crypto.randomUUID(), crypto.randomUUID()];
    await journal.placeHold(tx, fund.fundId, again, 10_000n, TODAY);
    const attempt = { payoutId: crypto.randomUUID(), disbursementId: again, day: TODAY, amount: 10_000n };
    await journal.post(tx, fund.fundId, bailPosted({ ...attempt, depositId, holding: "assets:bank" }), new Date());
    const lost = bailForfeited({ depositId, actId: "lost", day: TODAY, amount: 10_000n });
    await journal.post(tx, fund.fundId, lost, new Date());
  });
  await ana.page.goto(`${url}?lang=en`);
  await ana.page.click("summary:has-text('What did the court do?')");
  await ana.page.selectOption("#bail-what", "bail-reinstated");
  await ana.page.fill("#bail-amount", "100");
  await ana.page.fill("#bail-courtFee", "0");
  await ana.page.click("text=Enter what happened");
  await ben.plain.goto(url);
  await ben.plain.click("text=Yes, that’s right");
  expect(await journal.balances(pot.database.read, fund.fundId)).toMatchObject({ onDeposit: 10_000n });
  expect(complaints).toEqual([]);
});
