import { identityToRecipient } from "age-encryption";
import { newToken } from "../../src/kernel/ids.js";
import { HandClock } from "../../src/kernel/clock.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { CODE_WORDS, deriveClaim, newClaimCode } from "../../src/requests/claim-code.js";
import { readCode } from "../../src/requests/code-words.js";
import { Erasure } from "../../src/requests/erasure.service.js";
import { open, seal } from "../../src/requests/sealing.js";
import { identityFromBytes } from "../../src/treasurers/wrapped-identity.js";
import { createHash } from "node:crypto";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import { ENTITIES } from "../../src/entities.js";
import { Database } from "../../src/platform/database/database.js";
import { bookGift } from "../support/builders.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let fund: Fund;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "asking");
});
afterAll(() => pot.close());

const URL_ = () => `/api/v1/funds/${fund.slug}/requests`;
const post = (body: unknown, headers: Record<string, string> = {}, url = URL_()) =>
  pot.app.inject({
    method: "POST",
    url,
    headers: { "content-type": "application/json", ...headers },
    payload: typeof body === "string" ? body : JSON.stringify(body),
  });
const GOOD = { amount: 5000, payTo: { rail: "venmo", to: "@someone" } };
const claim = (code: string) => ({ authorization: `Claim ${code}` });
const count = async (table: string): Promise<number> =>
  (await (await pot.db.as("owner")).query(`select count(*)::int as n from ${table}`)).rows[0].n;

