import net from "node:net";
import { LINES } from "../../src/donations/receipts/gift-lines.service.js";
import { cardGift, refund } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { give, openFund, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { startSmtp, textOf } from "../support/smtp.js";

jest.setTimeout(120_000);

let smtp: Awaited<ReturnType<typeof startSmtp>>;
let pot: Commonpot;
let fund: Fund;
const clock = new HandClock(new Date());
const journal = new Journal();

beforeAll(async () => {
  smtp = await startSmtp();
  const mail = { url: `smtp://127.0.0.1:${smtp.port}`, from: "pot@example.org" };
  pot = await startCommonpot({ mail, mailTimeoutMs: 2000, clock });
  fund = await openFund(pot, "mail-fund");
});
afterAll(async () => {
  await pot.close();
  await smtp.close();
});

const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];

async function paid(amount = 2500): Promise<{ id: string; token: string }> {
  const { id, receiptUrl } = await give(pot, fund.slug, amount);
  const key = `gift:${id}`;
  await until(
    "booked",
    async () => (await one("select count(*)::int as n from transaction where key = $1", [key])).n === 1,
  );
  return { id, token: receiptUrl.slice(-43) };
}

const get = (path: string, of = pot) => of.app.inject({ url: `/${fund.slug}/receipts/${path}`, headers: { accept: "text/html" } }); // prettier-ignore
const post = (path: string, fields: Record<string, string>, from = "127.0.0.1", of = pot) =>
  of.app.inject({
    method: "POST",
    url: `/${fund.slug}/receipts/${path}`,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
    payload: new URLSearchParams(fields).toString(),
    remoteAddress: from,
  });

const today = (): string => new Date().toISOString().slice(0, 10);

/** Every text that anybody could find: all tables, and what was reported. */
async function everything(of = pot): Promise<string> {
  const owner = await of.db.as("superuser");
  const { rows: tables } = await owner.query(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')",
  );
  const texts: string[] = [...of.reported];
  for (const { name } of tables) {
    const { rows } = await owner.query(`select t::text as text from ${name} t`);
    texts.push(...rows.map((row: { text: string }) => row.text));
  }
  return texts.join("\n");
}

describe("a receipt by e-mail", () => {
  test.each([
    ["en", "Your gift to Elm Street Pot", "No goods or services were given in return", "somebody typed this address"],
    ["es", "Tu aporte a Elm Street Pot", "No se dio ningún bien ni servicio", "alguien escribió esta dirección"],
  ])("arrives in %s, as plain text, with the amount and the link", async (language, subject, nothing, why) => {
    const { token } = await paid(1234);
    smtp.got.length = 0;
    const answer = await post(`${token}/mail?lang=${language}`, { address: `donor-${language}@example.org` });
    expect([answer.statusCode, answer.headers["location"]]).toEqual([
      303,
      `/${fund.slug}/receipts/${token}?lang=${language}&mailed=1`,
    ]);
    expect(smtp.got).toHaveLength(1);
    const [letter] = smtp.got;
    expect([letter!.from, letter!.to]).toEqual(["pot@example.org", [`donor-${language}@example.org`]]);
    expect(letter!.raw).toContain(`Subject: ${subject}`);
    expect(letter!.raw).toMatch(/^Content-Type: text\/plain/m);
    expect(letter!.raw).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(letter!.raw).not.toMatch(/text\/html|<img|multipart/);
    const text = textOf(letter!);
    for (const part of ["$12.34", nothing, why, `${pot.origin}/${fund.slug}/receipts/${token}`]) expect(text).toContain(part);
    expect((await get(`${token}?mailed=1&lang=en`)).body).toContain("Handed to the mail server");
  }); // prettier-ignore

  test("leaves the address nowhere: in no table, no job, no report", async () => {
    const { token } = await paid();
    const address = "nowhere-to-be-found@example.org";
    expect((await post(`${token}/mail`, { address })).statusCode).toBe(303);
    const found = await everything();
    expect(found).toContain(token);
    expect(found).not.toContain("nowhere-to-be-found");
  });

  test.each([
    "ana@example.org\r\nBcc: everybody@example.org",
    "ana@example.org, ben@example.org",
    "Ana <ana@example.org>",
    "ana@example",
    "",
  ])("to %j is refused, says why, and loses nothing", async (address) => {
    const { token } = await paid();
    smtp.got.length = 0;
    const answer = await post(`${token}/mail`, { address });
    expect(answer.statusCode).toBe(422);
    expect(answer.body).toContain("Type one address, such as name@example.org.");
    expect(answer.body).toContain('aria-invalid="true"');
    if (/^[\w@.]+$/.test(address)) expect(answer.body).toContain(`value="${address}"`);
    expect(smtp.got).toEqual([]);
  });

  test("a fund's name cannot begin another header", async () => {
    const { Mail } = await import("../../src/platform/mail/mail.js");
    const mail = new Mail({ url: `smtp://127.0.0.1:${smtp.port}`, from: "pot@example.org" }, () => undefined);
    smtp.got.length = 0;
    const to = "ana@example.org";
    await mail.send({ to, subject: "Your gift\r\nBcc: everybody@example.org\r\n\r\nNew body", text: "x\r\n.\r\nMAIL FROM:<a@b.cc>" }); // prettier-ignore
    expect(smtp.got).toHaveLength(1);
    expect(smtp.got[0]!.to).toEqual([to]);
    expect(smtp.got[0]!.raw).not.toMatch(/^Bcc:/m);
    expect(smtp.got[0]!.raw.split("\r\n\r\n")[0]).toContain("Subject: Your gift Bcc: everybody@example.org New body");
  });

  test("goes three times a day for one receipt, and ten times an hour for one network", async () => {
    const { token } = await paid();
    const send = (of: string, from?: string) => post(`${of}/mail`, { address: "ana@example.org" }, from);
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await send(token)).statusCode);
    expect(statuses).toEqual([303, 303, 303, 429]);
    clock.set(new Date(clock.now().getTime() + 2 * 86_400_000));
    expect((await send(token)).statusCode).toBe(303);
    clock.set(new Date());
    const others = [await paid(), await paid(), await paid(), await paid()];
    const fromOne = [];
    for (const { token: of } of others)
      for (let i = 0; i < 3; i++) fromOne.push((await send(of, "203.0.113.5")).statusCode);
    expect(fromOne.filter((s) => s === 429)).toHaveLength(2);
  });

  test("is not for a gift that is not paid", async () => {
    const started = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"amount":700,"frequency":"once"}',
    });
    const token = ((await started.json()) as { receiptUrl: string }).receiptUrl.slice(-43);
    expect((await get(token)).body).not.toContain('type="email"');
    expect((await post(`${token}/mail`, { address: "ana@example.org" })).statusCode).toBe(409);
    expect((await get(`${token}/print`)).statusCode).toBe(409);
  });
});

