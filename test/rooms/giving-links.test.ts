import { initWasm, Resvg } from "@resvg/resvg-wasm";
import QRCode from "qrcode";
import { continueLink } from "../../src/cli/import/continue.js";
import { ENTITIES } from "../../src/entities.js";
import { FundClock } from "../../src/fund-clock.js";
import { charterHash, charterToJson } from "../../src/funds/charter.js";
import { Funds, type Fund } from "../../src/funds/funds.service.js";
import { purposeOf } from "../../src/funds/purpose.js";
import { ShareCards } from "../../src/donations/giving/share-card.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { Database } from "../../src/platform/database/database.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let worker: Database;
let fund: Fund;
const clock = new HandClock(new Date());

beforeAll(async () => {
  pot = await startCommonpot({ clock });
  worker = await Database.connect(pot.db.urls.worker, ENTITIES, 4);
  fund = await openFund(pot, "link-fund", { suggested: [700n, 1300n, 4250n] });
});
afterAll(async () => {
  await worker.close();
  await pot.close();
});

const owner = () => pot.db.as("owner");
const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await owner()).query(sql, values)).rows[0];
const get = (url: string, headers: Record<string, string> = {}) =>
  pot.app.inject({ method: "GET", url, headers: { accept: "text/html", ...headers } });
const post = (url: string, fields: Record<string, string>) =>
  pot.app.inject({
    method: "POST",
    url,
    headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams(fields).toString(),
  });
const tick = async (of: Fund): Promise<void> => {
  clock.set(new Date(clock.now().getTime() + 10_000));
  await pot.app.get(FundClock).run(worker, of);
};

/** Gives by the form and pays; returns the receipt's address. */
async function giveByForm(slug: string, fields: Record<string, string>): Promise<string> {
  const started = await post(`/${slug}/give`, fields);
  expect(started.statusCode).toBe(303);
  const checkout = String(started.headers.location);
  const paid = await fetch(checkout, {
    method: "POST",
    body: new URLSearchParams({ card: "4242424242424242" }),
    redirect: "manual",
  });
  return new URL(paid.headers.get("location") ?? "").pathname;
}

/** As if the group had changed its rules: proposals do this with a quorum. */
async function changeCharter(slug: string, change: object): Promise<Fund> {
  const before = await pot.app.get(Funds).bySlug(pot.database.read, slug);
  const charter = { ...before.charter, ...change };
  const sql = await owner();
  await sql.query("alter table charter disable trigger charter_is_agreed");
  await sql.query("insert into charter (fund_id, version, charter, hash, day) values ($1, $2, $3, $4, '2026-11-25')", [
    before.fundId, before.charterVersion + 1, JSON.stringify(charterToJson(charter)), charterHash(charter),
  ]); // prettier-ignore
  await sql.query("alter table charter enable always trigger charter_is_agreed");
  return pot.app.get(Funds).bySlug(pot.database.read, slug);
}