describe("asking", () => {
  test("answers seven words that open the request, in any dress", async () => {
    const answer = await post(GOOD);
    expect([answer.statusCode, answer.json().state]).toEqual([201, "waiting"]);
    const code: string = answer.json().claimCode;
    expect(code.split(" ")).toHaveLength(7);
    for (const dressed of [code, code.toUpperCase(), code.replaceAll(" ", "-"), `  ${code.replaceAll(" ", ",  ")} `]) {
      const standing = await pot.app.inject({ method: "GET", url: "/api/v1/request", headers: claim(dressed) });
      expect([standing.statusCode, standing.json().messages]).toEqual([200, []]);
      expect(["waiting", "fund empty"]).toContain(standing.json().state);
    }
  });

  test("without a code gives no code, and keeps no way to look for one", async () => {
    const before = await count("claim_locator");
    const answer = await post({ ...GOOD, noCode: true });
    expect(answer.json()).toEqual({ claimCode: null, state: "waiting" });
    expect(await count("claim_locator")).toBe(before);
  });

  test("with one key asks once, also at the same instant; another body is refused", async () => {
    const key = { "idempotency-key": newToken() };
    const before = await count("aid_request");
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(GOOD, key)));
    expect(new Set(answers.map((a) => a.json().claimCode)).size).toBe(1);
    expect(await count("aid_request")).toBe(before + 1);
    expect((await post({ ...GOOD, amount: 6000 }, key)).statusCode).toBe(422);
    const [first, second] = [
      await post(GOOD, { "idempotency-key": "short" }),
      await post(GOOD, { "idempotency-key": "short" }),
    ];
    expect(second.json()).toEqual(first.json());
    expect((await post(GOOD, { "idempotency-key": "with a space" })).statusCode).toBe(400);
  });

  test.each([
    ["a reason", { ...GOOD, reason: "rent" }, "/reason"],
    ["income", { ...GOOD, income: 0 }, "/income"],
    ["family", { ...GOOD, payTo: { ...GOOD.payTo, family: 3 } }, "/payTo/family"],
    ["an amount over the cap", { ...GOOD, amount: 50_001 }, "/amount"],
    ["nothing", { ...GOOD, amount: 0 }, "/amount"],
    ["a negative amount", { ...GOOD, amount: -5 }, "/amount"],
    ["half a cent", { ...GOOD, amount: 1.5 }, "/amount"],
    ["an amount as text", { ...GOOD, amount: "5000" }, "/amount"],
    ["an unknown rail", { ...GOOD, payTo: { rail: "bitcoin", to: "x" } }, "/payTo/rail"],
    ["nobody to pay", { amount: 5000 }, "/payTo"],
    ["a control character", { ...GOOD, payTo: { rail: "cash", to: "a\u0000b" } }, "/payTo/to"],
    ["a mark that turns text around", { ...GOOD, payTo: { rail: "cash", to: "a\u202eb" } }, "/payTo/to"],
    ["a lone surrogate", '{"amount":5000,"payTo":{"rail":"cash","to":"\\ud800"}}', "/payTo/to"],
    ["too long a text", { ...GOOD, payTo: { rail: "cash", to: "x".repeat(501) } }, "/payTo/to"],
    ["a day that was", { ...GOOD, neededBy: "2020-01-01" }, "/neededBy"],
    ["a day that is none", { ...GOOD, neededBy: "2026-02-30" }, "/neededBy"],
    ["another fund's category", { ...GOOD, category: "bail" }, "/category"],
    [
      "a sealed file beside the open text",
      { ...GOOD, sealed: "-----BEGIN AGE ENCRYPTED FILE-----\nYQ==\n-----END AGE ENCRYPTED FILE-----\n" },
      "/sealed",
    ],
  ])("refuses %s with 422 and its name", async (_what, body, pointer) => {
    const answer = await post(body);
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
      422,
      expect.stringContaining("application/problem+json"),
    ]);
    expect(answer.json().errors.map((e: { pointer: string }) => e.pointer)).toContain(pointer);
    expect(answer.body).not.toMatch(/bitcoin|income.*0/);
  });

  test.each([
    ["not JSON", "{"],
    ["nine levels deep", `{"payTo":${"[".repeat(9)}${"]".repeat(9)}}`],
    ["a prototype", '{"__proto__":{"amount":5000}}'],
    ["100,000 levels deep", "[".repeat(8000) + "]".repeat(8000)],
  ])("refuses a body that is %s with 400", async (_what, body) => {
    expect((await post(body)).statusCode).toBe(400);
  });

  test("refuses what is too large, and what is plain text", async () => {
    expect((await post(JSON.stringify({ ...GOOD, words: "x".repeat(17_000) }))).statusCode).toBe(413);
    expect(
      (
        await pot.app.inject({
          method: "POST",
          url: URL_(),
          headers: { "content-type": "text/plain" },
          payload: JSON.stringify(GOOD),
        })
      ).statusCode,
    ).toBe(415);
  });

  test("takes words only where the charter has turned them on", async () => {
    expect((await post({ ...GOOD, words: "ring twice" })).statusCode).toBe(201);
    const quiet = await openFund(pot, "quiet", { words: false });
    const answer = await post({ ...GOOD, words: "ring twice" }, {}, `/api/v1/funds/${quiet.slug}/requests`);
    expect([answer.statusCode, answer.json().type]).toEqual([422, "urn:commonpot:problem:words-off"]);
  });

  test("takes a file that was sealed in the browser, and the server never sees the text", async () => {
    const sealed = await seal(JSON.stringify({ payTo: { rail: "cash", to: "canary-sealed" }, language: "es" }), [
      await recipientOfAna(),
    ]);
    expect((await post({ amount: 4000, sealed })).statusCode).toBe(201);
    const { rows } = await (
      await pot.db.as("owner")
    ).query("select sealed_by, sealed from aid_request order by arrival desc limit 1");
    expect(rows[0].sealed_by).toBe("browser");
    expect(await open(rows[0].sealed, identityOfAna())).toContain("canary-sealed");
  });
});

test("all that it takes to be paid is sealed, from the API and from the form alike, and what does not fit is named", async () => {
  const fields = {
    payTo: { rail: "cash", to: "here" }, payee: "court", legs: [{ rail: "landlord", to: "Oak LLC", amount: 400 }], held: { name: "R. Diaz", number: "24-1181" },
    contact: { at: "555 0100", shared: true },
  }; // prettier-ignore
  const send = (body: object): Promise<Response> =>
    fetch(`${pot.origin}/api/v1/funds/${fund.slug}/requests`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ amount: 1000, language: "en", ...body }),
    });
  expect((await send(fields)).status).toBe(201);
  const form = {
    amount: "10", rail: "cash", to: "here", payee: "court", amount1: "4", rail1: "landlord", to1: "Oak LLC", heldName: "R. Diaz", heldNumber: "24-1181", contactAt: "555 0100",
    contactShared: "on",
  }; // prettier-ignore
  const page = await fetch(`${pot.origin}/${fund.slug}/ask?lang=en`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  expect(page.status).toBe(201);
  const { rows } = await (
    await pot.db.as("owner")
  ).query("select sealed, category from aid_request where fund_id = $1 order by arrival desc limit 2", [fund.fundId]);
  const opened = await Promise.all(rows.map(async (r) => JSON.parse(await open(r.sealed, identityOfAna()))));
  expect(opened[0]).toEqual(opened[1]);
  expect(opened[0]).toEqual({ ...fields, contact: { at: "555 0100", message: false, shared: true }, language: "en" });
  for (const [field, body] of [
    ["legs", { ...fields, legs: [{ rail: "cash", to: "x", amount: 1000 }] }],
    ["payee", { ...fields, payee: "boss" }],
    ["contact/at", { ...fields, contact: { hours: "after 6" } }],
    ["held/name", { ...fields, held: { name: "x".repeat(121) } }],
    ["held/why", { ...fields, held: { why: "because" } }],
    ["legs", { ...fields, legs: Array(4).fill({ rail: "cash", to: "x", amount: 1 }) }],
  ] as const) {
    const refused = await send(body);
    const said = JSON.stringify(await refused.json());
    expect([field, refused.status, said.includes(field)]).toEqual([field, 422, true]);
    expect(said).not.toContain("because");
  }
});

