import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Fund } from "../../src/funds/funds.service.js";
import { htmlFaults } from "../support/html.js";
import { bookGift } from "../support/builders.js";
import { accessibilityFaults, launchBrowser, newPerson, seated } from "../support/browser.js";
import { ask, give, openFund, payEverybody, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { Selections } from "../../src/disbursements/selection.service.js";

jest.setTimeout(600_000);

/*
 * Every page that a link leads to, found by following the links: whoever adds a page has it looked at here. Pages that only a form leads to are looked at in the journeys of those forms.
 */
let pot: Commonpot;
let browser: Browser;
let fund: Fund;
let receipt = "";
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot(), launchBrowser()]);
  fund = await openFund(pot, "elm-street", { leastPart: 10_000n, rule: "never-helped-first" });
  const { receiptUrl, id } = await give(pot, fund.slug, 2500);
  receipt = receiptUrl;
  await until("booked", async () => (await count("select from transaction where key = $1", [`gift:${id}`])) === 1);
  await bookGift(pot.database, fund, 20_000n, "by-hand");
  for (const amount of [10_000, 30_000, 4000]) await ask(pot, fund.slug, amount);
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
  await payEverybody(pot, fund);
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

const count = async (sql: string, values: unknown[]): Promise<number> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows.length;

/** Files, and what is no page of ours. */
const NO_PAGE = /\.(csv|jsonl|journal|beancount|atom|svg|png|html)$|\/(log|api|static|embed|proof)(\/|$)|\/-\/source/;
/** One page stands for all that differ by a number or a day alone. */
const shapeOf = (url: URL): string =>
  `${url.pathname.replace(/\/\d+(?=\/|$)/g, "/1").replace(/[\w-]{43}/g, "token")}${[...url.searchParams.keys()].filter((k) => k !== "lang").join(",")}`;

/** Follows all links from some pages on, and calls `look` once on every page. */
async function walk(
  page: Page,
  from: readonly string[],
  look: (address: string, html: string) => Promise<void>,
): Promise<string[]> {
  const seen = new Set<string>();
  const todo = [...from];
  for (let address = todo.pop(); address !== undefined; address = todo.pop()) {
    const shape = shapeOf(new URL(address));
    if (seen.has(shape)) continue;
    seen.add(shape);
    const answer = await page.goto(address);
    if (!(answer?.headers()["content-type"] ?? "").startsWith("text/html")) continue;
    await look(address, await answer!.text());
    const links = await page.locator("a[href]").evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href));
    for (const link of links) {
      const url = new URL(link);
      url.hash = "";
      if (url.origin === pot.origin && !NO_PAGE.test(url.pathname)) todo.push(url.href);
    }
  }
  return [...seen];
}

/** What sticks out to the side, on the narrowest screen and with letters twice as large. */
async function sideways(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const [width, letters] of [
    [320, "100%"],
    [640, "200%"],
    [360, "200%"],
  ] as const) {
    // prettier-ignore
    await page.setViewportSize({ width, height: 800 });
    found.push(
      ...(await page.evaluate(
        ([w, size]) => {
          document.documentElement.style.fontSize = size as string;
          const { scrollWidth, clientWidth } = document.documentElement;
          if (scrollWidth <= clientWidth) return [];
          return [...document.querySelectorAll("body *")]
            .filter((e) => e.getBoundingClientRect().right > clientWidth + 1 && e.closest(".scroll") === null)
            .map(
              (e) =>
                `${w} px, letters ${size}: <${e.tagName.toLowerCase()} class="${e.className}"> ${e.textContent.slice(0, 30)}`,
            )
            .slice(-2);
        },
        [width, letters],
      )),
    );
  }
  await page.evaluate(() => (document.documentElement.style.fontSize = ""));
  await page.setViewportSize({ width: 390, height: 844 });
  return found;
}