describe("the form", () => {
  test("offers the charter's amounts, with about what the card costs for each, once or every month", async () => {
    const { body } = await get("/link-fund/give");
    expect(body.match(/name="pick" value="\d+"/g)).toEqual(
      ["700", "1300", "4250"].map((v) => `name="pick" value="${v}"`),
    );
    expect(body.match(/name="frequency" value="\w+"/g)).toHaveLength(2);
    expect(body).toContain("on $7 about $0.52");
    expect(body).toContain("on $42.50 about $1.58");
    expect(body).toContain("2.9% and $0.30");
  });

  test("takes what was picked, how often, and a name, and keeps them with the version of the rules", async () => {
    const before = await one("select count(*)::int as n from donation");
    const started = await post("/link-fund/give", {
      pick: "1300",
      frequency: "monthly",
      coverFee: "on",
      displayName: " Ana  Ruiz ",
    });
    expect(started.statusCode).toBe(303);
    expect(
      await one(
        "select amount::int, charged::int, frequency, display_name, charter_version from donation where fund_id = $1",
        [fund.fundId],
      ),
    ).toEqual({
      amount: 1300,
      charged: 1370,
      frequency: "monthly",
      display_name: "Ana Ruiz",
      charter_version: 1,
    });
    expect((await one("select count(*)::int as n from donation")).n).toBe(Number(before.n) + 1);
  });

  test("refuses an amount that it did not offer, and a name that is none, and loses nothing that was typed", async () => {
    const refused = await post("/link-fund/give", {
      pick: "999",
      displayName: "www.buy.example",
      frequency: "monthly",
    });
    expect(refused.statusCode).toBe(422);
    expect(refused.body).toContain('id="amount-wrong"');
    expect(refused.body).toContain('id="displayName-wrong"');
    expect(refused.body).toContain('value="www.buy.example"');
    expect(refused.body).toMatch(/value="monthly" checked/);
  });

  test("one key gives one checkout, and is refused for another frequency or name", async () => {
    const key = "k".repeat(43);
    const wish = { pick: "700", frequency: "once", key };
    const [a, b] = [await post("/link-fund/give", wish), await post("/link-fund/give", wish)];
    expect(a.headers.location).toBe(b.headers.location);
    expect((await post("/link-fund/give", { ...wish, frequency: "monthly" })).statusCode).toBe(422);
    expect((await post("/link-fund/give", { ...wish, displayName: "Ana" })).statusCode).toBe(422);
  });

  test("knows currencies without and with three decimals, and takes no card where Stripe counts otherwise", async () => {
    await openFund(pot, "yen-fund", {}, "jpy");
    await openFund(pot, "dinar-fund", {}, "kwd");
    await openFund(pot, "krona-fund", {}, "isk");
    expect((await get("/yen-fund/give")).body).toContain("3.6% and a card");
    expect((await post("/yen-fund/give", { amount: "99" })).body).toContain("at least ¥100");
    const steps = await post("/dinar-fund/give", { amount: "5.124" });
    expect([steps.statusCode, steps.body.includes("in steps of")]).toEqual([422, true]);
    expect((await post("/dinar-fund/give", { amount: "5.124", coverFee: "on" })).statusCode).toBe(303);
    expect(
      (await one("select charged::int from donation join fund using (fund_id) where slug = 'dinar-fund'")).charged,
    ).toBe(5340);
    expect((await get("/krona-fund/give")).body).toContain("Card gifts are off here");
    const api = await pot.app.inject({
      method: "POST",
      url: "/api/v1/funds/krona-fund/donations",
      payload: { amount: 5000, frequency: "once" },
    });
    expect([api.statusCode, api.json().type]).toEqual([409, "urn:commonpot:problem:cards-off"]);
  });

  test("stands with the amount field alone where the charter offers none", async () => {
    await openFund(pot, "plain-fund", { suggested: [] });
    const { body } = await get("/plain-fund/give");
    expect(body).not.toContain('name="pick"');
    expect(body).toMatch(/<input id="amount" name="amount"[^>]* required/);
  });
});

