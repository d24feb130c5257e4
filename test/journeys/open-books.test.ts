import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { audit } from "../../src/cli/audit/run.js";
import { ENTITIES } from "../../src/entities.js";
import { FundClock } from "../../src/fund-clock.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { Database } from "../../src/platform/database/database.js";
import { accessibilityFaults, launchBrowser, newPerson } from "../support/browser.js";
import { bookGift } from "../support/builders.js";
import { ask, give, openFund, payEverybody, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
let worker: Database;
const clock = new HandClock(new Date());
const complaints: string[] = [];
const codes: string[] = [];
let receiptUrl = "";

const tick = async (): Promise<void> => {
  clock.set(new Date(clock.now().getTime() + 10_000));
  await pot.app.get(FundClock).run(worker, fund);
};
async function somebody(options: Parameters<typeof newPerson>[1] = {}): Promise<Page> {
  const made = await newPerson(browser, options);
  made.context.setDefaultTimeout(15_000);
  made.complaints.push = (...said) => complaints.push(...said);
  return made.page;
}
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder !== undefined) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot({ clock }), launchBrowser()]);
  worker = await Database.connect(pot.db.urls.worker, ENTITIES, 4);
  fund = await openFund(pot, "open-book");
  await pot.stopWorker();
  await pot.startWorker();
  for (let i = 0; i < 5; i++) receiptUrl = (await give(pot, fund.slug, 2500 + i)).receiptUrl;
  const owner = await pot.db.as("owner");
  await until(
    "the gifts are booked",
    async () => (await owner.query("select from transaction where kind = 'gift'")).rowCount === 5,
  );
  await pot.stopWorker();
  // Their batch by itself: it shows as released when Stripe has released all of it.
  await tick();
  for (let i = 0; i < 6; i++) await bookGift(pot.database, fund, 10_000n, `b${i}`);
  for (let i = 0; i < 6; i++) codes.push(await ask(pot, fund.slug, 1000 + i));
  await tick();
  await payEverybody(pot, fund);
  await tick();
});
afterAll(async () => {
  await browser.close();
  await worker.close();
  await pot.close();
});

const GOOD = /^Nothing was changed or removed/;
const books = (): string => `${pot.origin}/${fund.slug}/books`;

test("a stranger verifies the books with one button, in the own browser, and is remembered without an account", async () => {
  const page = await somebody();
  await page.goto(books());
  await picture(page, "books-390");
  await page.getByRole("button", { name: "Verify these books" }).click();
  await page.getByText(GOOD).waitFor();
  await page.getByText("This browser will remember them").waitFor();
  await picture(page, "books-verified-390");
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.reload();
  await page.getByRole("button", { name: "Verify these books" }).click();
  await page.getByText(/Compared with the \d+ entries that this browser saw before/).waitFor();
  // A browser that has seen another history says so.
  await page.evaluate(() => {
    for (const key of Object.keys(localStorage)) {
      const kept = JSON.parse(localStorage.getItem(key) ?? "{}") as { seen: { size: number; root: string }[] };
      localStorage.setItem(key, JSON.stringify({ ...kept, seen: [{ size: 3, root: btoa("x".repeat(32)) }] }));
    }
  });
  await page.reload();
  await page.getByRole("button", { name: "Verify these books" }).click();
  await page.getByText("history was rewritten").waitFor();
  await page.getByText("Do not rely on these books").waitFor();
});

test("the books read well without script, in Spanish, wide and dark; kinds and months are filtered, and each entry has its proof", async () => {
  const page = await somebody({ script: false, language: "es-MX" });
  await page.goto(books());
  await page.getByText("Cuentas abiertas").first().waitFor();
  await page.selectOption("#filter-kind", "payouts");
  await page.getByRole("button", { name: "Mostrar" }).click();
  await page.getByRole("link", { name: "Pagado a personas" }).click();
  await page.getByRole("heading", { name: /Asiento \d+: Pagado a personas/ }).waitFor();
  expect(await page.textContent("main")).toContain("c2sp.org/tlog-proof@v1");
  await picture(page, "entry-es-390");
  const wide = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "dark" });
  const dark = await wide.newPage();
  await dark.goto(books());
  await picture(dark, "books-1280-dark");
  await dark.goto(`${books()}/3`);
  expect(await accessibilityFaults(dark)).toEqual([]);
  await picture(dark, "entry-1280-dark");
  await wide.close();
});

