import fs from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { accessibilityFaults, launchBrowser, newPerson, picture } from "../support/browser.js";
import { ask, openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(240_000);

let pot: Commonpot;
let browser: Browser;
let fund: Fund;
const contexts: BrowserContext[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot({ worker: false }), launchBrowser()]);
  fund = await openFund(pot, "elm-street");
});
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

async function somebody(options: { script?: boolean; language?: string } = {}): Promise<Page> {
  const person = await newPerson(browser, options);
  person.context.setDefaultTimeout(15_000);
  person.complaints.push = (...said) => complaints.push(...said);
  contexts.push(person.context);
  return person.page;
}

async function askFor(page: Page): Promise<string> {
  await page.goto(`${pot.origin}/${fund.slug}/ask`);
  await page.fill("#amount", "120");
  await page.selectOption("#rail", "venmo");
  await page.fill("#to", "@somebody");
  await page.click("main form button.big");
  await page.waitForSelector(".words");
  return (await page.textContent(".words"))?.trim() ?? "";
}

async function open(page: Page, code: string): Promise<void> {
  await page.goto(`${pot.origin}/${fund.slug}/status`);
  await page.fill("#words", code);
  await page.click("main form button.big");
  await page.waitForSelector(".steps");
}

/** The list of words comes with the focus. */
async function focus(page: Page): Promise<void> {
  await Promise.all([
    page.waitForResponse((answer) => answer.url().endsWith("/-/words.txt")),
    page.locator("#words").focus(),
  ]);
}

/** Everything that a browser could keep: nothing is in it. */
async function whatIsKept(page: Page): Promise<object> {
  const kept = await page.evaluate(async () => ({
    local: Object.entries(localStorage),
    session: Object.entries(sessionStorage),
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    state: JSON.stringify(history.state),
    name: window.name,
  }));
  return { ...kept, cookies: await page.context().cookies() };
}
const NOTHING = { local: [], session: [], databases: [], caches: [], workers: 0, state: "null", name: "", cookies: [] };

/** Every address that was asked for, and what was sent with it. */
function listen(page: Page): { addresses: string[]; bodies: string[]; headers: string[] } {
  const heard = { addresses: [] as string[], bodies: [] as string[], headers: [] as string[] };
  page.on("request", (request) => {
    heard.addresses.push(request.url());
    heard.headers.push(JSON.stringify(request.headers()));
    heard.bodies.push(`${new URL(request.url()).pathname} ${request.postData() ?? ""}`);
  });
  page.on("framenavigated", (frame) => heard.addresses.push(frame.url()));
  return heard;
}

test.each([true, false])(
  "from asking to acting, with script %s: the words are in bodies alone, and nothing is kept",
  async (script) => {
    const page = await somebody({ script });
    const heard = listen(page);
    const code = await askFor(page);
    expect(code.split(/\s+/)).toHaveLength(7);
    const words = code.split(/\s+/);
    // Without script nothing of ours could ask; the browser's own stores are asked through a page with script in the same context.
    const look = async (): Promise<void> => {
      if (script) expect(await whatIsKept(page)).toEqual(NOTHING);
      else expect(await page.context().storageState()).toEqual({ cookies: [], origins: [] });
    };
    await look();
    await page.click("text=I have kept them");
    expect(await page.textContent("h1")).toBe("Where you stand");
    await look();
    await page.click("summary:has-text('Tell the treasurers')");
    await page.fill("#text", "the bell is broken");
    await page.click("text=Lock and send");
    await page.click("summary:has-text('Say by which day')");
    await page.fill("#newDay", "2099-01-05");
    await page.click("button:has-text('Change it') >> visible=true");
    expect(await page.textContent(".good")).toContain("Changed");
    await page.click("summary:has-text('Somebody helps me')");
    await page.click("text=Make words for them");
    const helper = ((await page.textContent(".words")) ?? "").trim().split(/\s+/);
    await look();
    await page.click("text=Done; back");
    await page.click("summary:has-text('Somebody helps me')");
    await page.click("text=Take their words back");
    expect(await page.textContent(".good")).toContain("open nothing any more");
    await page.click("summary:has-text('Take the request back')");
    await page.click("text=Yes, take it back");
    expect(await page.textContent("main")).toContain("You took your request back");
    await look();
    const secret = [...words, ...helper].filter((word) => word.length > 4);
    const whole = [...heard.addresses, ...heard.headers].join("\n");
    for (const word of secret) expect(whole).not.toContain(word);
    expect(heard.addresses.filter((address) => new URL(address).search !== "" || new URL(address).hash !== "")).toEqual(
      heard.addresses.filter((address) => /\?lang=en$/.test(address)),
    );
    if (script) {
      for (const way of ["goBack", "goForward"] as const) {
        await page[way]().catch(() => null);
        expect(page.url()).not.toMatch(new RegExp(secret.join("|")));
      }
    }
  },
);

test("the words can be printed and saved as a picture, and neither says what they are for", async () => {
  const page = await somebody();
  const code = await askFor(page);
  await page.click("summary:has-text('Print them')");
  expect(await page.isVisible("[data-print]")).toBe(true);
  expect(await accessibilityFaults(page)).toEqual([]);
  await picture(page, "asked");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Save as a picture")]);
  expect(download.suggestedFilename()).toBe("card.png");
  if (process.env["SCREENSHOTS"]) await download.saveAs(`${process.env["SCREENSHOTS"]}/card.png`);
  await page.check("[name=address]");
  const [marked] = await Promise.all([page.waitForEvent("download"), page.click("text=Save as a picture")]);
  if (process.env["SCREENSHOTS"]) await marked.saveAs(`${process.env["SCREENSHOTS"]}/card-address.png`);
  expect(fs.statSync(await marked.path()).size).toBeGreaterThan(fs.statSync(await download.path()).size);
  await page.emulateMedia({ media: "print" });
  const printed = await page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter((e) => e.checkVisibility() && e.children.length === 0)
      .map((e) => e.textContent.trim())
      .filter(Boolean),
  );
  expect(printed).toEqual(code.split(/\s+/));
  if (process.env["SCREENSHOTS"]) await page.pdf({ path: `${process.env["SCREENSHOTS"]}/asked.pdf` });
  await page.emulateMedia({ media: "screen" });
});

