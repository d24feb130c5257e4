import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, payEverybody, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { refusalOf } from "../support/outcomes.js";
import { verified } from "../support/served-log.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk;
let ben: PersonAtDesk;
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
});
afterAll(() => pot.close());
beforeEach(async () => {
  // A small envelope that the first in line uses up.
  fund = await openFund(pot, `night-bail-${++made}`, { envelopePerWeek: 50_000n, publication: { clock: "ten-seconds", k: 3 } }); // prettier-ignore
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
  for (let i = 0; i < 3; i++) await bookGift(pot.database, fund, 30_000n, `g-${made}-${i}`);
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const select = () => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
const standing = async (code: string): Promise<any> =>
  (await pot.app.inject({ url: "/api/v1/request", headers: { authorization: `Claim ${code}` } })).json();
const turn = (who: PersonAtDesk, fields: object): Promise<{ status: number; body: string }> =>
  who.send("desk/turn", { key: newToken(), ...fields } as Record<string, string>);
const today = (): string => new Date().toISOString().slice(0, 10);
const open = async (): Promise<string> =>
  (await all("select decision_id as id from joint_decision where fund_id = $1 and kind = 'out-of-turn' and state = 'open'", [fund.fundId]))[0]?.id; // prettier-ignore
async function found(amount: string): Promise<string> {
  const page = await turn(ana, { act: "find", day: today(), amount });
  return /name="request" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
}
async function letGo(amount: string): Promise<void> {
  expect((await turn(ana, { act: "ask", request: await found(amount) })).status).toBe(303);
  const id = await open();
  await ana.decide(id);
  expect(await ben.decide(id)).toEqual({ decided: true });
}

test("a night bail goes before the line and beyond the envelope, is approved like any other, and says why", async () => {
  const first = await ask(pot, fund.slug, 50_000);
  await select();
  const waits = await ask(pot, fund.slug, 10_000);
  const bail = await ask(pot, fund.slug, 40_000);
  expect(await select()).toBe(0);
  await letGo("400");
  expect([(await standing(first)).state, (await standing(waits)).state, (await standing(bail)).state]).toEqual(["chosen", "waiting", "chosen"]); // prettier-ignore
  const page = await pot.app.inject({ method: "POST", url: `/${fund.slug}/status`, headers: { "content-type": "application/x-www-form-urlencoded" }, payload: new URLSearchParams({ words: bail }).toString() }); // prettier-ignore
  expect(page.body).toContain("could not wait for its turn");
  expect(await all("select rule, picked from selection where fund_id = $1 order by rule", [fund.fundId])).toEqual([
    { rule: "first-come", picked: 1 },
    { rule: "out-of-turn", picked: 1 },
  ]);
  await payEverybody(pot, fund);
  expect((await standing(bail)).state).toBe("paid");
});

test("one treasurer lets nobody go, and what is not free or does not wait is refused", async () => {
  await ask(pot, fund.slug, 20_000);
  await turn(ana, { act: "ask", request: await found("200") });
  expect(await ana.decide(await open())).toEqual({ decided: false });
  await select();
  expect((await turn(ana, { act: "ask", request: await found("200") })).status).toBe(409);
  expect(await refusalOf(ben.decide(await open()))).toContain("wrong-state");
  expect((await turn(ana, { act: "ask", request: crypto.randomUUID() })).status).toBe(404);
  expect((await turn(ana, { act: "find", day: "x", amount: "y" })).status).toBe(422);

  const poor = await openFund(pot, `poor-${made}`);
  fund = poor;
  await ask(pot, poor.slug, 20_000);
  [ana, ben] = [await person(pot, poor.slug, "Ana"), await person(pot, poor.slug, "Ben")];
  await turn(ana, { act: "ask", request: await found("200") });
  await ana.decide(await open());
  expect(await refusalOf(ben.decide(await open()))).toContain("not-enough-free");
});

test("how often it happened is counted in public from k times on, and strangers can check the book", async () => {
  for (const amount of [1100, 1200, 1300]) await ask(pot, fund.slug, amount);
  for (const amount of ["11", "12", "13"]) await letGo(amount);
  await payEverybody(pot, fund);
  await pot.startWorker();
  const books = async (): Promise<string> => (await pot.app.inject({ url: `/${fund.slug}/books` })).body;
  await until("it is told", async () => (await books()).includes("Before their turn"), 60);
  await pot.stopWorker();
  expect(await books()).toMatch(/Before their turn<\/dt><dd[^>]*>3</);
  expect((await verified(pot.database, fund.fundId)).alarms).toEqual([]);
});

test("the database lets nobody go whom the quorum did not, and without its guard it would", async () => {
  const app = await pot.db.as("app");
  const insert = "insert into selection (fund_id, selection_id, day, charter_version, rule, rule_version, inputs_hash, picked, decision_id) values ($1, gen_random_uuid(), current_date, 1, 'out-of-turn', 2, sha256(''), 1, gen_random_uuid())"; // prettier-ignore
  await expect(app.query(insert, [fund.fundId])).rejects.toThrow("nobody decided this");
  const owner = await pot.db.as("owner");
  await owner.query("begin; alter table selection disable trigger selection_out_of_turn");
  expect((await owner.query(insert, [fund.fundId])).rowCount).toBe(1);
  await owner.query("rollback");
});