test("the verifier as one file works from disk: for the address, and for receipts", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-verify-"));
  const file = path.join(folder, "verify.html");
  fs.writeFileSync(file, await (await fetch(`${pot.origin}/-/verify.html`)).text());
  const page = await somebody({ width: 1280 });
  await page.goto(pathToFileURL(file).href);
  await page.getByLabel("The fund’s address").fill(`${pot.origin}/${fund.slug}`);
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText(GOOD).waitFor();
  await picture(page, "verify-file-1280");
  const donor = await fetch(`${receiptUrl.startsWith("http") ? receiptUrl : pot.origin + receiptUrl}/proof`);
  expect(donor.status).toBe(200);
  const paid = await fetch(`${pot.origin}/api/v1/request/proof`, { headers: { authorization: `Claim ${codes[0]!}` } });
  expect(paid.status).toBe(200);
  for (const [name, text] of [
    ["gift", await donor.text()],
    ["payout", await paid.text()],
  ] as const) {
    const saved = path.join(folder, `${name}.json`);
    fs.writeFileSync(saved, text);
    await page.getByLabel("Or a receipt").setInputFiles(saved);
    await page.getByText(name === "gift" ? '"kind":"gift"' : '"category"').waitFor();
    const changed = path.join(folder, `${name}-changed.json`);
    fs.writeFileSync(changed, text.replace(/"amount": ?(\d)/, '"amount":9$1'));
    await page.getByLabel("Or a receipt").setInputFiles(changed);
    await page.getByText("does not hold these details").waitFor();
  }
  fs.rmSync(folder, { recursive: true });
});

test("donor and requester find their receipts on their pages", async () => {
  const page = await somebody({ script: false });
  await page.goto(receiptUrl.startsWith("http") ? receiptUrl : pot.origin + receiptUrl);
  await page.getByText(/one of \d+ gifts in entry \d+/).waitFor();
  await picture(page, "receipt-390");
  await page.goto(`${pot.origin}/${fund.slug}/status`);
  await page.fill("[name=words]", codes[1]!);
  await page.getByRole("button").first().click();
  await page.getByText(/in a group, in entry \d+/).waitFor();
  await picture(page, "status-390");
});

test("the files for other programs are there, and say what the log says", async () => {
  for (const name of ["ledger.csv", "ledger.jsonl", "ledger.journal", "ledger.beancount", "feed.atom"]) {
    const answer = await fetch(`${books()}/${name}`);
    expect(`${name} ${answer.status}`).toBe(`${name} 200`);
    expect((await answer.text()).length).toBeGreaterThan(200);
  }
  const { size, entries } = (await (
    await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/entries?limit=100`)
  ).json()) as { size: number; entries: { index: number }[] };
  expect(entries.map((e) => e.index)).toEqual(Array.from({ length: size }, (_, i) => i));
  const past = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/entries?from=${size}`);
  expect(await past.json()).toEqual({ size, entries: [] });
  expect((await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/entries?limit=0`)).status).toBe(422);
});

test("the log's files keep to the letter of tlog-tiles", async () => {
  const log = (name: string, init: RequestInit = {}) => fetch(`${pot.origin}/${fund.slug}/log/${name}`, init);
  const size = Number((await (await log("checkpoint")).text()).split("\n")[1]);
  const checks: [string, number, string, string][] = [
    ["checkpoint", 200, "text/plain; charset=utf-8", "public, max-age=1"],
    [`tile/0/000.p/${size}`, 200, "application/octet-stream", "public, max-age=604800, immutable"],
    [`tile/entries/000.p/${size}`, 200, "application/octet-stream", "public, max-age=604800, immutable"],
    [`tile/0/000.p/${size - 1}`, 200, "application/octet-stream", "public, max-age=604800, immutable"],
    ["tile/0/000", 404, "text/plain; charset=utf-8", "no-store"],
    [`tile/0/000.p/${size + 1}`, 404, "text/plain; charset=utf-8", "no-store"],
    [`tile/0/00.p/${size}`, 404, "text/plain; charset=utf-8", "no-store"],
    ["tile/1/000.p/1", 404, "text/plain; charset=utf-8", "no-store"],
  ];
  for (const [name, status, type, cache] of checks) {
    const answer = await log(name);
    expect([name, answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([
      name,
      status,
      type,
      cache,
    ]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("set-cookie")).toBeNull();
    if (name.startsWith("tile/0") && status === 200) expect((await answer.arrayBuffer()).byteLength % 32).toBe(0);
  }
  expect((await log("checkpoint", { method: "POST" })).status).toBe(405);
  expect((await log("checkpoint", { method: "HEAD" })).headers.get("content-length")).toMatch(/^\d+$/);
});

test("the audit agrees, and no page complained", async () => {
  expect((await pot.database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
  expect(complaints).toEqual([]);
});
