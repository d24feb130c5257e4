import { ENTITIES } from "../../src/entities.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { newToken } from "../../src/kernel/ids.js";
import { Database } from "../../src/platform/database/database.js";
import { Erasure } from "../../src/requests/erasure.service.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, payEverybody, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { codeOf } from "../support/outcomes.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk, ben: PersonAtDesk;
let made = 0;
let worker: Database;
const clock = new HandClock(new Date());

beforeAll(async () => {
  pot = await startCommonpot({ worker: false, clock });
  worker = await Database.connect(pot.db.urls.worker, ENTITIES);
});
afterAll(async () => {
  await worker.close();
  await pot.close();
});
beforeEach(async () => {
  clock.set(new Date());
  fund = await openFund(pot, `erasure-${++made}`);
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const count = async (table: string): Promise<number> =>
  (await all(`select count(*)::int as n from ${table} where fund_id = $1`, [fund.fundId]))[0].n;
const call = (code: string, method: "GET" | "POST", path = ""): Promise<any> =>
  pot.app.inject({ method, url: `/api/v1/request${path}`, headers: { authorization: `Claim ${code}` } });
const status = (code: string, act: string): Promise<any> =>
  pot.app.inject({
    method: "POST",
    url: `/${fund.slug}/status`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams({ words: code, act }).toString(),
  });
const clockErases = () => worker.atomically((tx) => pot.app.get(Erasure).erase(tx, fund));
const later = (days: number): void => clock.set(new Date(clock.now().getTime() + days * 86_400_000));

/** Asked for, picked, signed and paid. */
async function paid(): Promise<string> {
  await bookGift(pot.database, fund, 100_000n, `gift-${made}`);
  const code = await ask(pot, fund.slug, 3000);
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
  await payEverybody(pot, fund);
  return code;
}
async function hold(yes: boolean): Promise<void> {
  const [request] = await all("select request_id as id from aid_request where fund_id = $1", [fund.fundId]);
  expect(await ana.form("desk/erasure", { key: newToken(), request: request.id, hold: yes ? "yes" : "no" })).toBe(303);
  const [open] = await all("select decision_id as id from joint_decision where fund_id = $1 and state = 'open'", [
    fund.fundId,
  ]);
  await ana.decide(open.id);
  await ben.decide(open.id);
}

test("what has ended is erased at the person's own word: the sealed file, the words, the messages, and what led to them", async () => {
  const code = await paid();
  await pot.app.inject({
    method: "POST",
    url: "/api/v1/request/messages",
    headers: { authorization: `Claim ${code}`, "content-type": "application/json" },
    payload: { text: "thanks" },
  });
  expect((await status(code, "")).body).toContain("Erase everything now");
  expect((await status(code, "erase")).body).toContain("Everything is erased");
  for (const table of ["aid_request", "claim_locator", "request_message"]) expect(await count(table)).toBe(0);
  expect(await all("select request_id, salt from disbursement where fund_id = $1", [fund.fundId])).toEqual([
    { request_id: null, salt: null },
  ]);
  expect(await all("select rail, reference_sealed from payout where fund_id = $1", [fund.fundId])).toEqual([
    { rail: null, reference_sealed: null },
  ]);
  expect((await call(code, "GET")).statusCode).toBe(401);
});

test("what has not ended is not erased; the person takes it back first", async () => {
  const code = await ask(pot, fund.slug, 3000);
  expect((await call(code, "POST", "/erasure")).statusCode).toBe(409);
  await call(code, "POST", "/withdrawal");
  expect((await call(code, "POST", "/erasure")).statusCode).toBe(200);
  expect(await count("aid_request")).toBe(0);
});

test("a court that asks in time is the one exception: the quorum keeps it, and the quorum lets it go", async () => {
  const code = await paid();
  await hold(true);
  later(fund.charter.retentionDays + 1);
  expect(await clockErases()).toBe(0);
  const told = await status(code, "erase");
  expect([told.statusCode, told.body]).toEqual([
    422,
    expect.stringContaining("A court has asked the fund to keep this"),
  ]);
  expect((await call(code, "POST", "/erasure")).json().type).toBe("urn:commonpot:problem:legal-hold");
  ana = await person(pot, fund.slug, "Ana");
  ben = await person(pot, fund.slug, "Ben");
  expect(await ana.page("desk/erasure")).toContain("kept: a legal hold");
  await hold(false);
  expect(await clockErases()).toBe(1);
  expect(await count("aid_request")).toBe(0);
});

test("the database itself erases nothing that has not ended or that is held, and holds nothing that nobody decided", async () => {
  await paid();
  const app = await pot.db.as("app");
  const [{ id }] = await all("select request_id as id from aid_request where fund_id = $1", [fund.fundId]);
  await ask(pot, fund.slug, 1000);
  expect(
    await codeOf(app.query("delete from aid_request where fund_id = $1 and state = 'waiting'", [fund.fundId])),
  ).toBe("CP001");
  await ana.form("desk/erasure", { key: newToken(), request: id, hold: "yes" });
  const [open] = await all("select decision_id as id from joint_decision where fund_id = $1", [fund.fundId]);
  expect(
    await codeOf(
      app.query(
        "insert into legal_hold (fund_id, decision_id, request_id, from_day) values ($1, $2, $3, current_date)",
        [fund.fundId, open.id, id],
      ),
    ),
  ).toBe("CP001");
  await ana.decide(open.id);
  await ben.decide(open.id);
  expect(
    await codeOf(app.query("delete from aid_request where fund_id = $1 and request_id = $2", [fund.fundId, id])),
  ).toBe("CP423");
  expect(await codeOf((await pot.db.as("owner")).query("delete from legal_hold"))).toBe("CP001");
  const scratch = await pot.db.as("superuser");
  await scratch.query("begin; alter table aid_request disable trigger erasure_guard");
  expect(
    (await scratch.query("delete from aid_request where fund_id = $1 and request_id = $2", [fund.fundId, id])).rowCount,
  ).toBe(1);
  await scratch.query("rollback");
});
