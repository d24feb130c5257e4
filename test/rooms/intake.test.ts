import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { newToken } from "../../src/kernel/ids.js";
import { ProofOfWork } from "../../src/platform/http/proof-of-work.service.js";
import { ASK_STEP_UP, BURST_MAX } from "../../src/requests/limits/ask-step-up.js";
import { Intake } from "../../src/requests/intake.service.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { codeOf } from "../support/outcomes.js";
import { challengeIn, hiddenField, proofFor } from "../support/proofs.js";

jest.setTimeout(300_000);

let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk, ben: PersonAtDesk;
let funds = 0;
const clock = new HandClock(new Date("2026-12-01T12:00:00Z"));

beforeAll(async () => {
  pot = await startCommonpot({ worker: false, clock });
});
afterAll(() => pot.close());
beforeEach(async () => {
  later(7300);
  fund = await openFund(pot, `intake-${++funds}`);
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
});

const later = (seconds: number): void => clock.set(new Date(clock.now().getTime() + seconds * 1000));
const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const one = async (sql: string, values: unknown[] = []): Promise<any> => (await all(sql, values))[0];
const open = async (): Promise<string> =>
  (await one("select decision_id as id from joint_decision where fund_id = $1 and state = 'open'", [fund.fundId])).id;
const states = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await all("select state, count(*)::int as n from aid_request where fund_id = $1 group by 1", [fund.fundId])).map(
      (r) => [r.state, r.n],
    ),
  );
const details = { payTo: { rail: "venmo" as const, to: "@x" }, language: "en" };
const noise = (): Promise<unknown> =>
  pot.app.get(Intake).ask(fund, { amount: 1000n, details, noCode: true }, newToken());
const inject = (path: string, headers: Record<string, string>, payload: object | string): Promise<any> =>
  pot.app.inject({
    method: "POST",
    url: path,
    headers,
    payload,
    remoteAddress: headers["x-network"] ?? "127.0.0.1",
  } as never);
const status = (code: string, act: Record<string, string> = {}): Promise<any> =>
  inject(
    `/${fund.slug}/status`,
    { "content-type": "application/x-www-form-urlencoded" },
    new URLSearchParams({ words: code, ...act }).toString(),
  );

describe("while asking rests", () => {
  const tomorrow = "2026-12-05";

  test("it takes two to let it rest; everybody is told the day, and those in line keep their place", async () => {
    const code = await ask(pot, fund.slug, 2000);
    expect(await ana.form("desk/line", { key: newToken(), act: "pause", until: tomorrow })).toBe(303);
    await ana.decide(await open());
    expect(await ask(pot, fund.slug, 2000)).toMatch(/\w/);
    await ben.decide(await open());
    const page = (await pot.app.inject({ url: `/${fund.slug}/ask` })).body;
    expect(page).toContain("opens again on Saturday");
    expect(page).not.toContain("<form");
    const typed = { amount: "12.34", rail: "zelle", to: "555 0100", key: newToken() };
    const refused = await inject(
      `/${fund.slug}/ask`,
      { "content-type": "application/x-www-form-urlencoded" },
      new URLSearchParams(typed).toString(),
    );
    expect(refused.statusCode).toBe(409);
    for (const text of ["12.34", "555 0100", "What you typed is still here"]) expect(refused.body).toContain(text);
    const api = await inject(
      `/api/v1/funds/${fund.slug}/requests`,
      { "content-type": "application/json" },
      { amount: 100, payTo: { rail: "cash", to: "x" } },
    );
    expect([api.statusCode, api.json().type]).toEqual([409, "urn:commonpot:problem:asking-paused"]);
    expect((await status(code)).body).toContain("You keep your place");
    // On its day it opens by itself.
    later(4 * 86_400);
    expect((await pot.app.inject({ url: `/${fund.slug}/ask` })).body).toContain("<form");
    expect(await ask(pot, fund.slug, 2000)).toMatch(/\w/);
  });

  test("any one treasurer opens it sooner; nobody rests it for ever, or without the others", async () => {
    for (const until of ["2026-11-30", "2027-03-01", "soon"])
      expect(await ana.form("desk/line", { key: newToken(), act: "pause", until })).toBe(422);
    const until = clock.now().toISOString().slice(0, 8) + "28";
    await ana.form("desk/line", { key: newToken(), act: "pause", until });
    await ana.decide(await open());
    await ben.decide(await open());
    expect(await ask(pot, fund.slug, 2000)).toBeUndefined();
    expect(await ben.form("desk/line", { key: newToken(), act: "reopen" })).toBe(303);
    expect(await ask(pot, fund.slug, 2000)).toMatch(/\w/);
    expect(
      await codeOf(
        (await pot.db.as("app")).query(
          "insert into asking_pause (fund_id, decision_id, until) select fund_id, decision_id, '2027-01-01' from asking_pause",
        ),
      ),
    ).toBe("CP001");
  });
});

