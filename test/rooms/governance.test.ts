import { audit } from "../../src/cli/audit/run.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { Funds } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, payEverybody, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { refusalOf } from "../support/outcomes.js";
import { candidateFor } from "../support/seats.js";
import { verified } from "../support/served-log.js";

jest.setTimeout(240_000);

let pot: Commonpot;
let fund: Fund;
let made = 0;
let ana: PersonAtDesk;
let ben: PersonAtDesk;
let chris: PersonAtDesk;

beforeAll(async () => {
  pot = await startCommonpot();
});
afterAll(() => pot.close());

beforeEach(async () => {
  fund = await openFund(pot, `governed-${++made}`, { publication: { clock: "ten-seconds", k: 3 } });
  [ana, ben, chris] = (await Promise.all(
    (["Ana", "Ben", "Chris"] as const).map((name) => person(pot, fund.slug, name)),
  )) as [PersonAtDesk, PersonAtDesk, PersonAtDesk];
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const now = (): Promise<Fund> => pot.app.get(Funds).bySlug(pot.database.read, fund.slug);
const RULES = { act: "charter", rule: "first-come", capPerRequest: "500", envelopePerWeek: "2500", releases: "1", leastPart: "", monthlyGoal: "", quorum: "2", retentionDays: "30", nextMeeting: "", words: "on" }; // prettier-ignore
const rules = (who: PersonAtDesk, fields: object): Promise<{ status: number; body: string }> =>
  who.send("desk/rules", { key: newToken(), ...fields } as Record<string, string>);
const open = async (kind: string): Promise<string> =>
  (await all("select decision_id as id from joint_decision where fund_id = $1 and kind = $2 and state = 'open'", [fund.fundId, kind]))[0]?.id; // prettier-ignore
const changes = (): Promise<any[]> => all("select what, state from fund_change where fund_id = $1 order by version, state", [fund.fundId]); // prettier-ignore
async function charterBy(who: readonly PersonAtDesk[], fields: object): Promise<void> {
  expect((await rules(who[0]!, { ...RULES, ...fields })).status).toBe(303);
  const id = await open("charter");
  for (const one of who) await one.decide(id);
}
const candidate = (name: string): Promise<string> => candidateFor(pot, fund, name);
const seatOf = async (name: string): Promise<string> =>
  (await all("select treasurer_id as id from treasurer where fund_id = $1 and name = $2", [fund.fundId, name]))[0].id;
const atDesk = async (name: string): Promise<PersonAtDesk> =>
  new PersonAtDesk(pot.app, fund.slug, pot.origin, await practiceTreasurer(name)).signIn();
/** Three gifts, so that they are published, and three payouts. */
async function paysOut(): Promise<void> {
  for (let i = 0; i < 3; i++) await bookGift(pot.database, fund, 20_000n, `g-${made}-${i}-${Math.random()}`);
  for (let i = 0; i < 3; i++) await ask(pot, fund.slug, 1000);
  await until("three are next", async () => (await all("select from disbursement where fund_id = $1 and state = 'proposed'", [fund.fundId])).length === 3); // prettier-ignore
  await payEverybody(pot, await now());
}
const inTheLog = async (kind: string): Promise<number> =>
  (await all("select from log_entry e join published p using (fund_id) where e.fund_id = $1 and e.kind = $2 and e.idx < p.size", [fund.fundId, kind])).length; // prettier-ignore
async function nothingIsWrong(): Promise<void> {
  expect((await verified(pot.database, fund.fundId)).alarms).toEqual([]);
  const findings = await pot.database.atomically((tx) => audit(tx));
  expect(findings.filter((f) => f.violations > 0)).toEqual([]);
}

test("two of three change the rules: it is in force at once before the first payout, stands in the log, and strangers can check it", async () => {
  await charterBy([ana], { capPerRequest: "800", leastPart: "100", nextMeeting: "Thursday, at the library" });
  expect(await ana.page("desk/decisions")).toContain("At most for one request: $500.00 → $800.00");
  expect((await now()).charterVersion).toBe(1);
  await ben.decide(await open("charter"));
  await until("it is in force", async () => (await now()).charterVersion === 2);
  expect((await now()).charter).toMatchObject({ capPerRequest: 80_000n, leastPart: 10_000n, nextMeeting: "Thursday, at the library" }); // prettier-ignore
  await until("it is published", async () => (await inTheLog("charter")) === 2, 60);
  expect(await inTheLog("change")).toBe(1);
  const page = await pot.app.inject({ url: `/${fund.slug}/charter/2` });
  expect(page.body).toContain("$800.00");
  await nothingIsWrong();
});

test("what does not work, what changes nothing and what is no number is refused, and nothing typed is lost", async () => {
  const quorum = await rules(ana, { ...RULES, quorum: "3" });
  expect([quorum.status, quorum.body]).toEqual([422, expect.stringContaining("These rules do not work together")]);
  const week = await ana.send("desk/rules?lang=es", { key: newToken(), ...RULES, envelopePerWeek: "100" });
  expect(week.body).toContain("una semana libera al menos lo que puede recibir un pedido");
  expect((await rules(ana, RULES)).body).toContain("Nothing of it is different");
  const typed = await rules(ana, { ...RULES, capPerRequest: "lots", nextMeeting: "Friday" });
  expect([typed.status, typed.body]).toEqual([422, expect.stringContaining('value="Friday"')]);
  expect(typed.body).toContain('value="lots"');
  expect((await rules(ana, { act: "roster", remove: await seatOf("Chris") })).body).toContain(
    "At least three seats stay",
  );
  expect((await rules(ana, { act: "roster" })).status).toBe(422);
  expect((await rules(ana, { act: "roster", add: crypto.randomUUID() })).status).toBe(404);
  expect((await rules(ana, { act: "stop" })).status).toBe(404);
  expect(await changes()).toEqual([]);
});

test("after the first payout a change waits, is seen by everybody at the desk, and two can stop it", async () => {
  await paysOut();
  await charterBy([ana, ben], { capPerRequest: "900" });
  expect(await changes()).toEqual([{ what: "charter", state: "waiting" }]);
  const page = await chris.page("desk/rules");
  expect(page).toContain("Decided, and not in force yet");
  expect(page).toContain("$500.00 → $900.00");
  const charter = (await pot.app.inject({ url: `/${fund.slug}/charter/1` })).body;
  expect(charter).toContain("$500.00 → $900.00");
  expect(charter).toContain("2 treasurers can stop it");
  expect((await rules(chris, { ...RULES, capPerRequest: "950" })).status).toBe(409);
  expect((await rules(chris, { act: "stop" })).status).toBe(303);
  const stop = await open("stop-change");
  await chris.decide(stop);
  expect(await changes()).toEqual([{ what: "charter", state: "waiting" }]);
  expect(await ben.decide(stop)).toEqual({ decided: true });
  expect(await changes()).toEqual([{ what: "charter", state: "stopped" }]);
  await until("both stand in the log", async () => (await inTheLog("change")) === 2, 60);
  expect((await now()).charterVersion).toBe(1);
  await nothingIsWrong();
});

test("what was approved under the old rules is paid and published under the new ones; what was not is signed anew", async () => {
  await paysOut();
  for (let i = 0; i < 4; i++) await ask(pot, fund.slug, 2000 + i);
  const proposed = (): Promise<any[]> => all("select disbursement_id as id, amount::int as amount from disbursement where fund_id = $1 and state = 'proposed' order by amount", [fund.fundId]); // prettier-ignore
  await until("four are next", async () => (await proposed()).length === 4);
  const list = (await proposed()).map((d) => d.id as string);
  for (const one of [ana, ben]) await one.approve(list.slice(0, 3));
  await ana.approve(list.slice(3));
  await charterBy([ana, chris], { envelopePerWeek: "3000" });
  await until("it is in force", async () => (await now()).charterVersion === 2, 60);
  await until("the fourth is next again", async () => (await proposed()).length === 1);
  expect((await proposed())[0].id).not.toBe(list[3]);
  expect(await all("select from approval where fund_id = $1 and disbursement_id = $2", [fund.fundId, (await proposed())[0].id])).toEqual([]); // prettier-ignore
  for (const id of list.slice(0, 3)) {
    await ana.take(id);
    await ana.sent(id, "cash", "assets:bank");
  }
  await until("six payouts are published", async () => (await inTheLog("payouts")) === 2, 60);
  await nothingIsWrong();
});

test("somebody new takes a seat in place of another, who can sign nothing more; the new one's signature counts", async () => {
  const dora = await candidate("Dora");
  expect(await ana.page("desk/rules")).toContain("Dora");
  await expect(atDesk("Dora")).rejects.toThrow("passkey");
  expect((await rules(ana, { act: "roster", add: dora, remove: await seatOf("Chris") })).status).toBe(303);
  const id = await open("roster");
  await ana.decide(id);
  expect(await ben.decide(id)).toEqual({ decided: true });
  await until("she sits", async () => (await all("select from treasurer where fund_id = $1 and name = 'Dora'", [fund.fundId])).length === 1); // prettier-ignore
  const seated = await atDesk("Dora");
  expect(await seated.page()).toContain("You are Dora");
  await expect(atDesk("Chris")).rejects.toThrow("passkey");
  expect(await refusalOf(chris.post("approval-statements", { disbursements: [dora] }))).toContain("sign-in");
  for (let i = 0; i < 3; i++) await bookGift(pot.database, fund, 20_000n, `seat-${made}-${i}`);
  for (let i = 0; i < 3; i++) await ask(pot, fund.slug, 1000);
  const proposed = (): Promise<any[]> => all("select disbursement_id as id from disbursement where fund_id = $1 and state = 'proposed'", [fund.fundId]); // prettier-ignore
  await until("three are next", async () => (await proposed()).length === 3);
  const list = (await proposed()).map((d) => d.id as string);
  await seated.approve(list);
  expect((await ben.approve(list)).approved.sort()).toEqual(list.sort());
  for (const one of list) {
    await seated.take(one);
    await seated.sent(one, "cash", "assets:bank");
  }
  await until("it is published", async () => (await inTheLog("payouts")) === 1, 60);
  expect(await inTheLog("roster")).toBe(2);
  await nothingIsWrong();
});

test("whoever is to leave does not stop it, and one signature alone never does", async () => {
  await paysOut();
  const dora = await candidate("Dora");
  await rules(ana, { act: "roster", add: dora, remove: await seatOf("Chris") });
  for (const one of [ana, ben]) await one.decide(await open("roster"));
  const charter = (await pot.app.inject({ url: `/${fund.slug}/charter/1?lang=es` })).body;
  expect(charter).toContain("Un puesto de la tesorería pasa a alguien nuevo");
  expect(charter).not.toContain("Dora");
  await rules(chris, { act: "stop" });
  expect(await refusalOf(chris.decide(await open("stop-change")))).toContain("not-yours");
  await ben.decide(await open("stop-change"));
  await until("it is in force all the same", async () => (await changes())[0].state === "in-force", 60);
  expect(await open("stop-change")).toBeUndefined();
});

test("the page makes an invitation that is shown once; it makes a candidate, and no treasurer", async () => {
  const made = await rules(ana, { act: "invite" });
  const token = /\/join#([\w-]{43})/.exec(made.body)![1]!;
  expect(await ana.page("desk/rules")).not.toContain(token);
  const answer = await pot.app.inject({ method: "POST", url: `/api/v1/funds/${fund.slug}/registrations`, headers: { "content-type": "application/json" }, payload: JSON.stringify({ token }) }); // prettier-ignore
  expect(answer.statusCode).toBe(201);
});

describe("the database itself", () => {
  const asApp = async (sql: string, values: unknown[] = []): Promise<unknown> =>
    (await pot.db.as("app")).query(sql, values);
  const asWorker = async (sql: string, values: unknown[] = []): Promise<unknown> =>
    (await pot.db.as("worker")).query(sql, values);

  test("takes no rule, roster, seat or key that was not decided", async () => {
    await expect(asApp("insert into charter select fund_id, 2, charter, hash, day from charter where fund_id = $1", [fund.fundId])).rejects.toThrow("closed once a fund is open"); // prettier-ignore
    await expect(asApp("insert into roster select fund_id, 2, roster, hash, day from roster where fund_id = $1", [fund.fundId])).rejects.toThrow("closed once a fund is open"); // prettier-ignore
    await expect(asWorker("insert into treasurer select fund_id, gen_random_uuid(), 'Eve', 'age1' || repeat('q', 58), current_date, null where true", [])).rejects.toThrow(); // prettier-ignore
    await expect(asWorker("insert into treasurer (fund_id, treasurer_id, name, recipient, joined_day) values ($1, gen_random_uuid(), 'Eve', 'age1' || repeat('q', 58), current_date)", [fund.fundId])).rejects.toThrow("closed once a fund is open"); // prettier-ignore
    await expect(asApp("insert into credential select fund_id, credential_id || 'x', treasurer_id, public_key, counter, practice, wrapped_identity, wrapped_by from credential where fund_id = $1", [fund.fundId])).rejects.toThrow("closed once a fund is open"); // prettier-ignore
    await expect(asWorker("update treasurer set left_day = current_date where fund_id = $1", [fund.fundId])).rejects.toThrow("the roster gives them"); // prettier-ignore
  });

  test("takes no change that too few signed, that comes too soon, or that is not what was signed", async () => {
    await paysOut();
    await rules(ana, { ...RULES, capPerRequest: "900" });
    const id = await open("charter");
    await ana.decide(id);
    const early = "update fund_change set state = 'waiting', effective_at = clock_timestamp() where fund_id = $1";
    await expect(asApp(early, [fund.fundId])).rejects.toThrow("nobody decided this");
    await expect(asApp("update fund_change set content = '{}' where fund_id = $1", [fund.fundId])).rejects.toThrow("permission denied"); // prettier-ignore
    // The last signature's own transaction would set the time; here it is set too soon.
    const owner = await pot.db.as("owner");
    await owner.query("alter table fund_change disable trigger fund_change_guard");
    await ben.decide(id);
    await owner.query("update fund_change set state = 'proposed', effective_at = null where fund_id = $1", [
      fund.fundId,
    ]);
    await owner.query("alter table fund_change enable always trigger fund_change_guard");
    await expect(asApp(early, [fund.fundId])).rejects.toThrow("waits until it can be seen coming");
    await asApp("update fund_change set state = 'waiting', effective_at = clock_timestamp() + interval '15 seconds' where fund_id = $1", [fund.fundId]); // prettier-ignore
    await expect(asWorker("update fund_change set state = 'in-force' where fund_id = $1", [fund.fundId])).rejects.toThrow("not due yet"); // prettier-ignore
    await expect(asApp("update fund_change set state = 'stopped' where fund_id = $1", [fund.fundId])).rejects.toThrow("nobody stopped this"); // prettier-ignore
    await expect(owner.query("delete from fund_change")).rejects.toThrow("never forgotten");
  });

  test("a charter that a superuser slips in is found by the audit", async () => {
    const owner = await pot.db.as("owner");
    await owner.query("begin; alter table charter disable trigger user");
    await owner.query("insert into charter select fund_id, 2, jsonb_set(charter, '{quorum}', '1'), hash, day from charter where fund_id = $1", [fund.fundId]); // prettier-ignore
    // The audit reads with TypeORM's manager alone: `query` is all that it needs.
    const tx = { query: async (text: string, values?: unknown[]) => text.startsWith("set transaction") ? [] : (await owner.query(text, values)).rows }; // prettier-ignore
    const findings = await audit(tx as never);
    await owner.query("rollback");
    expect(findings.filter((f) => f.violations > 0).map((f) => f.says)).toContain("every later charter and roster is what more than half of the seats, and the quorum, have signed"); // prettier-ignore
  });
});