test("keeping them is not safe: one press, and no words open the request", async () => {
  const page = await somebody({ script: false });
  const code = await askFor(page);
  await page.click("summary:has-text('safe for me')");
  await page.click("text=Go on without a code");
  expect(await page.textContent("main")).toContain("without a code");
  await page.goto(`${pot.origin}/${fund.slug}/status`);
  await page.fill("#words", code);
  await page.click("main form button.big");
  expect(await page.textContent("[role=alert]")).toContain("These words open nothing");
});

describe("typing, with script", () => {
  test("words are completed with the keyboard alone, and none leaves the browser before the form is sent", async () => {
    const code = await ask(pot, fund.slug, 3000);
    const words = code.split(" ");
    const page = await somebody();
    const heard = listen(page);
    await page.goto(`${pot.origin}/${fund.slug}/status`);
    expect(heard.addresses.some((address) => address.includes("words.txt"))).toBe(false);
    await focus(page);
    const before = heard.bodies.length;
    for (const word of words) {
      await page.keyboard.type(word.slice(0, -1));
      const options = page.locator("#code-offers [role=option]");
      await options.first().waitFor();
      const at = (await options.allTextContents()).indexOf(word);
      if (at < 0) {
        await page.keyboard.type(`${word.slice(-1)} `);
        continue;
      }
      for (let i = 0; i <= at; i++) await page.keyboard.press("ArrowDown");
      expect(await page.getAttribute("#words", "aria-activedescendant")).toBe(`code-offer-${at}`);
      await page.keyboard.press("Enter");
    }
    expect((await page.inputValue("#words")).trim()).toBe(code);
    expect(await page.textContent("#code-says")).toBe("All seven words are there.");
    expect(heard.bodies.length).toBe(before);
    expect(await whatIsKept(page)).toEqual(NOTHING);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".steps");
    expect(complaints).toEqual([]);
  });

  test("a press takes a word; Escape closes; arrows go round; nothing is offered for a whole word", async () => {
    const page = await somebody();
    await page.goto(`${pot.origin}/${fund.slug}/status`);
    await focus(page);
    await page.keyboard.type("gum");
    const options = page.locator("#code-offers [role=option]");
    await options.first().waitFor();
    const offered = await options.allTextContents();
    expect(await page.textContent("#code-says")).toContain(offered.join(", "));
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("ArrowUp");
    expect(await page.getAttribute("#words", "aria-activedescendant")).toBe(`code-offer-${offered.length - 1}`);
    await page.keyboard.press("ArrowDown");
    expect(await page.getAttribute("#words", "aria-activedescendant")).toBe("code-offer-0");
    await picture(page, "typing");
    await page.keyboard.press("Escape");
    expect(await page.isVisible("#code-offers")).toBe(false);
    await page.keyboard.type("d");
    await page.click("text=gumdrop");
    expect(await page.inputValue("#words")).toBe("gumdrop ");
    expect(await page.textContent("#code-says")).toBe("1 of 7 words.");
  });

  test("a word that is not on the list is named, with what it may have been, in the browser alone", async () => {
    const page = await somebody();
    await page.goto(`${pot.origin}/${fund.slug}/status`);
    await focus(page);
    await page.keyboard.type("gumdrpo ");
    expect(await page.textContent("#code-says")).toBe("“gumdrpo” isn’t one of our words. Is it gumdrop?");
    await page.fill("#words", "xqxqxq gumdrop ");
    expect(await page.textContent("#code-says")).toBe("“xqxqxq” isn’t one of our words. Look at it again.");
    await page.click("main form button.big");
    await page.waitForSelector("[role=alert]");
    expect(await page.textContent("main")).not.toContain("isn’t one of our words");
    await picture(page, "wrong-words");
  });

  test("where the list does not come, the field is the plain field that it is", async () => {
    const code = await ask(pot, fund.slug, 3000);
    const page = await somebody();
    await page.route("**/-/words.txt", (route) => route.abort());
    await open(page, code);
    expect(await page.textContent("h1")).toBe("Where you stand");
  });
});

test("the pages read well in both languages, with a helper's words and the person's own", async () => {
  const own = await ask(pot, fund.slug, 3000);
  const helper = await askHelper(own);
  for (const language of ["en-US", "es-MX"]) {
    for (const [name, code] of [
      ["own", own],
      ["helper", helper],
    ] as const) {
      const page = await somebody({ language });
      await open(page, code);
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect([language, name, await accessibilityFaults(page)]).toEqual([language, name, []]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await picture(page, `status-${name}-${language}`);
    }
  }
  const page = await somebody({ language: "es-MX" });
  await open(page, own);
  await page.click("summary:has-text('Alguien me ayuda')");
  await page.click("text=Crear palabras nuevas");
  expect(await accessibilityFaults(page)).toEqual([]);
  await picture(page, "helper-words-es");
});

async function askHelper(own: string): Promise<string> {
  const answer = await fetch(`${pot.origin}/api/v1/request/helper-code`, {
    method: "POST",
    headers: { authorization: `Claim ${own}` },
  });
  return ((await answer.json()) as { claimCode: string }).claimCode;
}