const identityOfAna = (): string =>
  identityFromBytes(createHash("sha256").update("commonpot practice Ana identity").digest());
async function recipientOfAna(): Promise<string> {
  return (await (await pot.db.as("owner")).query("select recipient from treasurer where name = 'Ana' limit 1")).rows[0]
    .recipient;
}

describe("what is stored", () => {
  test("opens for each treasurer and for nobody else; its size says nothing", async () => {
    await post({ ...GOOD, payTo: { rail: "venmo", to: "@canary-handle" }, words: "short" });
    await post({ ...GOOD, payTo: { rail: "venmo", to: "@canary-handle" }, words: "w".repeat(900) });
    const { rows } = await (
      await pot.db.as("owner")
    ).query("select sealed from aid_request where sealed_by = 'server' order by arrival desc limit 2");
    expect(JSON.parse(await open(rows[1].sealed, identityOfAna()))).toEqual({
      payTo: { rail: "venmo", to: "@canary-handle" },
      words: "short",
      language: "en",
    });
    await expect(open(rows[1].sealed, identityFromBytes(new Uint8Array(32).fill(9)))).rejects.toThrow();
    expect(rows[0].sealed.length).toBe(rows[1].sealed.length);
  });

  test("holds no canary in any table, log line or error, and no code", async () => {
    const code = (
      await post({ ...GOOD, payTo: { rail: "cash", to: "CANARY-7391 Elm Street 5" }, words: "CANARY-7392 my sister" })
    ).json().claimCode as string;
    await post(`{"amount":5000,"payTo":{"rail":"cash","to":"CANARY-7393`);
    await post({ amount: "CANARY-7394", payTo: { rail: "CANARY-7395", to: "x" } });
    await pot.app.inject({
      method: "POST",
      url: "/api/v1/request/messages",
      headers: { ...claim(code), "content-type": "application/json" },
      payload: JSON.stringify({ text: "CANARY-7396 call me" }),
    });
    const owner = await pot.db.as("superuser");
    const { rows: tables } = await owner.query(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')",
    );
    for (const { name } of tables) {
      const { rows } = await owner.query(`select t::text as line from ${name} t`);
      for (const { line } of rows) {
        expect(line).not.toContain("CANARY");
        expect(line).not.toContain(code);
      }
    }
    expect(pot.reported.join("\n")).not.toMatch(/CANARY/);
  });
});

describe("seven words", () => {
  test("carry 90 bits from the EFF's list, and are the same however they are written", () => {
    const codes = Array.from({ length: 200 }, newClaimCode);
    expect(new Set(codes).size).toBe(200);
    expect(codes.every((c) => c.split(" ").length === 7)).toBe(true);
    for (const code of codes) expect(readCode(CODE_WORDS, code.toUpperCase().replaceAll(" ", "-")).code).toBe(code);
  });

  test("give a tag and an identity that do not follow from each other, always the same", async () => {
    const [a, b] = await Promise.all([deriveClaim("one two three"), deriveClaim("ONE-two  three")]);
    expect(a).toEqual(b);
    expect((await deriveClaim("one two four")).tagHash).not.toEqual(a.tagHash);
    expect(a.recipient).toMatch(/^age1/);
  });

  test("that open nothing, malformed or not, are answered alike", async () => {
    const bodies = new Set<string>();
    for (const header of [
      undefined,
      "Claim",
      "Claim abacus abdomen abide able acorn acre actor",
      "Claim x",
      "Bearer abc",
      `Claim ${"a".repeat(150)}`,
      "Claim 𝕒𝕓",
    ]) {
      const answer = await pot.app.inject({
        method: "GET",
        url: "/api/v1/request",
        headers: header === undefined ? {} : { authorization: header },
      });
      expect(answer.statusCode).toBe(401);
      bodies.add(answer.body);
    }
    expect(bodies.size).toBe(1);
  });

  test("of another fund open nothing on this fund's page", async () => {
    const code = await ask(pot, fund.slug, 3000);
    await openFund(pot, "elsewhere");
    const there = await pot.app.inject({
      method: "POST",
      url: "/elsewhere/status",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
      payload: new URLSearchParams({ words: code }).toString(),
    });
    expect(there.statusCode).toBe(401);
  });
});

