import fs from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { ENTITIES } from "../../src/entities.js";
import { FundClock } from "../../src/fund-clock.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { Database } from "../../src/platform/database/database.js";
import { accessibilityFaults, launchBrowser, newPerson } from "../support/browser.js";
import { bookGift } from "../support/builders.js";
import { openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
const funds: Fund[] = [];
const complaints: string[] = [];
const clock = new HandClock(new Date("2026-11-24T18:00:00Z"));

/** A short name, the longest, one without a space to break at, and one that is read from the right. */
const NAMES = [
  "Elm Street Pot",
  "The Neighbours of Saint Mary’s Road Mutual Aid & Strike Fund!",
  `W${"W".repeat(58)}M`,
  "صندوق الحي المشترك للتضامن والمساعدة المتبادلة",
];

/** The longest slug goes with the longest name. */
const slugOf = (i: number): string => (i === 2 ? `poster-2-${"x".repeat(31)}` : `poster-${i}`);

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot({ clock, worker: false }), launchBrowser()]);
  for (const [i, name] of NAMES.entries())
    funds.push(await openFund(pot, slugOf(i), { name: name.slice(0, 60), monthlyGoal: 400_000n }));
  for (const fund of funds.slice(0, 2)) await publishGifts(fund);
});
/** A fund with gifts in its books, some of them by people who asked to be named. */
async function publishGifts(fund: Fund): Promise<void> {
  const sql = await pot.db.as("owner");
  for (const displayName of ["Rosa", "Block 7 tenants’ union", "Ana Ruiz", "علي", "", "Zoe & Max"]) {
    const fields = new URLSearchParams({ amount: "310", displayName });
    await fetch(`${pot.origin}/${fund.slug}/give`, { method: "POST", body: fields, redirect: "manual" });
  }
  const { rows } = await sql.query<{ id: string }>("select donation_id as id from donation where fund_id = $1", [
    fund.fundId,
  ]);
  for (const { id } of rows) await bookGift(pot.database, fund, 31_000n, id, "2026-11-23");
  const worker = await Database.connect(pot.db.urls.worker, ENTITIES, 4);
  for (let i = 0; i < 2; i++) {
    clock.set(new Date(clock.now().getTime() + 10_000));
    await pot.app.get(FundClock).run(worker, fund);
  }
  await worker.close();
}

afterAll(async () => {
  await browser.close();
  await pot.close();
});

async function somebody(options: Parameters<typeof newPerson>[1] = {}): Promise<Page> {
  const made = await newPerson(browser, options);
  made.context.setDefaultTimeout(15_000);
  made.complaints.push = (...said) => complaints.push(...said);
  return made.page;
}
const folder = process.env["SCREENSHOTS"];
async function picture(page: Page, name: string): Promise<void> {
  if (folder !== undefined) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
const pagesIn = (pdf: Buffer): number => pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;

describe("the poster", () => {
  test.each(NAMES.map((name, i) => [name, i] as const))(
    "of %s is exactly one sheet, A4 and Letter",
    async (_name, i) => {
      const page = await somebody();
      await page.goto(`${pot.origin}/${funds[i]?.slug ?? ""}/give/poster`);
      for (const format of ["A4", "Letter"]) {
        const pdf = await page.pdf({ format, printBackground: true });
        if (folder !== undefined) fs.writeFileSync(path.join(folder, `poster-${i}-${format}.pdf`), pdf);
        expect([format, pagesIn(pdf)]).toEqual([format, 1]);
      }
      // The same sheet, as tall as Letter's room between its margins.
      await page.emulateMedia({ media: "print" });
      await page.setViewportSize({ width: 740, height: 980 });
      const box = await page.locator(".poster").boundingBox();
      expect(box?.height).toBeLessThan(((279.4 - 20) / 25.4) * 96);
      await picture(page, `poster-${i}-print`);
    },
  );

  test("says who, what and where in both languages, with the reader's first, and works without script", async () => {
    const page = await somebody({ script: false, language: "es-MX" });
    await page.goto(`${pot.origin}/poster-0/give/poster`);
    const words = (await page.textContent(".poster"))?.replace(/\s+/g, " ") ?? "";
    expect(words).toContain("Aporta · Give");
    expect(words).toContain("Sin preguntas.");
    expect(words).toContain("You don’t have to say why.");
    expect(words).toContain("poster-0/give?purpose=");
    expect(words).toContain("poster-0/ask");
    expect(words).toContain("Práctica: aquí nada es real");
  });
});

test("the poster, the page for organizers, and giving read well at every width, in both languages, light and dark", async () => {
  const addresses = NAMES.map((_, i) => slugOf(i)).flatMap((slug) =>
    ["", "/give", "/give/poster", "/give/embed"].map((rest) => `/${slug}${rest}`),
  );
  for (const [width, scheme, language] of [
    [390, "light", "en"],
    [390, "dark", "es"],
    [1280, "light", "es"],
    [1280, "dark", "en"],
  ] as const) {
    const page = await somebody({ width });
    await page.emulateMedia({ colorScheme: scheme });
    for (const address of addresses) {
      await page.goto(`${pot.origin}${address}?lang=${language}`);
      if (address.startsWith("/poster-0"))
        expect([address, width, await accessibilityFaults(page)]).toEqual([address, width, []]);
      const fits = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
      expect([address, width, fits]).toEqual([address, width, true]);
      if (!/poster-[23]/.test(address))
        await picture(page, `${address.slice(1).replaceAll("/", "_")}-${width}-${scheme}-${language}`);
    }
  }
  expect(complaints).toEqual([]);
});

test("the fund's page shows how it stands, and the people who asked to be named; a pinned link what it is for", async () => {
  const page = await somebody();
  await page.goto(`${pot.origin}/poster-0?lang=en`);
  expect(await page.textContent(".meter-say")).toBe("$1,860.00 of $4,000.00 given this month.");
  expect((await page.textContent(".names"))?.replace(/\s+/g, " ")).toBe(
    "Ana RuizBlock 7 tenants’ unionRosaZoe & Maxعلي",
  );
  await page.goto(`${pot.origin}/poster-0/give/embed`);
  await page.click("a.button");
  expect(await page.textContent("#purpose")).toBe("What this gift is for");
  await picture(page, "pinned-390-light");
  await page.goto(`${pot.origin}/poster-0/give?purpose=0123456789abcdef`);
  await picture(page, "changed-390-light");
  expect(await accessibilityFaults(page)).toEqual([]);
  if (folder !== undefined)
    for (const [i, fund] of funds.entries())
      for (const language of ["en", "es"]) {
        const png = await fetch(`${pot.origin}/${fund.slug}/give/card.png?lang=${language}`);
        fs.writeFileSync(path.join(folder, `card-${i}-${language}.png`), Buffer.from(await png.arrayBuffer()));
      }
});

test("what an organizer copies is marked whole by one click, and leads to the page that it says", async () => {
  const page = await somebody();
  await page.goto(`${pot.origin}/poster-0/give/embed`);
  await page.locator("pre.copy").first().click();
  const copied = await page.evaluate(() => window.getSelection()?.toString() ?? "");
  expect(copied).toMatch(
    /^<a href="http:[^"]+\/poster-0\/give\?purpose=[0-9a-f]{16}" style="[^"]+">Give to Elm Street Pot<\/a>$/,
  );
  const elsewhere = await somebody();
  await elsewhere.setContent(copied);
  await elsewhere.click("text=Give to Elm Street Pot");
  expect(await elsewhere.textContent("#purpose")).toBe("What this gift is for");
});
