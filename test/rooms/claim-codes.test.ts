import { newToken } from "../../src/kernel/ids.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import { CODE_WORDS } from "../../src/requests/claim-code.js";
import { readCode } from "../../src/requests/code-words.js";
import { ClaimActs } from "../../src/requests/claim-acts.service.js";
import { Claims } from "../../src/requests/claims.service.js";
import { AnotherCode } from "../../src/requests/another-code.service.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "codes");
});
afterAll(() => pot.close());

const claim = (code: string) => ({ authorization: `Claim ${code}` });
const call = (code: string, method: "GET" | "POST" | "DELETE", path = "", body?: object, key?: string) =>
  pot.app.inject({
    method,
    url: `/api/v1/request${path}`,
    headers: {
      ...claim(code),
      ...(body ? { "content-type": "application/json" } : {}),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    ...(body ? { payload: JSON.stringify(body) } : {}),
  });
const send = (code: string, path: string, fields: Record<string, string> = {}) =>
  pot.app.inject({
    method: "POST",
    url: `/${fund.slug}${path}`,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
    payload: new URLSearchParams({ words: code, ...fields }).toString(),
  });
const opens = async (code: string): Promise<number> => (await call(code, "GET")).statusCode;
const helperOf = async (code: string): Promise<string> => (await call(code, "POST", "/helper-code")).json().claimCode;
/** The fund's last request, as the database has it. */
const stored = async (of = fund): Promise<Record<string, unknown>> => {
  const owner = await pot.db.as("owner");
  const last = "select * from aid_request where fund_id = $1 order by arrival desc limit 1";
  return (await owner.query(last, [of.fundId])).rows[0];
};
const FUTURE = "2099-01-05";
const GOOD_FORM = { rail: "cash", to: "somewhere else" };

describe("words for somebody who helps", () => {
  test("are seven others; one helper at a time, and the same key gets the same words", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const key = newToken();
    const [first, again] = [
      await call(own, "POST", "/helper-code", undefined, key),
      await call(own, "POST", "/helper-code", undefined, key),
    ];
    expect([first.statusCode, first.json().claimCode.split(" ").length]).toEqual([201, 7]);
    expect(again.json()).toEqual(first.json());
    const { claimCode } = first.json();
    expect(claimCode).not.toBe(own);
    expect(await opens(claimCode)).toBe(200);
    const second = await helperOf(own);
    expect([await opens(claimCode), await opens(second), await opens(own)]).toEqual([401, 200, 200]);
  });

  test("open nothing once they are taken back, and twice is once", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const helper = await helperOf(own);
    expect((await call(own, "DELETE", "/helper-code")).statusCode).toBe(204);
    expect((await call(own, "DELETE", "/helper-code")).statusCode).toBe(204);
    expect([await opens(helper), await opens(own)]).toEqual([401, 200]);
  });

  test("that were taken back between the look and the act change nothing", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const opened = await pot.app.get(Claims).open(await helperOf(own));
    await call(own, "DELETE", "/helper-code");
    const acting = pot.app.get(ClaimActs).change(opened, { neededBy: FUTURE, language: "en" });
    await expect(acting).rejects.toMatchObject({ code: "claim-code" });
    expect(await stored()).toMatchObject({ needed_by: null });
  });

  test("do not show messages, nor what singles the payout out", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const helper = await helperOf(own);
    await call(own, "POST", "/messages", { text: "for the treasurers" });
    expect((await call(own, "GET")).json().messages).toHaveLength(1);
    expect((await call(helper, "GET")).json().messages).toEqual([]);
    const html = (await send(helper, "/status")).body;
    expect(html).not.toContain("for the treasurers");
    expect(html).toContain("with the words of somebody who helps");
  });

  /** Every way in the API: [what, method, path, body, answer while waiting]. A new route without a row fails the test below. */
  const API: readonly [string, "GET" | "POST" | "DELETE", string, object | undefined, number][] = [
    ["see where it stands", "GET", "", undefined, 200],
    ["save the proof", "GET", "/proof", undefined, 403],
    ["say that it came", "POST", "/confirmations", { outcome: "received" }, 403],
    ["say that it did not come", "POST", "/confirmations", { outcome: "not-received" }, 403],
    ["take the request back", "POST", "/withdrawal", undefined, 403],
    ["change how to be paid", "POST", "/changes", { payTo: GOOD_FORM }, 403],
    ["change how to be paid beside a day", "POST", "/changes", { neededBy: FUTURE, payTo: GOOD_FORM }, 403],
    ["ask for more", "POST", "/changes", { amount: 3001 }, 403],
    ["ask for more beside a day", "POST", "/changes", { neededBy: FUTURE, amount: 3001 }, 403],
    ["ask for as much", "POST", "/changes", { amount: 3000 }, 200],
    ["ask for less", "POST", "/changes", { amount: 2999 }, 200],
    ["name a day", "POST", "/changes", { neededBy: FUTURE }, 200],
    ["change nothing", "POST", "/changes", {}, 422],
    ["write a message", "POST", "/messages", { text: "x" }, 403],
    ["make words", "POST", "/helper-code", undefined, 403],
    ["take words back", "DELETE", "/helper-code", undefined, 403],
    ["say that somebody is there", "POST", "/returns", undefined, 200],
    ["erase everything", "POST", "/erasure", undefined, 403],
  ];

  test.each(API)("in the API: %s", async (what, method, path, body, expected) => {
    const own = await ask(pot, fund.slug, 3000);
    const helper = await helperOf(own);
    const before = await stored();
    const answer = await call(helper, method, path, body);
    expect([what, answer.statusCode]).toEqual([what, expected]);
    if (expected === 403) {
      expect(answer.json().type).toBe("urn:commonpot:problem:helper-words");
      expect(await stored()).toEqual(before);
    }
    const after = await stored();
    expect([after["sealed"], BigInt(String(after["amount"])) <= 3000n]).toEqual([before["sealed"], true]);
  });

  test("the table above names every route that seven words open", async () => {
    const { paths } = (await pot.app.inject({ method: "GET", url: "/api/openapi.json" })).json();
    const routes = Object.entries(paths as Record<string, object>)
      .filter(([path]) => path.startsWith("/api/v1/request") && !path.startsWith("/api/v1/requests"))
      .flatMap(([path, of]) =>
        Object.keys(of).map((method) => `${method.toUpperCase()} ${path.slice("/api/v1/request".length)}`),
      );
    expect([...new Set(API.map(([, method, path]) => `${method} ${path}`))].sort()).toEqual(routes.sort());
  });

  /** Every way on the pages: [what, path, fields, answer, does anything change]. */
  const PAGES: readonly [string, string, Record<string, string>, number, boolean][] = [
    ["see where it stands", "/status", {}, 200, false],
    ["save the proof", "/status", { act: "proof" }, 403, false],
    ["say that it came", "/status", { act: "confirmations", outcome: "received" }, 422, false],
    ["take the request back", "/status", { act: "withdrawal" }, 422, false],
    ["change how to be paid", "/status", { act: "changes", ...GOOD_FORM }, 422, false],
    ["ask for more", "/status", { act: "changes", newAmount: "40" }, 422, false],
    ["ask for less", "/status", { act: "changes", newAmount: "20" }, 200, true],
    ["name a day", "/status", { act: "changes", newDay: FUTURE }, 200, true],
    ["a day that was", "/status", { act: "changes", newDay: "2020-01-01" }, 422, false],
    ["write a message", "/status", { act: "messages", text: "x" }, 422, false],
    ["take words back", "/status", { act: "helper-gone" }, 422, false],
    ["say that somebody is there", "/status", { act: "here" }, 200, false],
    ["erase everything", "/status", { act: "erase" }, 422, false],
    ["make words", "/status/helper-code", {}, 403, false],
    ["go on without a code", "/status/no-code", {}, 403, false],
    ["draw their own words", "/status/card", {}, 200, false],
  ];

  test.each(PAGES)("on the pages: %s", async (what, path, fields, expected, changes) => {
    const own = await ask(pot, fund.slug, 3000);
    const helper = await helperOf(own);
    const before = await stored();
    const answer = await send(helper, path, fields);
    expect([what, answer.statusCode]).toEqual([what, expected]);
    const after = await stored();
    if (!changes) expect(after).toEqual(before);
    expect([after["sealed"], BigInt(String(after["amount"])) <= 3000n]).toEqual([before["sealed"], true]);
    expect([await opens(own), await opens(helper)]).toEqual([200, 200]);
  });

  test("offer on the page only what they may do", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const page = (await send(await helperOf(own), "/status")).body;
    expect([...page.matchAll(/<summary>(.*?)<\/summary>/g)].map(([, text]) => text)).toEqual([
      "Ask for less",
      "Say by which day it is needed",
    ]);
  });

  test("ask for less while the request waits, not when treasurers sign it", async () => {
    const chosen = await openFund(pot, "chosen");
    await bookGift(pot.database, chosen, 10_000n, "g");
    const own = await ask(pot, chosen.slug, 4000);
    const helper = await helperOf(own);
    await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, chosen));
    expect((await call(helper, "POST", "/changes", { amount: 3000 })).statusCode).toBe(403);
    const named = await call(helper, "POST", "/changes", { neededBy: FUTURE });
    expect([named.statusCode, named.json()]).toEqual([200, { state: "chosen" }]);
    expect((await call(own, "POST", "/changes", { amount: 3000 })).json()).toEqual({ state: "waiting" });
  });
});

