import fs from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import sparticuz from "@sparticuz/chromium";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

const INSTALLED = "/usr/bin/chromium";
// Without these, the browser looks for hosts of its maker at every start.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launchBrowser(): Promise<Browser> {
  const executablePath = fs.existsSync(INSTALLED) ? INSTALLED : await sparticuz.executablePath();
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
}

/** A person's browser. What any page says on the console as an error, or breaks, fails the test that opened it. */
export async function newPerson(
  browser: Browser,
  options: { script?: boolean; width?: number; language?: string } = {},
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    javaScriptEnabled: options.script ?? true,
    viewport: { width: options.width ?? 390, height: 844 },
    locale: options.language ?? "en-US",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on(
    "console",
    (message) =>
      message.type() === "error" && !message.text().includes("status of 4") && complaints.push(message.text()),
  );
  page.on("pageerror", (error) => complaints.push(error.message));
  return { context, page, complaints };
}

/** WCAG 2.2 AA, as far as a program can tell. Needs a page with script. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}

/** A virtual authenticator with PRF, as a phone has one (WebAuthn, user-agent automation). */
export async function addAuthenticator(page: Page, prf = true): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: prf,
    },
  });
}

/** With SCREENSHOTS set to a folder, keeps what a page looks like on a phone, in the dark, and on a desk. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder === undefined) return;
  for (const [width, scheme] of [
    [390, "light"],
    [390, "dark"],
    [1280, "light"],
    [1280, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: `${folder}/${name}-${width}-${scheme}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: null });
}

/** Signs in as one of the practice treasurers; `plain` goes on from there without script. What their pages complain of lands in `complaints`. */
export async function seated(
  browser: Browser,
  desk: string,
  name: string,
  complaints: string[],
  language = "en-US",
): Promise<{ page: Page; plain: Page }> {
  const person = await newPerson(browser, { language });
  person.context.setDefaultTimeout(15_000);
  person.complaints.push = (...said) => complaints.push(...said);
  await person.page.goto(desk);
  await person.page.click(`button[data-act=be][data-name=${name}]`);
  await person.page.waitForSelector("#me");
  const without = await newPerson(browser, { script: false, language });
  without.context.setDefaultTimeout(15_000);
  await without.context.addCookies(await person.context.cookies());
  return { page: person.page, plain: without.page };
}