describe("a flood", () => {
  test("is marked from the fund's budget on, told on the desk, and set aside by two; who comes back with their words is in line at the same place", async () => {
    const before = await ask(pot, fund.slug, 2000);
    for (let i = 0; i < BURST_MAX; i++) await noise();
    const during = await ask(pot, fund.slug, 3000);
    for (let i = 0; i < 20; i++) await noise();
    expect(await ana.page("desk")).toContain("very many requests came at once");
    const page = await ana.page("desk/line");
    const flood = /name="flood" value="([^"]+)"/.exec(page)![1]!;
    expect(page).toContain("22 of them are in line");
    await ana.form("desk/line", { key: newToken(), act: "noise", flood });
    await ana.decide(await open());
    expect(await states()).toEqual({ waiting: 2 + BURST_MAX + 20 });
    await ben.decide(await open());
    expect(await states()).toEqual({ waiting: BURST_MAX, aside: 22 });
    expect((await one("select asked::int as n from queue where fund_id = $1", [fund.fundId])).n).toBe(BURST_MAX);
    expect((await status(before)).body).not.toContain("set yours aside");
    expect((await status(during)).body).toContain("set yours aside");
    await status(during, { act: "here" });
    expect((await status(during)).body).toContain("your turn comes between");
    expect(await states()).toEqual({ waiting: BURST_MAX + 1, aside: 21 });
    const order = await all(
      "select amount::int as amount from aid_request where fund_id = $1 and state = 'waiting' order by arrival",
      [fund.fundId],
    );
    expect(order.at(-1)).toEqual({ amount: 3000 });
    expect(await ben.form("desk/line", { key: newToken(), act: "bring-back", flood })).toBe(303);
    expect(await states()).toEqual({ waiting: BURST_MAX + 22 });
  });

  test("ends when a window passes quietly, and goes on while it does not", async () => {
    for (let i = 0; i < BURST_MAX + 2; i++) await noise();
    later(601);
    await noise();
    const [first] = await all(
      "select count(*)::int as n, count(distinct flood_id)::int as floods from aid_request where fund_id = $1 and flood_id is not null",
      [fund.fundId],
    );
    expect(first).toEqual({ n: 3, floods: 1 });
    later(601);
    await noise();
    later(601);
    await noise();
    expect(
      (
        await one("select count(*)::int as n from aid_request where fund_id = $1 and flood_id is not null", [
          fund.fundId,
        ])
      ).n,
    ).toBe(3);
  });

  test("nobody sets a request aside without a decision about its flood, the database says", async () => {
    for (let i = 0; i < BURST_MAX + 2; i++) await noise();
    expect(
      await codeOf(
        (await pot.db.as("app")).query(
          "update aid_request set state = 'aside' where fund_id = $1 and flood_id is not null",
          [fund.fundId],
        ),
      ),
    ).toBe("CP001");
    expect(
      await codeOf(
        (await pot.db.as("app")).query(
          "update aid_request set state = 'aside' where fund_id = $1 and flood_id is null",
          [fund.fundId],
        ),
      ),
    ).toMatch(/CP001|23514/);
    const scratch = await pot.db.as("superuser");
    await scratch.query("begin; alter table aid_request disable trigger aside_guard");
    expect(
      (
        await scratch.query("update aid_request set state = 'aside' where fund_id = $1 and flood_id is not null", [
          fund.fundId,
        ])
      ).rowCount,
    ).toBe(2);
    await scratch.query("rollback");
  });

  test("of 10,000 in ten minutes leaves the desk usable, and the true ones findable", async () => {
    await bookGift(pot.database, fund, 500_000n, `gift-intake-${funds}`);
    for (let i = 0; i < BURST_MAX + 1; i++) await noise();
    const { flood_id: flood } = await one("select flood_id from flood where fund_id = $1", [fund.fundId]);
    // The rest of it as rows: what is measured here is the desk, not the sealing.
    const owner = await pot.db.as("superuser");
    await owner.query(
      `insert into aid_request (fund_id, request_id, arrival, day, amount, category, state, version, sealed, sealed_hash, sealed_by, flood_id)
       select fund_id, gen_random_uuid(), 100 + n, day, amount, category, 'waiting', 1, sealed, sealed_hash, sealed_by, flood_id
       from aid_request, generate_series(1, 10000) n where fund_id = $1 and flood_id is not null`,
      [fund.fundId],
    );
    await owner.query("update queue set next_arrival = 20000, asked = asked + 10000 where fund_id = $1", [fund.fundId]);
    const code = await ask(pot, fund.slug, 3000);
    const pages = await Promise.all(["desk", "desk/line", "desk/decisions"].map((path) => ana.page(path)));
    expect(pages.every((page) => page.includes("You are Ana"))).toBe(true);
    await ana.form("desk/line", { key: newToken(), act: "noise", flood });
    await ana.decide(await open());
    await ben.decide(await open());
    expect((await states())["aside"]).toBe(10_002);
    await status(code, { act: "here" });
    await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
    expect(
      await one("select state from aid_request where fund_id = $1 and amount = 3000", [fund.fundId]),
    ).toMatchObject({ state: expect.stringMatching(/waiting|chosen/) });
  });
});