describe("in the database", () => {
  const asApp = async (kind: "own" | "helper" | null, set: string): Promise<string> => {
    const own = await ask(pot, fund.slug, 3000);
    await helperOf(own);
    const owner = await pot.db.as("owner");
    const { rows } = await owner.query(
      "select r.request_id, encode(l.tag_hash, 'hex') as tag from aid_request r join claim_locator l using (fund_id, request_id) where l.kind = $1 order by r.arrival desc limit 1",
      [kind ?? "own"],
    );
    const [{ request_id: id, tag }] = rows;
    try {
      await pot.database.atomically(async (tx) => {
        if (kind !== null) await tx.query("select set_config('commonpot.claim_tag', $1, true)", [tag]);
        await tx.query(`update aid_request set ${set} where request_id = $1`, [id]);
      });
      return "done";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const SEALED = "sealed = sealed || '='";

  test.each([
    [null, "amount = 2000", "a request changes with a code of its own"],
    [null, SEALED, "a request changes with a code of its own"],
    [null, "needed_by = '2099-01-01'", "a request changes with a code of its own"],
    [null, "state = 'chosen'", "done"],
    [null, "sealed = null", "done"],
    ["helper", "amount = 3001", "a helper's code cannot redirect money, nor ask for more"],
    ["helper", SEALED, "a helper's code cannot redirect money, nor ask for more"],
    ["helper", "amount = 2999", "done"],
    ["own", "amount = 3001", "done"],
    ["own", SEALED, "done"],
  ] as const)("with the code named %s, “%s”: %s", async (kind, set, answer) => {
    expect(await asApp(kind, set)).toBe(answer);
  });

  test("a code of another request changes nothing", async () => {
    await ask(pot, fund.slug, 3000);
    const owner = await pot.db.as("owner");
    const { rows } = await owner.query("select encode(tag_hash, 'hex') as tag from claim_locator l join aid_request r using (fund_id, request_id) order by arrival limit 1"); // prettier-ignore
    await expect(
      pot.database.atomically(async (tx) => {
        await tx.query("select set_config('commonpot.claim_tag', $1, true)", [rows[0].tag]);
        await tx.query("update aid_request set amount = 1 where arrival = (select max(arrival) from aid_request)");
      }),
    ).rejects.toThrow("a request changes with a code of its own");
  });

  test("no code becomes another kind or another request's, for the owner neither", async () => {
    const owner = await pot.db.as("owner");
    await expect(owner.query("update claim_locator set kind = 'own'")).rejects.toThrow("never changed");
    await expect(pot.database.read.query("update claim_locator set kind = 'own'")).rejects.toThrow("permission denied");
  });
});

describe("words that treasurers issue again", () => {
  /** Decided by Ana and Ben, and made by Ana. */
  const issue = async (requestId: string, of = fund): Promise<string> => {
    const another = pot.app.get(AnotherCode);
    const owner = await pot.db.as("owner");
    const { rows } = await owner.query("select treasurer_id as id from treasurer where fund_id = $1 and name = 'Ana'", [of.fundId]); // prettier-ignore
    await pot.database.atomically((tx) => another.propose(tx, of, rows[0].id, requestId));
    const open = await owner.query("select decision_id as id from joint_decision where fund_id = $1 and state = 'open'", [of.fundId]); // prettier-ignore
    for (const name of ["Ana", "Ben"] as const) await (await person(pot, of.slug, name)).decide(open.rows[0].id);
    return pot.database.atomically((tx) => another.make(tx, of, rows[0].id, open.rows[0].id));
  };

  test("open the request; what was lost, and the helper's, open nothing; the place and the pay stay", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const helper = await helperOf(own);
    await call(own, "POST", "/messages", { text: "before" });
    const before = await stored();
    const another = await issue(String(before["request_id"]));
    expect([await opens(own), await opens(helper), await opens(another)]).toEqual([401, 401, 200]);
    const { reply_recipient: _old, ...kept } = before;
    const { reply_recipient: _new, ...after } = await stored();
    expect(after).toEqual(kept);
    expect(_new).not.toBe(_old);
    await call(another, "POST", "/messages", { text: "after" });
    const { messages } = (await call(another, "GET")).json();
    expect(messages.map((m: { text: string | null }) => m.text)).toEqual([null, "after"]);
    expect((await send(another, "/status")).body).toContain("This message is locked with words that were lost since.");
  });

  test("take back, confirm and make a helper's words as the person's own do; a second issue replaces the first", async () => {
    await ask(pot, fund.slug, 3000);
    const { request_id: id } = await stored();
    const first = await issue(String(id));
    const second = await issue(String(id));
    expect([await opens(first), await opens(second)]).toEqual([401, 200]);
    expect((await call(second, "POST", "/helper-code")).statusCode).toBe(201);
    expect((await call(second, "POST", "/withdrawal")).statusCode).toBe(200);
    await expect(issue(String(id))).rejects.toThrow("wrong-state");
  });

  test("for a request that chose “No code”, too", async () => {
    await pot.app.inject({
      method: "POST",
      url: `/api/v1/funds/${fund.slug}/requests`,
      headers: { "content-type": "application/json" },
      payload: JSON.stringify({ amount: 2000, payTo: { rail: "cash", to: "x" }, noCode: true }),
    });
    const { request_id: id } = await stored();
    expect(await opens(await issue(String(id)))).toBe(200);
  });

  test("are refused for what is not there, and for another fund's request", async () => {
    await ask(pot, fund.slug, 3000);
    const { request_id: id } = await stored();
    await expect(issue("00000000-0000-4000-8000-000000000000")).rejects.toThrow("no-such-request");
    await expect(issue(String(id), await openFund(pot, "neighbours"))).rejects.toThrow("no-such-request");
  });

  test("do not move money: a change of how to be paid waits for new signatures, and the desk says that it was changed", async () => {
    const paying = await openFund(pot, "paying");
    await bookGift(pot.database, paying, 10_000n, "g");
    await ask(pot, paying.slug, 4000);
    const select = () => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, paying));
    await select();
    const owner = await pot.db.as("owner");
    const proposed = async (): Promise<string> =>
      (await owner.query("select disbursement_id as id from disbursement where fund_id = $1 and state = 'proposed' order by request_version desc", [paying.fundId])).rows[0].id; // prettier-ignore
    const ana = await person(pot, paying.slug, "Ana");
    const signed = await proposed();
    await ana.approve([signed]);
    const another = await issue(String((await stored(paying))["request_id"]), paying);
    expect((await call(another, "POST", "/changes", { payTo: GOOD_FORM })).json()).toEqual({ state: "waiting" });
    const ben = await person(pot, paying.slug, "Ben");
    await expect(ben.approve([signed])).rejects.toThrow();
    await select();
    expect(await proposed()).not.toBe(signed);
    const desk = await ana.page();
    expect(desk).toContain("How to pay was changed");
  });
});

