import { createHash } from "node:crypto";
import type pg from "pg";
import type { Browser, Page } from "playwright-core";
import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { commitmentTo } from "../../src/publication/commitment.js";
import { partsOf } from "../../src/requests/relocking/age-header.js";
import { seal } from "../../src/requests/sealing.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { launchBrowser, picture, seated } from "../support/browser.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

/*
 * Whoever has the database, the web process and the worker together writes that a payout is approved and released. The payer's own browser does not believe any of them: it opens nothing that a quorum did not sign.
 */
let pot: Commonpot;
let browser: Browser;
let fund: Fund;
let page: Page;
let superuser: pg.Client;
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot(), launchBrowser()]);
  superuser = await pot.db.as("superuser");
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

let made = 0;
const TABLES = ["approval", "signed_statement", "disbursement", "aid_request", "submission", "release", "payout", "log_entry"]; // prettier-ignore
/** Signed by Ana, and by Ben too where he should; approved, released and taken by Ana, with or without a quorum. */
async function approvedBy(
  names: readonly ("Ana" | "Ben")[],
  forge: readonly string[] = [],
  sealed?: string,
): Promise<void> {
  // prettier-ignore
  fund = await openFund(pot, `payer-${++made}`);
  await bookGift(pot.database, fund, 20_000n, `gift-${made}`);
  await ask(pot, fund.slug, 1000, sealed === undefined ? {} : { payTo: undefined, sealed });
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
  const { id } = await one("select disbursement_id as id from disbursement where fund_id = $1");
  for (const name of names) await (await person(pot, fund.slug, name)).approve([id]);
  for (const table of TABLES) await superuser.query(`alter table ${table} disable trigger user`);
  for (const sql of forge) await superuser.query(sql, sql.includes("$1") ? [fund.fundId] : []);
  await superuser.query("insert into release (fund_id, disbursement_id, day) values ($1, $2, current_date) on conflict do nothing", [fund.fundId, id]); // prettier-ignore
  await superuser.query(
    `insert into payout (fund_id, payout_id, disbursement_id, attempt, state, payer, lease_until)
     select $1, gen_random_uuid(), $2, 1, 'leased', treasurer_id, now() + interval '30 minutes' from treasurer where fund_id = $1 and name = 'Ana'`,
    [fund.fundId, id],
  );
  await superuser.query("update disbursement set state = 'approved' where fund_id = $1", [fund.fundId]);
  await superuser.query("update aid_request set state = 'sending' where fund_id = $1", [fund.fundId]);
  await superuser.query("update book set held = 1000 where fund_id = $1 and held = 0", [fund.fundId]).catch(() => undefined); // prettier-ignore
  page = (await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ana", complaints)).page;
}
const one = async (sql: string, values: unknown[] = [fund.fundId]): Promise<any> =>
  (await superuser.query(sql, values)).rows[0];
async function opens(): Promise<string> {
  await page.click("button[data-act=open]");
  await page.locator("[data-sealed]:not([hidden]), #problem:not([hidden])").first().waitFor();
  return (await page.locator("#problem").isVisible()) ? ((await page.textContent("#problem")) ?? "") : "opened";
}

test("what a quorum signed is opened, and the page says what this device has checked", async () => {
  await approvedBy(["Ana", "Ben"]);
  expect(await opens()).toBe("opened");
  expect(await page.textContent("[data-checked]")).toContain("2 treasurers signed exactly this sum");
  await picture(page, "payer-checked");
});

test("what one alone signed is not opened, whatever the database says", async () => {
  await approvedBy(["Ana"]);
  expect(await opens()).toContain("Don’t pay");
  await picture(page, "payer-not-approved");
  expect(await one("select count(*)::int as n from opening where fund_id = $1")).toEqual({ n: 0 });
});

test("another way to be paid, with its hash put everywhere, is not opened", async () => {
  const sealed = await seal("Venmo @mallory", [(await practiceTreasurer("Ana")).recipient]);
  const hash = createHash("sha256").update(sealed).digest("hex");
  await approvedBy(
    ["Ana", "Ben"],
    [
      `update aid_request set sealed = '${sealed}', sealed_hash = decode('${hash}', 'hex') where fund_id = $1`,
      "update disbursement set sealed_hash = decode('" + hash + "', 'hex') where fund_id = $1",
    ],
  );
  expect(await opens()).toContain("Don’t pay");
});

test("another way to be paid alone is noticed before anything is shown", async () => {
  const sealed = await seal("Venmo @mallory", [(await practiceTreasurer("Ana")).recipient]);
  await approvedBy(["Ana", "Ben"], [`update aid_request set sealed = '${sealed}' where fund_id = $1`]);
  expect(await opens()).toContain("Don’t pay");
  expect(await page.locator("[data-sealed]").textContent()).toBe("");
});

test("a device that cannot open what was signed takes no other file from the server instead", async () => {
  const bens = await seal("Venmo @someone", [(await practiceTreasurer("Ben")).recipient]);
  const evil = await seal("Venmo @mallory", [(await practiceTreasurer("Ana")).recipient]);
  await approvedBy(["Ana", "Ben"], [], bens);
  await page.route("**/openings", async (route) => {
    const answer = await route.fetch();
    const given = (await answer.json()) as object;
    await route.fulfill({ response: answer, json: { ...given, oldLock: partsOf(evil).header, underOldLock: evil } });
  });
  expect(await opens()).not.toBe("opened");
  expect(await page.locator("[data-sealed]").textContent()).toBe("");
});

test("a larger sum with a commitment of its own is not opened", async () => {
  await approvedBy(["Ana", "Ben"]);
  const d = await one("select amount::int as amount, category, encode(sealed_hash, 'hex') as sealed, salt from disbursement where fund_id = $1"); // prettier-ignore
  const commitment = commitmentTo(d.salt, { amount: d.amount * 9, currency: "usd", category: d.category, sealed: d.sealed }); // prettier-ignore
  await superuser.query("update disbursement set amount = amount * 9, commitment = decode($2, 'hex') where fund_id = $1", [fund.fundId, commitment]); // prettier-ignore
  await page.reload();
  expect(await opens()).toContain("Don’t pay");
});

test("another fund under the same name, with treasurers of its own, is found out by a device that paid before", async () => {
  await approvedBy(["Ana", "Ben"]);
  expect(await opens()).toBe("opened");
  await page.evaluate((slug) => localStorage.setItem(`commonpot genesis ${slug}`, "ab".repeat(32)), fund.slug);
  await page.reload();
  expect(await opens()).toContain("Don’t pay");
});

test("rules that are not those of the public log are not believed", async () => {
  await approvedBy(["Ana", "Ben"]);
  await (await person(pot, fund.slug, "Ben")).send("desk/rules", { key: newToken(), act: "x" });
  for (let i = 0; i < 100; i++) {
    const { n } = await one("select coalesce(max(size), 0)::int as n from published where fund_id = $1");
    if (n > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  // The entry's bytes stay valid JSON with the same signatures, and are no longer those that the checkpoint carries.
  await superuser.query("update log_entry set body = convert_to(replace(convert_from(body, 'UTF8'), '\"template\":\"general\"', '\"template\":\"strike\"'), 'UTF8') where fund_id = $1 and kind = 'genesis'", [fund.fundId]); // prettier-ignore
  expect(await opens()).toContain("Don’t pay");
});