describe("a mail server that does not take it", () => {
  const withMail = async <T>(url: string, act: (other: Commonpot, token: string) => Promise<T>): Promise<T> => {
    const other = await startCommonpot({ mail: { url, from: "pot@example.org" }, mailTimeoutMs: 1000 });
    try {
      await openFund(other, fund.slug);
      const { id, receiptUrl } = await give(other, fund.slug, 900);
      const owner = await other.db.as("owner");
      const booked = async (): Promise<boolean> =>
        ((await owner.query("select from transaction where key = $1", [`gift:${id}`])).rowCount ?? 0) > 0;
      await until("booked", booked);
      return await act(other, receiptUrl.slice(-43));
    } finally {
      await other.close();
    }
  };
  const refused = (url: string): Promise<void> =>
    withMail(url, async (other, token) => {
      const began = Date.now();
      const answer = await post(`${token}/mail`, { address: "typed@example.org" }, "127.0.0.1", other);
      expect(answer.statusCode).toBe(503);
      expect(Date.now() - began).toBeLessThan(3000);
      expect(answer.body).toContain("The mail couldn’t be sent just now. Nothing was lost");
      expect(answer.body).toContain('value="typed@example.org"');
      expect(await everything(other)).not.toContain("typed@");
      expect(other.reported.filter((line) => line.startsWith("mail could not be sent: "))).toHaveLength(1);
    });

  test("because it is silent: a clear no within the timeout", async () => {
    const silent = net.createServer((socket) => socket.on("error", () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    await refused(`smtp://127.0.0.1:${(silent.address() as net.AddressInfo).port}`);
    silent.close();
  });

  test("because it answers each step just in time, for ever", async () => {
    const slow = net.createServer((socket) => {
      socket.on("error", () => undefined);
      const timer = setInterval(() => socket.write("220-wait\r\n"), 200);
      socket.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    await refused(`smtp://127.0.0.1:${(slow.address() as net.AddressInfo).port}`);
    slow.close();
  });

  test("because nobody is there", () => refused("smtp://127.0.0.1:9"));

  test("because it does not know the address", async () => {
    const picky = await startSmtp({ onRcptTo: (address, _session, done) => done(new Error(`no ${address.address} here`)) }); // prettier-ignore
    await refused(`smtp://127.0.0.1:${picky.port}`);
    await picky.close();
  });

  test("because nobody vouches for its certificate", async () => {
    // The library warns that its own certificate is known to everybody: that is what this test is about.
    const warned = jest.spyOn(console, "error").mockImplementation(() => undefined);
    const selfSigned = await startSmtp({ secure: true });
    await refused(`smtps://127.0.0.1:${selfSigned.port}`);
    await selfSigned.close();
    const startTls = await startSmtp({ disabledCommands: ["AUTH"] });
    await refused(`smtp://127.0.0.1:${startTls.port}`);
    warned.mockRestore();
    expect(startTls.got).toEqual([]);
    await startTls.close();
  });
});

test("without SMTP the option is not shown, and a POST is refused", async () => {
  const other = await startCommonpot();
  try {
    await openFund(other, fund.slug);
    const { id, receiptUrl } = await give(other, fund.slug, 900);
    const owner = await other.db.as("owner");
    await until("booked", async () => ((await owner.query("select from transaction where key = $1", [`gift:${id}`])).rowCount ?? 0) > 0); // prettier-ignore
    const token = receiptUrl.slice(-43);
    const page = (await get(token, other)).body;
    expect(page).toContain("Your gift is in the books");
    expect(page).not.toMatch(/e-mail|type="email"|\/mail"/);
    expect((await post(`${token}/mail`, { address: "ana@example.org" }, "127.0.0.1", other)).statusCode).toBe(409);
  } finally {
    await other.close();
  }
});

describe("a receipt on paper", () => {
  test("says who, when, how much, that nothing was given in return, and a number that opens nothing", async () => {
    const { token } = await paid(4200);
    const page = await get(`${token}/print`);
    expect(page.statusCode).toBe(200);
    for (const part of ["Elm Street Pot", "$42.00", "No goods or services were given in return for this gift.", "Ask the fund whether gifts to it are tax-deductible.", `${pot.origin}/${fund.slug}/books`])
      expect(page.body).toContain(part);
    const number = /[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}/.exec(page.body)?.[0];
    expect(number).toBeDefined();
    expect((await get(number!)).statusCode).toBe(404);
    // The only place where the receipt's code stands is the way back, and that is not printed.
    expect(page.body.replace(/<p class="noprint">.*?<\/p>/g, "").replace(/<head>.*<\/head>/, "")).not.toContain(token);
  }); // prettier-ignore

  test("tells of a refund, and so does the receipt on the screen", async () => {
    const { token, id } = await paid(3000);
    const { intents } = pot.stripe.stripe.store.state;
    pot.stripe.stripe.refund(Object.values(intents).find((i) => i.metadata["donation"] === id)!.id, 1000);
    await until("refunded", async () => (await one("select count(*)::int as n from transaction where key like $1", [`refund:${id}:%`])).n === 1); // prettier-ignore
    expect((await get(token)).body).toMatch(/Given back to you<\/dt><dd>\$10\.00/);
    const paper = (await get(`${token}/print`)).body;
    expect(paper).toMatch(/Given back<\/td><td class="number">-\$10\.00/);
    expect(paper).toMatch(/Total<\/th><td class="number">\$20\.00/);
  });

  test("is kept by no cache and no search engine, and nobody else's token opens it", async () => {
    const { token } = await paid();
    for (const path of [token, `${token}/print`, `${token}/year/${today().slice(0, 4)}`, "year"]) {
      const { headers } = await get(path);
      expect([path, headers["cache-control"], headers["x-robots-tag"]]).toEqual([
        path,
        "no-store",
        "noindex, nofollow",
      ]);
    }
    const other = await openFund(pot, "not-this-fund");
    for (const path of ["", "/print", "/year/2026", "/proof"])
      expect((await pot.app.inject({ url: `/${other.slug}/receipts/${token}${path}` })).statusCode).toBe(404);
    const mail = await pot.app.inject({ method: "POST", url: `/${other.slug}/receipts/${token}/mail`, headers: { "content-type": "application/x-www-form-urlencoded" }, payload: "address=ana@example.org" }); // prettier-ignore
    expect(mail.statusCode).toBe(404);
    for (const year of ["20266", "year", "1899"]) expect((await get(`${token}/year/${year}`)).statusCode).toBe(404);
  });
});

describe("a statement for a year", () => {
  /** A monthly gift as the books have it: a transaction for each invoice. */
  async function monthly(): Promise<{ token: string; id: string }> {
    const { token, id } = await paid(1000);
    await pot.database.atomically(async (tx) => {
      for (const [invoice, day] of [["in_1", "2025-12-31"], ["in_2", "2026-01-31"], ["in_3", "2026-02-28"]] as const) {
        const draft = cardGift({ donationId: id, day, amount: 1000n, fee: 59n, monthly: true });
        await journal.post(tx, fund.fundId, { ...draft, key: `gift:${id}:${invoice}` }, new Date());
      }
      const back = refund({ donationId: id, refundId: "re_1", day: "2026-03-01", amount: 400n, fee: 0n, monthly: true });
      await journal.post(tx, fund.fundId, back, new Date());
    });
    return { token, id };
  } // prettier-ignore

  const amounts = (html: string): string[] => [...html.matchAll(/<td class="number">([^<]+)</g)].map((m) => m[1]!);

  test("has every month of one receipt, and no other year's", async () => {
    const { token } = await monthly();
    const now = today();
    const [in2025, in2026] = [await get(`${token}/year/2025`), await get(`${token}/year/2026`)];
    expect(amounts(in2025.body)).toEqual(["$10.00"]);
    const own = now.startsWith("2026") ? ["$10.00"] : [];
    expect(amounts(in2026.body)).toEqual(["$10.00", "$10.00", "-$4.00", ...own, own.length ? "$30.00" : "$20.00", "-$4.00", own.length ? "$26.00" : "$16.00"]); // prettier-ignore
    expect((await get(`${token}/year/1999`)).body).toContain("No gift is in the books for this year.");
  });

  test("has several receipts, each once, and names what it does not know by its place", async () => {
    const [a, b] = [await paid(500), await paid(700)];
    const year = today().slice(0, 4);
    const pasted = [`${pot.origin}/${fund.slug}/receipts/${a.token}?lang=en`, "", "nonsense", b.token, a.token, "A".repeat(43)];
    const answer = await post("year", { links: pasted.join("\r\n"), year });
    expect(answer.statusCode).toBe(200);
    expect(amounts(answer.body)).toEqual(["$5.00", "$7.00", "$12.00"]);
    expect(answer.body).toContain("2 links open nothing here and are left out: numbers 2 and 5.");
    expect(answer.body).not.toContain(a.token);
    const spanish = await post("year?lang=es", { links: "nonsense", year });
    expect(spanish.body).toContain("Un enlace no abre nada aquí y queda fuera: el número 1.");
  }); // prettier-ignore

  test("says which gifts are not in the books", async () => {
    const started = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"amount":700,"frequency":"once"}',
    });
    const { receiptUrl } = (await started.json()) as { receiptUrl: string };
    const { token } = await paid();
    const answer = await post("year", { links: `${token} ${receiptUrl}`, year: today().slice(0, 4) });
    expect(answer.body).toContain("One gift isn’t paid, or not in the books yet: 2.");
  });

  test("takes sixty at most, and keeps what was pasted when something is wrong", async () => {
    const many = Array.from({ length: 61 }, (_, i) => `https://pot.example.org/mail-fund/receipts/${String(i).padStart(43, "x")}`); // prettier-ignore
    const tooMany = await post("year", { links: many.join("\n"), year: "2026" });
    expect([tooMany.statusCode, tooMany.body.includes("At most 60 links at once.")]).toEqual([422, true]);
    expect(tooMany.body).toContain(many[60]);
    expect(tooMany.body).toMatch(/<option selected>2026</);
    expect((await post("year", { links: many.slice(0, 60).join("\n"), year: "2026" })).statusCode).toBe(200);
    expect((await post("year", { links: " ", year: "2026" })).statusCode).toBe(422);
    expect((await post("year", { links: many[0]!, year: "x' or 1=1" })).statusCode).toBe(422);
  });

  test("goes by the fund's time zone", async () => {
    const far = await openFund(pot, "far-fund", { timeZone: "Pacific/Kiritimati" });
    const token = await giveIn(far);
    const { day } = await one("select t.day::text as day from transaction t where t.fund_id = $1 and t.kind = 'gift'", [far.fundId]); // prettier-ignore
    const page = await pot.app.inject({ url: `/far-fund/receipts/${token}/year/${day.slice(0, 4)}` });
    expect(page.body).toContain("Pacific/Kiritimati");
    expect(amounts(page.body)).toEqual(["$8.00"]);
  });

  async function giveIn(of: Fund): Promise<string> {
    const { id, receiptUrl } = await give(pot, of.slug, 800);
    await until("booked", async () => (await one("select count(*)::int as n from transaction where key = $1", [`gift:${id}`])).n === 1); // prettier-ignore
    return receiptUrl.slice(-43);
  }

  test("finds its transactions by the index, and not by reading the fund's book", async () => {
    const owner = await pot.db.as("owner");
    const { rows } = await owner.query(`explain ${LINES}`, [fund.fundId, [fund.fundId]]);
    expect(JSON.stringify(rows)).toMatch(/Index Cond: .*key >=.*key </);
  });
});