describe("without a code", () => {
  test("chosen on the page that showed the words: no words open the request, and it stays in line", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const helper = await helperOf(own);
    const answer = await send(own, "/status/no-code");
    expect([answer.statusCode, answer.body.includes("without a code")]).toEqual([200, true]);
    expect([await opens(own), await opens(helper)]).toEqual([401, 401]);
    expect(await stored()).toMatchObject({ state: "waiting", amount: "3000", reply_recipient: null });
  });
});

describe("words that open nothing", () => {
  const UNKNOWN = "abacus abdomen abide able acorn acre actor";
  test("are answered alike: never made, malformed, taken back, erased, another fund's; the same bytes, on the pages too", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const gone = await helperOf(own);
    await call(own, "DELETE", "/helper-code");
    const erased = await ask(pot, fund.slug, 3000);
    await call(erased, "POST", "/withdrawal");
    await (await pot.db.as("owner")).query("delete from aid_request where arrival = (select max(arrival) from aid_request where fund_id = $1) and fund_id = $1", [fund.fundId]); // prettier-ignore
    const elsewhere = await openFund(pot, "otherwise");
    const others = await ask(pot, elsewhere.slug, 3000);
    const long = Math.max(...[UNKNOWN, gone, erased, others].map((code) => code.length));
    const texts = [
      UNKNOWN,
      gone,
      erased,
      "q".repeat(30),
      "abacsu abdomne abied abel acron arce acotr",
      "1234 ../../etc",
    ];
    const api = await Promise.all(texts.map((code) => call(code, "GET")));
    expect(
      new Set(api.map((a) => `${a.statusCode} ${a.body} ${JSON.stringify({ ...a.headers, date: "" })}`)).size,
    ).toBe(1);
    // The page shows what was typed again: the same length in, the same length out.
    const pages = await Promise.all([...texts, others].map((code) => send(code.padEnd(long, "."), "/status")));
    expect(new Set(pages.map((a) => `${a.statusCode} ${a.body.length}`)).size).toBe(1);
    expect(new Set(pages.map((a) => a.body.replace(/<textarea[^]*<\/textarea>/, ""))).size).toBe(1);
    for (const path of ["/status/card", "/status/no-code", "/status/helper-code"])
      expect((await send(others, path)).statusCode).toBe(401);
  });

  test("one slip in one word opens, where it can be told", async () => {
    const own = await ask(pot, fund.slug, 3000);
    expect(await opens(own.replaceAll(" ", ""))).toBe(200);
    // A slip that stands between two words of the list cannot be told: one that can.
    const slip = ["x", "q", "z", "k"].map((letter) => `${letter}${own}`).find((typed) => readCode(CODE_WORDS, typed).code === own); // prettier-ignore
    expect(await opens(slip ?? "there is none")).toBe(200);
  });
});