describe("with the words a person can", () => {
  const act = (code: string, path: string, body?: object) =>
    pot.app.inject({
      method: "POST",
      url: `/api/v1/request/${path}`,
      headers: { ...claim(code), ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });

  test("write to the treasurers and read it again; nobody else can", async () => {
    const code = await ask(pot, fund.slug, 3000);
    expect((await act(code, "messages", { text: "the bell is broken" })).statusCode).toBe(201);
    const standing = await pot.app.inject({ method: "GET", url: "/api/v1/request", headers: claim(code) });
    expect(standing.json().messages).toEqual([
      { day: expect.any(String), from: "requester", text: "the bell is broken" },
    ]);
  });

  test("send a message, and another way to be paid, that their own program has locked", async () => {
    const code = await ask(pot, fund.slug, 3000);
    const sealed = await seal("locked at home", [
      await identityToRecipient(identityOfAna()),
      (await deriveClaim(code)).recipient,
    ]);
    expect((await act(code, "messages", { sealed })).statusCode).toBe(201);
    const standing = await pot.app.inject({ method: "GET", url: "/api/v1/request", headers: claim(code) });
    expect(standing.json().messages).toMatchObject([{ from: "requester", text: "locked at home" }]);
    expect((await act(code, "messages", { sealed, text: "both" })).statusCode).toBe(422);
    expect((await act(code, "messages", {})).statusCode).toBe(422);
    expect((await act(code, "messages", { sealed: "not an age file" })).statusCode).toBe(422);
    const way = await seal('{"language":"en","payTo":{"rail":"cash","to":"the library"}}', [
      await identityToRecipient(identityOfAna()),
    ]);
    expect((await act(code, "changes", { sealed: way })).statusCode).toBe(200);
    expect((await act(code, "changes", { sealed: way, payTo: { rail: "cash", to: "x" } })).statusCode).toBe(422);
    const { rows } = await (
      await pot.db.as("owner")
    ).query("select sealed, sealed_by, version from aid_request where fund_id = $1 order by arrival desc limit 1", [
      fund.fundId,
    ]);
    expect(rows[0]).toEqual({ sealed: way, sealed_by: "browser", version: 2 });
  });

  test("send the same message twice under one key, and it is there once", async () => {
    const code = await ask(pot, fund.slug, 3000);
    const send = (text: string, key: string) =>
      pot.app.inject({
        method: "POST",
        url: "/api/v1/request/messages",
        headers: { ...claim(code), "content-type": "application/json", "idempotency-key": key },
        payload: JSON.stringify({ text }),
      });
    const key = newToken();
    const answers = await Promise.all([send("hello", key), send("hello", key), send("hello", key)]);
    expect(answers.map((a) => a.statusCode)).toEqual([201, 201, 201]);
    expect((await send("other", key)).statusCode).toBe(422);
    const standing = await pot.app.inject({ method: "GET", url: "/api/v1/request", headers: claim(code) });
    expect(standing.json().messages).toHaveLength(1);
  });

  test("change the amount and the way to be paid, and keep the place", async () => {
    const code = await ask(pot, fund.slug, 3000, { words: "ring twice" });
    const before = (
      await (
        await pot.db.as("owner")
      ).query("select request_id, arrival from aid_request order by arrival desc limit 1")
    ).rows[0];
    expect((await act(code, "changes", { amount: 3500 })).statusCode).toBe(200);
    expect((await act(code, "changes", { payTo: { rail: "cash", to: "the library" } })).statusCode).toBe(200);
    const after = (
      await (await pot.db.as("owner")).query("select * from aid_request where request_id = $1", [before.request_id])
    ).rows[0];
    expect([after.arrival, after.amount, after.version, after.state]).toEqual([before.arrival, "3500", 3, "waiting"]);
    expect(JSON.parse(await open(after.sealed, identityOfAna())).payTo).toEqual({ rail: "cash", to: "the library" });
    expect(JSON.parse(await open(after.sealed_before, identityOfAna())).words).toBe("ring twice");
    expect((await act(code, "changes", { amount: 50_001 })).statusCode).toBe(422);
  });

  test("take the request back, twice is once; and say nothing about money that was not sent", async () => {
    const code = await ask(pot, fund.slug, 3000);
    expect((await act(code, "confirmations", { outcome: "received" })).statusCode).toBe(409);
    expect((await act(code, "withdrawal")).json()).toEqual({ state: "withdrawn" });
    expect((await act(code, "withdrawal")).statusCode).toBe(200);
    expect((await act(code, "messages", { text: "x" })).statusCode).toBe(409);
  });

  test("say what arrived; the last word counts, and the counts follow", async () => {
    const paying = await openFund(pot, "paying");
    await bookGift(pot.database, paying, 10_000n, "g");
    const code = await ask(pot, paying.slug, 4000);
    await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, paying));
    const [{ id }] = (
      await (
        await pot.db.as("owner")
      ).query("select disbursement_id as id from disbursement where fund_id = $1", [paying.fundId])
    ).rows;
    for (const name of ["Ana", "Ben"] as const) await (await person(pot, paying.slug, name)).approve([id]);
    const chris = await person(pot, paying.slug, "Chris");
    await chris.take(id);
    await chris.sent(id, "cash", "assets:bank");
    const confirmed = async (): Promise<number> =>
      Number(
        (await (await pot.db.as("owner")).query("select confirmed from queue where fund_id = $1", [paying.fundId]))
          .rows[0].confirmed,
      );
    expect((await act(code, "confirmations", { outcome: "received" })).statusCode).toBe(201);
    expect((await act(code, "confirmations", { outcome: "received" })).statusCode).toBe(201);
    expect(await confirmed()).toBe(1);
    expect((await act(code, "confirmations", { outcome: "other-amount" })).statusCode).toBe(422);
    expect((await act(code, "confirmations", { outcome: "other-amount", amount: 3000 })).statusCode).toBe(201);
    expect(await confirmed()).toBe(0);
    const standing = await pot.app.inject({ method: "GET", url: "/api/v1/request", headers: claim(code) });
    expect(standing.json()).toMatchObject({ state: "paid", receipt: { amount: 4000 } });

    const asWorker = await Database.connect(pot.db.urls.worker, ENTITIES, 2);
    const later = new Erasure(new HandClock(new Date(Date.now() + 31 * 86_400_000)));
    const sooner = new Erasure(new HandClock(new Date(Date.now() + 29 * 86_400_000)));
    expect(await asWorker.atomically((tx) => sooner.erase(tx, paying))).toBe(0);
    expect(await asWorker.atomically((tx) => later.erase(tx, paying))).toBe(1);
    const owner = await pot.db.as("owner");
    expect(
      (
        await owner.query("select request_id, salt, amount::int as amount from disbursement where fund_id = $1", [
          paying.fundId,
        ])
      ).rows,
    ).toEqual([{ request_id: null, salt: null, amount: 4000 }]);
    expect(
      (
        await owner.query("select asked::int as asked, paid::int as paid from queue where fund_id = $1", [
          paying.fundId,
        ])
      ).rows,
    ).toEqual([{ asked: 1, paid: 1 }]);
    expect((await pot.app.inject({ method: "GET", url: "/api/v1/request", headers: claim(code) })).statusCode).toBe(
      401,
    );
  });
});

test("asking opens with the genesis, and not before", async () => {
  const { Funds } = await import("../../src/funds/funds.service.js");
  const { charterFromTemplate } = await import("../../src/funds/templates.js");
  const charter = charterFromTemplate("general", { name: "Young", currency: "usd", timeZone: "UTC", practice: true });
  await pot.database.atomically((tx) =>
    pot.app
      .get(Funds)
      .create(tx, { slug: "young", template: "general", currency: "usd", practice: true, charter }, new Date()),
  );
  expect((await post(GOOD, {}, "/api/v1/funds/young/requests")).statusCode).toBe(409);
});
