import type { Browser } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { addDays, dayIn } from "../../src/kernel/clock.js";
import { stripePaidBank } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { accessibilityFaults, launchBrowser, picture, seated } from "../support/browser.js";
import { bookGift } from "../support/builders.js";
import { openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const complaints: string[] = [];
const today = dayIn("UTC", new Date());

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

const usDay = (day: string): string => `${day.slice(5, 7)}/${day.slice(8)}/${day.slice(0, 4)}`;

async function gift(ana: PersonAtDesk, ben: PersonAtDesk, amount: number, day: string): Promise<void> {
  const body = { what: "gift", amount, holding: "assets:bank", day };
  const { id } = await ana.post<{ id: string }>("hand-entries", body);
  await ben.post(`hand-entries/${id}/confirmations`, {});
}

test("a treasurer lays the bank's statement beside the book, without script, and another confirms what was missing", async () => {
  const [deskAna, deskBen] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
  const [first, second] = [addDays(today, -9), addDays(today, -8)];
  await gift(deskAna, deskBen, 4000, first);
  await gift(deskAna, deskBen, 2000, second);
  await gift(deskAna, deskBen, 2000, second);
  await gift(deskAna, deskBen, 1250, second);
  await bookGift(pot.database, fund, 9700n, "card");
  const payout = stripePaidBank({ payoutId: "po_1", day: second, amount: 9700n });
  await pot.database.atomically((tx) => new Journal().post(tx, fund.fundId, payout, new Date()));

  const [ana, ben] = [await atDesk("Ana"), await atDesk("Ben")];
  await ana.plain.goto(`${pot.origin}/${fund.slug}/desk/holdings`);
  await ana.plain.click("text=Bank and wallet statements");
  expect(await ana.plain.textContent("main")).toContain("never the text");
  await picture(ana.plain, "statements-empty");
  const rows = [
    [usDay(first), "Zelle from Ada Quillfeather", "40.00", "40.00"],
    [usDay(second), "STRIPE TRANSFER", "97.00", "137.00"],
    [usDay(second), "Deposit", "20.00", "157.00"],
    [usDay(second), "Deposit", "20.00", "177.00"],
    [usDay(second), "Mobile deposit", "33.00", "210.00"],
    [usDay(addDays(today, -7)), "MONTHLY SERVICE FEE", "-5.00", "205.00"],
    [usDay(addDays(today, -7)), "Transfer not ours", "7.00", "212.00"],
  ];
  const csv = `Statement of Oak Street\n\nPosted,What,Value,Left\n${rows.map((row) => row.join(",")).join("\n")}\n`;
  await ana.plain.setInputFiles("#file", { name: "november.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await ana.plain.click("text=Show me how you read it");
  // The names of these columns say nothing to us, and two of them could be sums: a person says which is what.
  expect(await ana.plain.inputValue("#amount")).toBe("");
  expect(await ana.plain.textContent("main")).toContain("we don’t guess");
  expect(await ana.plain.isVisible("text=Keep these")).toBe(false);
  await ana.plain.selectOption("#amount", "2");
  await ana.plain.selectOption("#order", "mdy");
  if (await ana.plain.isHidden("#balance")) await ana.plain.click("summary:has-text('More columns')");
  await ana.plain.selectOption("#balance", "3");
  if ((await ana.plain.inputValue("#decimal")) === "") await ana.plain.selectOption("#decimal", ".");
  expect(await ana.plain.textContent("main")).toMatch(/Line 4: .*Ada Quillfeather/);
  await picture(ana.plain, "statements-columns");
  await ana.plain.click("button:has-text('Read it again')");
  expect(await ana.plain.textContent("main")).toMatch(/Line 4: .*Ada Quillfeather/);
  expect(await ana.plain.textContent("main")).toContain("then $40.00");
  await picture(ana.plain, "statements-preview");
  await ana.page.goto(`${pot.origin}/${fund.slug}/desk/statements`);
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  // The same with script, and a file in which something is wrong.
  const wrong = { name: "wrong.csv", mimeType: "text/csv", buffer: Buffer.from(csv.replace("33.00", "thirty")) };
  await ana.page.setInputFiles("#file", wrong);
  await ana.page.click("text=Show me how you read it");
  await ana.page.selectOption("#amount", "2");
  await ana.page.selectOption("#order", "mdy");
  if (await ana.page.isHidden("#sign")) await ana.page.click("summary:has-text('More columns')");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await ana.page.selectOption("#decimal", ".");
  await ana.page.click("button:has-text('Read it again')");
  expect(await ana.page.textContent("[role=alert]")).toContain("Line 8: we can’t read the sum");
  expect(await ana.page.isVisible("text=Keep these")).toBe(false);
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await picture(ana.page, "statements-wrong");
  await ana.plain.click("text=Keep these 7 lines");
  expect(await ana.plain.textContent(".good")).toContain("7 lines are new");
  expect(await ana.plain.textContent("main")).not.toContain("Quillfeather");
  await picture(ana.plain, "statements-board");
  await ana.page.goto(`${pot.origin}/${fund.slug}/desk/statements`);
  for (const summary of await ana.page.locator("summary").all()) await summary.click();
  expect(await accessibilityFaults(ana.page)).toEqual([]);

  // What is sure is ticked, what is a choice is not, and nothing is matched before the press.
  expect(await ana.plain.locator("[data-line] input[type=checkbox]:checked").count()).toBe(2);
  const choices = ana.plain.locator("[data-line] input[type=checkbox]:not(:checked)");
  expect(await choices.count()).toBe(2);
  expect(await ana.plain.textContent("main")).toContain("Nothing is matched yet");
  while ((await choices.count()) > 0) await choices.first().check();
  await ana.plain.click("text=These are right");
  expect(await ana.plain.textContent("main")).toContain("4 lines matched");
  expect(await ana.plain.textContent("#unspoken")).toContain("+$12.50");

  // What is left over is entered from its line, and another treasurer confirms it.
  const left = ana.plain.locator("[data-left]");
  expect(await left.count()).toBe(3);
  await left.filter({ hasText: "−$5.00" }).locator("summary:has-text('Enter what it is')").click();
  await left.filter({ hasText: "−$5.00" }).locator("button").click();
  expect(await ana.plain.textContent(".good")).toContain("When another treasurer says yes");
  await left.filter({ hasText: "+$33.00" }).locator("summary:has-text('Enter what it is')").click();
  await left.filter({ hasText: "+$33.00" }).locator("select[name=what]").selectOption("moved");
  await left.filter({ hasText: "+$33.00" }).locator("button").click();
  expect(await ana.plain.textContent("details[open] .wrong")).toContain("Choose a holding");
  await left.filter({ hasText: "+$33.00" }).locator("select[name=what]").selectOption("gift");
  await left.filter({ hasText: "+$33.00" }).locator("button").click();
  await left.filter({ hasText: "+$7.00" }).locator("input[type=checkbox]").check();
  await ana.plain.click("text=Leave the ticked lines");
  expect(await ana.plain.textContent("main")).toContain("Waiting for a second yes");
  await picture(ana.plain, "statements-waiting");
  await ben.plain.goto(`${pot.origin}/${fund.slug}/desk/holdings`);
  await ben.plain.click("text=Yes, that’s right");
  await ben.plain.click("text=Yes, that’s right");
  await ben.plain.click("text=Bank and wallet statements");
  expect(await ben.plain.textContent("main")).toContain("6 lines matched");
  expect(await ben.plain.textContent("#left-over")).toContain("Every line has its place");
  // $12.50 is in the book and in no line, and $7 in a line and not in the book.
  expect(await ben.plain.textContent(".figures")).toMatch(/\$212\.00.*\$217\.50.*−\$5\.50/s);

  // In Spanish, a match is undone, and what was left alone is taken up again.
  await ana.page.goto(`${pot.origin}/${fund.slug}/desk/statements?lang=es`);
  await picture(ana.page, "statements-done-es");
  expect(await accessibilityFaults(ana.page)).toEqual([]);
  await ana.page.click("text=Retomarla");
  await ana.page.locator("[data-matched]").first().locator("button").click();
  expect(await ana.page.textContent("main")).toContain("5 líneas emparejadas");
  expect(complaints).toEqual([]);
});