describe("the picture of the words", () => {
  test("says nothing but the words, is kept nowhere, and bears the address only where it was ticked", async () => {
    const own = await ask(pot, fund.slug, 3000);
    const [plain, marked] = [await send(own, "/status/card"), await send(own, "/status/card", { address: "on" })];
    for (const answer of [plain, marked]) {
      expect(answer.headers).toMatchObject({
        "content-type": "image/png",
        "cache-control": "no-store",
        "content-disposition": 'attachment; filename="card.png"',
      });
      expect(answer.rawPayload.subarray(1, 4).toString()).toBe("PNG");
    }
    const height = (png: Buffer): number => png.readUInt32BE(20);
    expect(height(marked.rawPayload)).toBeGreaterThan(height(plain.rawPayload));
    for (const word of [fund.slug, fund.charter.name, "ommonpot", ...own.split(" ")])
      expect(plain.rawPayload.includes(word)).toBe(false);
  });
});

test("the list of words is the same for everybody, small, and kept in no cache", async () => {
  const answer = await pot.app.inject({ method: "GET", url: "/-/words.txt", headers: { "accept-encoding": "gzip" } });
  expect([answer.statusCode, answer.headers["cache-control"], answer.headers["content-encoding"]]).toEqual([200, "no-store", "gzip"]); // prettier-ignore
  expect(answer.rawPayload.length).toBeLessThan(25_000);
});