describe("a link that is pinned to its purpose", () => {
  test("shows what it is for, and the other language keeps the pin", async () => {
    const { body } = await get(`/link-fund/give?purpose=${purposeOf(fund.charter)}`);
    expect(body).toContain("What this gift is for");
    expect(body).toContain("/link-fund/charter/1?lang=en");
    expect(body).toContain(`?lang=es&amp;purpose=${purposeOf(fund.charter)}`);
    const { hash } = await one("select encode(hash, 'hex') as hash from charter where fund_id = $1", [fund.fundId]);
    expect(hash.startsWith(purposeOf(fund.charter))).toBe(true);
  });

  test.each(["0123456789abcdef", "x", "", "%27--", "A".repeat(300)])(
    "for rules that never were (%p) gives nothing and says so",
    async (purpose) => {
      const answer = await get(`/link-fund/give?purpose=${purpose}`);
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toContain("rules that this fund never had");
      expect(answer.body).not.toContain("<form");
      expect(answer.body).toContain(`/link-fund/give?lang=en&amp;purpose=${purposeOf(fund.charter)}`);
    },
  );

  test("gives nothing once the rules have changed, until the donor chooses today's", async () => {
    const old = await openFund(pot, "changing-fund");
    const was = purposeOf(old.charter);
    const open = await post(`/changing-fund/give?purpose=${was}`, { amount: "nonsense", purpose: was });
    expect(open.body).toContain("What this gift is for");
    const now = await changeCharter("changing-fund", { capPerRequest: 60_000n });
    const is = purposeOf(now.charter);
    expect(is).not.toBe(was);

    const page = await get(`/changing-fund/give?purpose=${was}`);
    expect(page.body).toContain("The rules have changed");
    expect(page.body).toContain("/changing-fund/charter/1?lang=en");
    expect(page.body).toContain("/changing-fund/charter/2?lang=en");
    expect(page.body).not.toContain("<form");

    // A form that was open meanwhile: refused, and nothing is written. So is the same form after a slip of the pen.
    const refused = await post("/changing-fund/give", { amount: "10", purpose: was });
    expect([refused.statusCode, refused.body.includes("The rules have changed")]).toEqual([409, true]);
    const slipped = await post("/changing-fund/give", { amount: "ten", purpose: was });
    expect(slipped.body).toContain(`name="purpose" value="${was}"`);
    expect((await one("select count(*)::int as n from donation where fund_id = $1", [old.fundId])).n).toBe(0);

    expect((await post("/changing-fund/give", { amount: "10", purpose: is })).statusCode).toBe(303);
    expect((await one("select charter_version from donation where fund_id = $1", [old.fundId])).charter_version).toBe(
      2,
    );
  });
});

describe("a link to go on giving, as an import hands it out", () => {
  test("fills in how often and how much, and gives exactly that", async () => {
    const page = await get(continueLink({ address: "", slug: fund.slug }, 1234n));
    expect(page.statusCode).toBe(200);
    expect(page.body).toMatch(/value="monthly"[^>]*checked|checked[^>]*value="monthly"/);
    expect(page.body).toContain('value="12.34"');
    const started = await post(`/${fund.slug}/give`, { frequency: "monthly", amount: "12.34" });
    expect(started.statusCode).toBe(303);
    const { charged, frequency } = await one("select charged::int, frequency from donation where checkout_url = $1", [
      started.headers.location,
    ]);
    expect([charged, frequency]).toEqual([1234, "monthly"]);
  });

  test.each(["amount=-5", "amount=1e3", "amount=%3Cb%3E", "amount=99999999999999999999", "frequency=yearly"])(
    "leaves out what makes no sense: %s",
    async (query) => {
      const page = await get(`/${fund.slug}/give?${query}`);
      expect(page.statusCode).toBe(200);
      expect(page.body).toMatch(/value="once"[^>]*checked|checked[^>]*value="once"/);
      expect(page.body).not.toContain("<b>");
    },
  );
});