describe("who sends many", () => {
  const post = (network: string, body: Record<string, string>): Promise<any> =>
    pot.app.inject({
      method: "POST",
      url: `/${fund.slug}/ask`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams({ amount: "10", rail: "cash", to: "here", ...body }).toString(),
      remoteAddress: network,
    });

  test("works for each, or waits without script, and nothing typed is lost; another network notices nothing", async () => {
    for (let i = 0; i < ASK_STEP_UP.free.network; i++)
      expect((await post("198.51.100.7", { key: newToken() })).statusCode).toBe(201);
    const asked = await post("198.51.100.7", { key: newToken(), to: "by the door" });
    expect(asked.statusCode).toBe(429);
    expect(asked.body).toContain("by the door");
    const key = hiddenField(asked.body, "key")!;
    expect(
      (await post("198.51.100.7", { key, to: "by the door", proof: await proofFor(challengeIn(asked.body)) }))
        .statusCode,
    ).toBe(201);
    const again = await post("198.51.100.7", { key: newToken() });
    const ticket = hiddenField(again.body, "ticket")!;
    const second = hiddenField(again.body, "key")!;
    expect((await post("198.51.100.7", { key: second, ticket })).statusCode).toBe(429);
    later(31);
    expect((await post("198.51.100.7", { key: second, ticket })).statusCode).toBe(201);
    expect((await post("203.0.113.9", { key: newToken() })).statusCode).toBe(201);
    // The same form sent again gets its answer again, without work.
    expect((await post("198.51.100.7", { key: second, ticket })).statusCode).toBe(201);
  });

  test("gets nowhere with the proof of a gift, or of another fund", async () => {
    for (let i = 0; i < ASK_STEP_UP.free.network; i++) await post("198.51.100.8", { key: newToken() });
    const proofs = pot.app.get(ProofOfWork);
    const other = await openFund(pot, `intake-other-${funds}`);
    for (const purpose of [
      { fundId: fund.fundId, form: "give" as const },
      { fundId: other.fundId, form: "ask" as const },
    ]) {
      const proof = await proofFor(await proofs.challenge(purpose, 400));
      expect((await post("198.51.100.8", { key: newToken(), proof })).statusCode).toBe(429);
    }
    const proof = await proofFor(await proofs.challenge({ fundId: fund.fundId, form: "ask" }, 400));
    expect((await post("198.51.100.8", { key: newToken(), proof })).statusCode).toBe(201);
    expect((await post("198.51.100.8", { key: newToken(), proof })).statusCode).toBe(429);
  });
});