/** Tab goes to everything that can be pressed, in the order of the page, and one sees where it is. */
async function keyboard(page: Page): Promise<string[]> {
  const faults: string[] = [];
  const wanted = await page.evaluate(() => {
    const all = [
      ...document.querySelectorAll<HTMLElement>("a[href], button, input:not([type=hidden]), select, textarea, summary"),
    ];
    const reachable = all.filter(
      (e) => e.checkVisibility({ visibilityProperty: true }) && !(e as HTMLButtonElement).disabled && e.tabIndex >= 0,
    );
    // Of radio buttons with one name, Tab goes to one.
    const groups = new Set<string>();
    const once = reachable.filter((e) => {
      if (!(e instanceof HTMLInputElement) || e.type !== "radio") return true;
      const first = !groups.has(e.name);
      groups.add(e.name);
      return first;
    });
    once.forEach((e, i) => e.setAttribute("data-tab", String(i)));
    (document.activeElement as HTMLElement | null)?.blur();
    return once.length;
  });
  const reached = new Set<string>();
  for (let i = 0; i < wanted + 12; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement as HTMLElement | null;
      if (e === null || e === document.body) return null;
      const style = getComputedStyle(e);
      const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
      const group =
        e instanceof HTMLInputElement && e.type === "radio"
          ? document.querySelector(`input[name="${e.name}"][data-tab]`)
          : e;
      return { tab: group?.getAttribute("data-tab") ?? null, seen, what: `${e.tagName} ${e.textContent.slice(0, 30)}` };
    });
    if (at === null) continue;
    if (at.tab !== null) reached.add(at.tab);
    if (!at.seen) faults.push(`one does not see that the keyboard is at ${at.what}`);
  }
  const missed = await page.evaluate((done) => [...document.querySelectorAll("[data-tab]")].filter((e) => !done.includes(e.getAttribute("data-tab")!)).map((e) => `${e.tagName} ${e.textContent.slice(0, 30)} ${e.getAttribute("name") ?? ""}`), [...reached]); // prettier-ignore
  return [...faults, ...missed.map((what) => `Tab never comes to ${what}`)];
}

async function lookAtAll(
  page: Page,
  from: readonly string[],
): Promise<{ seen: string[]; faults: Record<string, string[]> }> {
  const faults: Record<string, string[]> = {};
  const seen = await walk(page, from, async (address, html) => {
    const found = [...htmlFaults(html), ...(await accessibilityFaults(page)), ...(await sideways(page))];
    // Where Tab goes is the same in every language.
    if (address.includes("lang=en")) found.push(...(await keyboard(page)));
    if (found.length > 0) faults[address.replace(pot.origin, "")] = found;
  });
  return { seen, faults };
}

async function stranger(language: string): Promise<{ page: Page; context: BrowserContext }> {
  const made = await newPerson(browser, { language });
  made.complaints.push = (...said) => complaints.push(...said);
  return made;
}

test.each(["en", "es", "ar"])(
  "in %s, what a stranger can open holds at 320 px, with letters twice as large, and by keyboard alone",
  async (language) => {
    const { page, context } = await stranger(language);
    const asks = ["", "/ask", "/ask/paper", "/status"].map(
      (path) => `${pot.origin}/${fund.slug}${path}?lang=${language}`,
    );
    const { seen, faults } = await lookAtAll(page, language === "ar" ? asks : [`${pot.origin}/?lang=${language}`, `${receipt}?lang=${language}`, ...asks]); // prettier-ignore
    await context.close();
    expect(faults).toEqual({});
    expect(seen.length).toBeGreaterThan(8);
    expect(complaints).toEqual([]);
  },
);

test.each(["en-US", "es-ES"])("in %s, so does every page of the desk", async (language) => {
  const ana = await seated(browser, `${pot.origin}/${fund.slug}/desk`, "Ana", complaints, language);
  const { seen, faults } = await lookAtAll(ana.page, [`${pot.origin}/${fund.slug}/desk?lang=${language.slice(0, 2)}`]);
  expect(faults).toEqual({});
  expect(seen.filter((shape) => shape.includes("/desk")).length).toBeGreaterThan(8);
  expect(complaints).toEqual([]);
});

test("the harness sees what is wrong: a page that is too wide, a button that Tab passes over, and a ring that is not there", async () => {
  const { page } = await stranger("en");
  await page.goto(`${pot.origin}/${fund.slug}`);
  await page.evaluate(() => {
    const wide = document.createElement("p");
    wide.style.width = "900px";
    wide.textContent = "wide";
    const bare = document.createElement("button");
    bare.textContent = "bare";
    bare.style.outline = "none";
    bare.style.boxShadow = "none";
    document.querySelector("main")!.append(wide, bare);
    document.querySelector("main a")!.addEventListener("focus", (event) => (event.target as HTMLElement).blur());
  });
  expect((await sideways(page)).join()).toContain("wide");
  const faults = await keyboard(page);
  expect(faults).toContain("one does not see that the keyboard is at BUTTON bare");
  expect(faults.some((fault) => fault.startsWith("Tab never comes to A"))).toBe(true);
});

test.each([
  ["a paragraph that holds a block", "<p>one<div>two</div></p>", "is read as"],
  ["an element that is never closed", "<main><b>one</main>", "is read as"],
  ["a name that is there twice", '<b id="x">1</b><i id="x">2</i>', '"x" is there twice'],
  ["an attribute that is there twice", '<b class="a" class="b">1</b>', "duplicate-attribute"],
  ["an element that closes itself", "<div/>", "trailing-solidus"],
])("a strict reader of HTML names %s", (_what, body, said) => {
  const page = (inner: string): string => `<!doctype html><html lang="en"><head><title>t</title></head><body>${inner}</body></html>`; // prettier-ignore
  expect(htmlFaults(page("<p>good<br/></p>"))).toEqual([]);
  expect(htmlFaults(page(body)).join()).toContain(said);
});