describe("the QR code", () => {
  /** The dark and light modules of an SVG as a camera sees it: drawn to pixels, and looked at in the middle of each. */
  function seen(svg: string, modules: number): string {
    const scale = 6;
    const side = (modules + 8) * scale;
    const image = new Resvg(svg, { fitTo: { mode: "width", value: side } }).render();
    expect(image.width).toBe(side);
    const { pixels } = image;
    const dark = (row: number, column: number): boolean =>
      pixels[((row * scale + scale / 2) * side + column * scale + scale / 2) * 4]! < 128;
    let text = "";
    for (let row = 0; row < modules + 8; row++)
      for (let column = 0; column < modules + 8; column++) text += dark(row, column) ? "1" : "0";
    return text;
  }
  /** The same from the encoder itself, in a quiet zone of four. */
  function expected(text: string): [string, number] {
    const { modules } = QRCode.create(text, { errorCorrectionLevel: "Q" });
    const { size } = modules;
    let bits = "";
    for (let row = -4; row < size + 4; row++)
      for (let column = -4; column < size + 4; column++) {
        const inside = row >= 0 && column >= 0 && row < size && column < size;
        bits += inside && modules.get(row, column) === 1 ? "1" : "0";
      }
    return [bits, size];
  }

  test("holds the pinned link, module for module, as a file and on the poster", async () => {
    // The card starts the renderer; a second start would be refused.
    await get("/link-fund/give/card.png");
    await initWasm(new Uint8Array()).catch(() => undefined);
    const link = `${pot.origin}/link-fund/give?purpose=${purposeOf(fund.charter)}`;
    const [bits, size] = expected(link);
    const file = await get("/link-fund/give/qr.svg");
    expect(file.headers).toMatchObject({
      "content-type": "image/svg+xml",
      "cross-origin-resource-policy": "cross-origin",
      "cache-control": "public, max-age=300",
      "content-security-policy": expect.stringContaining("sandbox"),
    });
    expect(seen(file.body, size)).toBe(bits);
    const poster = (await get("/link-fund/give/poster")).body;
    const drawn =
      /<svg class="qr".*?<\/svg>/s.exec(poster)?.[0].replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"') ?? "";
    expect(seen(drawn, size)).toBe(bits);
    expect(poster.replaceAll("&amp;", "&")).toContain(link.replace("http://", ""));
  });

  test("keeps the purpose that a page elsewhere shows it for, and knows no other", async () => {
    const was = "changing-fund";
    const { hash } = await one(
      "select encode(hash, 'hex') as hash from charter join fund using (fund_id) where slug = $1 and version = 1",
      [was],
    );
    const first = String(hash).slice(0, 16);
    expect((await get(`/${was}/give/qr.svg?purpose=${first}`)).body).toContain(`purpose=${first}`);
    expect((await get(`/${was}/give/qr.svg`)).body).not.toContain(`purpose=${first}`);
    expect((await get(`/${was}/give/qr.svg?purpose=0123456789abcdef`)).statusCode).toBe(404);
    expect((await get(`/${was}/give/qr.svg?purpose=1&purpose=2`)).statusCode).toBe(404);
  });
});

describe("the share card", () => {
  const sizeOf = (png: Buffer): [string, number, number] => [
    png.subarray(1, 4).toString(),
    png.readUInt32BE(16),
    png.readUInt32BE(20),
  ];

  test("is a PNG of 1200 by 630 that other sites may show, drawn once for each content", async () => {
    const cards = jest.spyOn(Resvg.prototype, "render");
    const answers = await Promise.all(Array.from({ length: 8 }, () => get("/link-fund/give/card.png?lang=es")));
    for (const { statusCode, headers, rawPayload } of answers) {
      expect([statusCode, headers["content-type"], sizeOf(rawPayload)]).toEqual([200, "image/png", ["PNG", 1200, 630]]);
      expect(headers["cross-origin-resource-policy"]).toBe("cross-origin");
      expect(rawPayload.length).toBeLessThan(150_000);
    }
    expect(cards).toHaveBeenCalledTimes(1);
    await get("/link-fund/give/card.png?lang=en&nonsense=1");
    await get("/link-fund/give/card.png?lang=en&nonsense=2");
    expect(cards.mock.calls.length).toBeLessThanOrEqual(2);
    cards.mockRestore();
  });

  test("keeps a bounded number of pictures, and one that cannot be drawn is no picture and breaks no other", async () => {
    const cards = new ShareCards();
    const svg = (n: number): string => `<svg xmlns="http://www.w3.org/2000/svg" width="${n}" height="2"/>`;
    await expect(cards.png("<svg")).rejects.toThrow();
    for (let n = 1; n <= 70; n++) await cards.png(svg(n));
    expect((cards as unknown as { kept: Map<string, unknown> }).kept.size).toBe(64);
  });

  test("is named with absolute addresses on the fund's page and on its give page", async () => {
    for (const [path, url] of [
      ["/link-fund", "/link-fund"],
      ["/link-fund/give", "/link-fund/give"],
    ] as const) {
      const { body } = await get(`${path}?lang=es`);
      const meta = Object.fromEntries(
        [...body.matchAll(/<meta (?:property|name)="([^"]+)" content="([^"]*)"/g)].map((m) => [m[1], m[2]]),
      );
      expect(meta).toMatchObject({
        "og:url": `${pot.origin}${url}`,
        "og:image": `${pot.origin}/link-fund/give/card.png?lang=es`,
        "og:image:width": "1200",
        "og:image:height": "630",
        "twitter:card": "summary_large_image",
      });
      expect(meta["og:title"]).toContain("Elm Street Pot");
      expect(meta["og:description"]).toContain("El barrio pone");
    }
    expect((await get("/link-fund/ask")).body).not.toContain("og:");
  });
});

