import type { Browser, Page } from "playwright-core";
import { audit } from "../../src/cli/audit/run.js";
import { charterFromTemplate } from "../../src/funds/templates.js";
import { Funds } from "../../src/funds/funds.service.js";
import { Invitations } from "../../src/treasurers/invitations.service.js";
import { accessibilityFaults, addAuthenticator, launchBrowser, newPerson } from "../support/browser.js";
import { ask, give, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let browser: Browser;
const SLUG = "maple-street";
const complaints: string[] = [];

beforeAll(async () => {
  [pot, browser] = await Promise.all([startCommonpot(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await pot.close();
});

async function somebody(options: Parameters<typeof newPerson>[1] = {}): Promise<Page> {
  const person = await newPerson(browser, options);
  person.context.setDefaultTimeout(15_000);
  person.complaints.push = (...said) => complaints.push(...said);
  return person.page;
}

const balances = async (): Promise<Record<string, number>> =>
  ((await (await fetch(`${pot.origin}/api/v1/funds/${SLUG}`)).json()) as { balances: Record<string, number> }).balances;

describe("the main job", () => {
  const treasurers: Record<string, Page> = {};
  let code = "";
  let sixWords = "";

  test("a fund is founded: three treasurers take their seats with passkeys of their own and sign the same rules", async () => {
    const funds = pot.app.get(Funds);
    const charter = {
      ...charterFromTemplate("rent", { name: "Maple Street Pot", currency: "usd", timeZone: "UTC", practice: true }),
      words: true,
      publication: { clock: "ten-seconds" as const, k: 3 },
    };
    await pot.database.atomically((tx) =>
      funds.create(tx, { slug: SLUG, template: "rent", currency: "usd", practice: true, charter }, new Date()),
    );
    expect(
      (
        await fetch(`${pot.origin}/api/v1/funds/${SLUG}/donations`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: '{"amount":2500,"frequency":"once"}',
        })
      ).status,
    ).toBe(409);
    for (const name of ["Rosa", "Sam", "Tam"]) {
      const token = await pot.database.atomically(async (tx) =>
        new Invitations().invite(tx, await funds.bySlug(tx, SLUG), new Date()),
      );
      const page = (treasurers[name] = await somebody());
      // Tam's device has no PRF: six words keep the key instead.
      await addAuthenticator(page, name !== "Tam");
      await page.goto(`${pot.origin}/${SLUG}/join#${token}`);
      expect(page.url()).not.toContain(token);
      await page.fill("#seat-name", name);
      await page.click("#seat-form button");
      await page.waitForSelector("#seat-paper:not([hidden])");
      expect(await page.textContent("#seat-identity")).toMatch(/^AGE-SECRET-KEY-1/);
      expect(await page.isVisible("#seat-passphrase")).toBe(name === "Tam");
      if (name === "Tam") sixWords = (await page.textContent("#seat-passphrase")) ?? "";
      await page.click("#seat-kept");
      await page.waitForSelector("text=Founding Maple Street Pot");
    }
    for (const page of Object.values(treasurers)) {
      await page.reload();
      await page.click("button[data-act=genesis]");
      await page.waitForLoadState("networkidle");
    }
    await until("the fund is open", async () => (await funds.bySlug(pot.database.read, SLUG)).state === "open");
  });

  test("a donor without script gives by link and finds the gift in the books", async () => {
    const page = await somebody({ script: false });
    await page.goto(`${pot.origin}/${SLUG}/give`);
    await page.fill("#amount", "250.00");
    await page.check("#coverFee");
    await page.click("main button");
    await page.waitForSelector("text=PRACTICE");
    await page.fill("#card", "4242 4242 4242 4242");
    await page.click("button");
    await page.waitForSelector("text=Your gift is in the books");
    // 250.00 and the fee on top: 257.79, of which 7.79 stay with Stripe.
    expect(await page.textContent(".figures")).toMatch(
      /Your gift\$257\.78.*Kept by Stripe\$7\.78.*Reached the pot\$250\.00/,
    );
  });

  test("a declined card takes nothing, and a cancelled checkout comes back to the form", async () => {
    const page = await somebody({ script: false });
    await page.goto(`${pot.origin}/${SLUG}/give`);
    await page.click("main button");
    await page.fill("#card", "4000000000000002");
    await page.click("button");
    expect(await page.textContent("[role=alert]")).toContain("declined");
    await page.click("text=Go back without paying");
    expect(await page.textContent(".note")).toContain("Nothing was taken");
    const { rows } = await (
      await pot.db.as("owner")
    ).query("select count(*)::int as n from transaction where kind = 'gift'");
    expect(rows[0].n).toBe(1);
  });

  test("what was typed wrong is named, and nothing typed is lost", async () => {
    const page = await somebody({ script: false });
    await page.goto(`${pot.origin}/${SLUG}/ask`);
    await page.fill("#amount", "five hundred");
    await page.selectOption("#rail", "venmo");
    await page.fill("#to", "@marisol");
    await page.click("main form button");
    expect(await page.textContent("#amount-wrong")).toContain("Type an amount such as");
    expect([await page.inputValue("#amount"), await page.inputValue("#rail"), await page.inputValue("#to")]).toEqual([
      "five hundred",
      "venmo",
      "@marisol",
    ]);
  });

  test("a requester without script asks, keeps the seven words, and sees where the request stands", async () => {
    const page = await somebody({ script: false });
    await page.goto(`${pot.origin}/${SLUG}/ask`);
    await page.fill("#amount", "120");
    await page.selectOption("#rail", "venmo");
    await page.fill("#to", "@marisol-canary");
    await page.click("summary");
    await page.selectOption("#category", "rent");
    await page.fill("#words", "ring the bell twice");
    await page.click("main form button");
    code = (await page.textContent(".words"))?.trim() ?? "";
    expect(code.split(" ")).toHaveLength(7);
    await page.click("text=I have kept them");
    expect(await page.textContent("h1")).toBe("Where you stand");
    expect(page.url()).not.toContain(code.split(" ")[0]);
    expect(await page.context().cookies()).toEqual([]);
  });

  test("wrong words open nothing", async () => {
    const page = await somebody({ script: false });
    await page.goto(`${pot.origin}/${SLUG}/status`);
    await page.fill("#words", "abacus abdomen abide able acorn acre actor");
    await page.click("main form button");
    expect(await page.textContent("[role=alert]")).toContain("These words open nothing");
    expect(await page.inputValue("#words")).toContain("abacus");
  });

  test("Rosa and Sam sign; a double click signs once; the money is held", async () => {
    await until(
      "the rule picked the request",
      async () =>
        (await (await pot.db.as("owner")).query("select from disbursement where state = 'proposed'")).rowCount === 1,
    );
    for (const name of ["Rosa", "Sam"]) {
      const page = treasurers[name]!;
      await page.goto(`${pot.origin}/${SLUG}/desk`);
      expect(await page.textContent("[data-disbursement]")).not.toContain("marisol");
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.dblclick("button[data-act=approve]");
      await page.waitForSelector(name === "Rosa" ? "text=You signed" : "button[data-act=take]");
    }
    const { rows } = await (
      await pot.db.as("owner")
    ).query(
      "select (select count(*)::int from approval) as approvals, held::int from book join fund using (fund_id) where slug = $1",
      [SLUG],
    );
    expect(rows[0]).toEqual({ approvals: 2, held: 12000 });
  });

  test("Sam takes it, opens the details in his own browser, pays and records it; Rosa cannot", async () => {
    const [rosa, sam] = [treasurers["Rosa"]!, treasurers["Sam"]!];
    await rosa.goto(`${pot.origin}/${SLUG}/desk`);
    await sam.click("button[data-act=take]");
    await sam.waitForSelector("button[data-act=open]");
    await rosa.click("button[data-act=take]");
    await rosa.waitForSelector("#problem:not([hidden])");
    expect(await rosa.textContent("#problem")).toContain("Another treasurer is paying this");
    await sam.click("button[data-act=open]");
    await sam.waitForSelector("[data-sealed]:not([hidden])");
    expect(await sam.textContent("[data-sealed]")).toBe("Venmo: @marisol-canary\n“ring the bell twice”\n(en)");
    expect(await sam.textContent("[data-checked]")).toContain("2 treasurers signed exactly this sum");
    await sam.selectOption("form select[name=rail]", "venmo");
    await sam.fill("form input[name=reference]", "V-1001");
    await sam.click("form[data-act=sent] button");
    await sam.waitForSelector("text=Sent, not confirmed yet");
  });

  test("the requester confirms, and the desk is clear", async () => {
    const page = await somebody({ script: false });
    await page.goto(`${pot.origin}/${SLUG}/status`);
    await page.fill("#words", code.toUpperCase().replaceAll(" ", "-"));
    await page.click("main form button");
    expect(await page.textContent("main")).toContain("We sent $120.00");
    await page.click("text=I got it");
    expect(await page.textContent(".good")).toContain("You told us that it arrived");
    await treasurers["Rosa"]!.goto(`${pot.origin}/${SLUG}/desk`);
    expect(await treasurers["Rosa"]!.textContent("main")).toContain("Nothing needs you");
  });

  test("an approval after the amount changed is refused, and the new amount is signed anew", async () => {
    const changing = await ask(pot, SLUG, 5000, { payTo: { rail: "cash", to: "the usual corner" } });
    await until(
      "the rule picked it",
      async () =>
        (await (await pot.db.as("owner")).query("select from disbursement where state = 'proposed'")).rowCount === 1,
    );
    const rosa = treasurers["Rosa"]!;
    await rosa.goto(`${pot.origin}/${SLUG}/desk`);
    const person = await somebody({ script: false });
    await person.goto(`${pot.origin}/${SLUG}/status`);
    await person.fill("#words", changing);
    await person.click("main form button");
    await person.click("text=Ask for another amount");
    await person.fill("#newAmount", "70");
    await person.click("button:has-text('Change it') >> nth=0");
    expect(await person.textContent("main")).toContain("You asked for $70.00");
    await rosa.click("button[data-act=approve]");
    await rosa.waitForSelector("#problem:not([hidden])");
    expect(await rosa.textContent("#problem")).toContain("What you saw has changed since");
    await until(
      "it was picked again",
      async () =>
        (await (await pot.db.as("owner")).query("select from disbursement where state = 'proposed' and amount = 7000"))
          .rowCount === 1,
    );
    await rosa.reload();
    await rosa.click("button[data-act=approve]");
    await rosa.waitForSelector("text=You signed");
    expect((await (await pot.db.as("owner")).query("select from disbursement where state = 'approved'")).rowCount).toBe(
      0,
    );
  });

  test("Tam, whose device has no PRF, signs the second yes and opens the details with six words", async () => {
    const tam = treasurers["Tam"]!;
    tam.on("dialog", (dialog) => void dialog.accept(sixWords));
    await tam.goto(`${pot.origin}/${SLUG}/desk`);
    await tam.click("button[data-act=approve]");
    await tam.click("button[data-act=take]");
    await tam.click("button[data-act=open]");
    await tam.waitForSelector("[data-sealed]:not([hidden])");
    expect(await tam.textContent("[data-sealed]")).toBe("Cash, in person: the usual corner\n(en)");
    await tam.click("button[data-act=pass-on]");
    await tam.waitForSelector("text=I’ll pay this one");
  });

  test("the open books add up, and show no single payout", async () => {
    await Promise.all([give(pot, SLUG, 5000), give(pot, SLUG, 3000)]);
    await until("three gifts are published", async () => ((await balances())["settled"] ?? 0) > 0, 30);
    // 250.00 + 50.00 + 30.00 with their fees, as published; the one payout stays below k and is not shown.
    const page = await somebody();
    await page.goto(`${pot.origin}/${SLUG}/books`);
    expect(await page.textContent(".figures")).toContain("Given$337.78");
    expect(await page.textContent(".figures")).toContain("Paid to people$0.00");
    expect(await page.textContent("main")).not.toContain("120.00");
    const findings = await pot.database.atomically((tx) => audit(tx));
    expect(findings.filter((f) => f.violations > 0)).toEqual([]);
  });

  test("every page reads well in English and Spanish, and asks nothing of a third party", async () => {
    const page = await somebody();
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).host));
    for (const path of [
      "/",
      `/${SLUG}`,
      ...["give", "ask", "status", "books", "join", "desk", "charter/1"].map((p) => `/${SLUG}/${p}`),
    ]) {
      for (const lang of ["en", "es"]) {
        await page.goto(`${pot.origin}${path}?lang=${lang}`);
        expect(await page.getAttribute("html", "lang")).toBe(lang);
        expect([path, await accessibilityFaults(page)]).toEqual([path, []]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      }
    }
    expect([...hosts]).toEqual([new URL(pot.origin).host]);
    expect(complaints).toEqual([]);
  });
});