test("a hostile fund's name is text everywhere: in pages, in HTML to copy, in pictures", async () => {
  const name = `<script>alert(1)</script>"&'\u0007]]>\u202E 😀`;
  await openFund(pot, "evil-fund", { name });
  for (const rest of ["", "/give", "/give/poster", "/give/embed"]) {
    const { body, statusCode } = await get(`/evil-fund${rest}`);
    expect(statusCode).toBe(200);
    expect(body).not.toContain("<script>alert");
    expect(body).not.toMatch(/content="[^"]*"&'/);
  }
  const { body } = await get("/evil-fund/give/embed");
  // Escaped once for the reader's page, and once more for the page that shows it.
  expect(body).toContain("&amp;lt;script&amp;gt;alert(1)");
  const svg = (await get("/evil-fund/give/card.svg")).body;
  expect(svg).not.toMatch(/<script|\u0007|\u202E/);
  expect((await get("/evil-fund/give/card.png")).rawPayload.readUInt32BE(16)).toBe(1200);
});

describe("a name that a donor asked to show", () => {
  const NAMES = ["Zoe Zamora", "Ana Aroz", '<b>Ben</b> & "co"', "علي"];
  const receipts: string[] = [];
  const front = async () => (await get("/named-fund?lang=en")).body;

  test("stands on the fund's page from the day after, in the order of the alphabet, without an amount", async () => {
    const named = await openFund(pot, "named-fund");
    for (const [i, displayName] of NAMES.entries())
      receipts.push(await giveByForm("named-fund", { amount: String(90 - i * 20), displayName }));
    // Asked, and never paid.
    await post("/named-fund/give", { amount: "500", displayName: "Nobody" });
    await until(
      "booked",
      async () =>
        (await one("select count(*)::int as n from transaction where fund_id = $1 and kind = 'gift'", [named.fundId]))
          .n === 4,
    );
    expect(await front()).not.toContain("People who asked to be named");
    clock.set(new Date(clock.now().getTime() + 86_400_000));
    const list = /<ul class="names">.*?<\/ul>/s.exec(await front())?.[0] ?? "";
    expect([...list.matchAll(/<bdi>(.*?)<\/bdi>/g)].map((m) => m[1])).toEqual([
      "&lt;b>Ben&lt;/b> &amp; &quot;co&quot;",
      "Ana Aroz",
      "Zoe Zamora",
      "علي",
    ]);
    expect(list).not.toMatch(/\$|90|70|Nobody/);
  });

  test("is gone at once when the receipt takes it away, and comes back while that page is open", async () => {
    const zoe = receipts[0] ?? "";
    expect((await get(zoe)).body).toContain("“Zoe Zamora” stands there");
    const removed = await post(`${zoe}/name`, { name: "" });
    expect([removed.statusCode, removed.body.includes("It is taken away")]).toEqual([200, true]);
    expect(removed.body).toContain('name="name" value="Zoe Zamora"');
    expect(removed.body).not.toContain('http-equiv="refresh"');
    expect(await front()).not.toContain("Zoe Zamora");
    expect((await get(zoe)).body).not.toContain("Zoe Zamora");
    expect((await one("select count(*)::int as n from donation where display_name = 'Zoe Zamora'")).n).toBe(0);
    const back = await post(`${zoe}/name`, { name: "Zoe Zamora" });
    expect(back.body).toContain("“Zoe Zamora” stands there");
    expect(await front()).toContain("Zoe Zamora");
    expect((await get(`${zoe}/name`)).headers.location).toBe(zoe);
  });

  test("is changed by nobody without the receipt, and never to what is no name", async () => {
    expect((await post(`/named-fund/receipts/${"x".repeat(43)}/name`, { name: "" })).statusCode).toBe(404);
    expect(
      (await post(`/link-fund${(receipts[0] ?? "").replace("/named-fund", "")}/name`, { name: "" })).statusCode,
    ).toBe(404);
    expect((await post(`${receipts[0] ?? ""}/name`, { name: "x".repeat(61) })).statusCode).toBe(422);
    expect(await front()).toContain("Zoe Zamora");
  });

  test("of a monthly gift is shown by any of its payments", async () => {
    await post("/named-fund/give", { amount: "12", frequency: "monthly", displayName: "Monthly Mo" });
    const { donation_id: id, fund_id: fundId } = await one(
      "select donation_id, fund_id from donation where display_name = 'Monthly Mo'",
    );
    await bookGift(pot.database, { fundId } as Fund, 1200n, `${id}:in_1`);
    expect(await front()).toContain("Monthly Mo");
  });

  test("is in no entry of the log and in no line of the journal", async () => {
    const named = await pot.app.get(Funds).bySlug(pot.database.read, "named-fund");
    await tick(named);
    await tick(named);
    const { n } = await one("select count(*)::int as n from log_entry where fund_id = $1", [named.fundId]);
    expect(n).toBeGreaterThan(0);
    for (const name of ["Zoe Zamora", "<b>Ben", "Monthly Mo"]) {
      expect(
        (
          await one("select count(*)::int as n from log_entry where position($1 in convert_from(body, 'UTF8')) > 0", [
            name,
          ])
        ).n,
      ).toBe(0);
      expect(
        (await one("select count(*)::int as n from transaction t where position($1 in t::text) > 0", [name])).n,
      ).toBe(0);
    }
  });
});

describe("the meter", () => {
  test("is left out while nothing is published, and counts what is published alone", async () => {
    const goal = await openFund(pot, "goal-fund", { monthlyGoal: 50_000n });
    const today = clock.now().toISOString().slice(0, 10);
    for (let i = 0; i < 5; i++) await bookGift(pot.database, goal, 3000n, `g${i}`, today);
    expect((await get("/goal-fund")).body).not.toContain("<meter");
    await tick(goal);
    const { body } = await get("/goal-fund");
    expect(body).toContain("$150.00 of $500.00 given this month.");
    expect(body).toMatch(/<meter min="0" max="1000" value="300"/);
    // Booked, and not yet in a group of k: no word of it.
    for (let i = 5; i < 8; i++) await bookGift(pot.database, goal, 3000n, `g${i}`, today);
    await tick(goal);
    expect((await get("/goal-fund/give")).body).toContain("$150.00 of $500.00 given this month.");
    expect((await get("/goal-fund/give/card.svg")).body).toContain("$150.00 of $500.00 given this month.");
    for (let i = 8; i < 20; i++) await bookGift(pot.database, goal, 3000n, `g${i}`, today);
    await tick(goal);
    expect((await get("/goal-fund?lang=es")).body).toContain("se alcanzó la meta de $500.00");
  });

  test("another month begins at nothing", async () => {
    const before = clock.now();
    clock.set(new Date(before.getTime() + 40 * 86_400_000));
    expect((await get("/goal-fund")).body).toContain("$0.00 of $500.00 given this month.");
    clock.set(before);
  });

  test("without a goal says how many requests wait, and nothing where the log hides it", async () => {
    const need = await openFund(pot, "need-fund");
    for (let i = 0; i < 4; i++) await ask(pot, "need-fund", 1000 + i);
    await tick(need);
    expect((await get("/need-fund")).body).not.toContain("in line.");
    for (let i = 0; i < 3; i++) await ask(pot, "need-fund", 2000 + i);
    await tick(need);
    const { body } = await get("/need-fund");
    expect(body).toContain("7 requests wait in line.");
    expect(body).not.toContain("<meter");
    expect((await get("/need-fund/give?lang=es")).body).toContain("7 pedidos esperan en la fila.");
  });
});

test("what passes a link on is nothing for a fund that does not exist", async () => {
  for (const rest of ["poster", "embed", "qr.svg", "card.svg", "card.png", "nothing"])
    expect([rest, (await get(`/nobody-here/give/${rest}`)).statusCode]).toEqual([rest, 404]);
});
