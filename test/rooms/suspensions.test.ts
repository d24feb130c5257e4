import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { refusalOf } from "../support/outcomes.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk;
let ben: PersonAtDesk;
let chris: PersonAtDesk;
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
});
afterAll(() => pot.close());
beforeEach(async () => {
  fund = await openFund(pot, `stolen-${++made}`);
  [ana, ben, chris] = (await Promise.all(
    (["Ana", "Ben", "Chris"] as const).map((name) => person(pot, fund.slug, name)),
  )) as [PersonAtDesk, PersonAtDesk, PersonAtDesk];
});

const one = async (sql: string): Promise<any> => (await (await pot.db.as("owner")).query(sql, [fund.fundId])).rows[0];
const seatOf = async (name: string): Promise<string> => (await one(`select treasurer_id as id from treasurer where fund_id = $1 and name = '${name}'`)).id; // prettier-ignore
const rules = (who: PersonAtDesk, fields: object): Promise<{ status: number; body: string }> =>
  who.send("desk/rules", { key: newToken(), ...fields } as Record<string, string>);
const suspend = async (who: PersonAtDesk, name: string): Promise<number> =>
  (await rules(who, { act: "suspend", treasurer: await seatOf(name) })).status;

test("a stolen phone signs nothing and opens nothing, from the moment on", async () => {
  expect(await suspend(ana, "Chris")).toBe(303);
  expect(await refusalOf(chris.post("approval-statements", { disbursements: [crypto.randomUUID()] }))).toContain("sign-in"); // prettier-ignore
  expect(await refusalOf(person(pot, fund.slug, "Chris"))).toContain("suspended");
  expect(await ben.page("desk/rules")).toContain("passkeys are shut until");
});

test("it ends by itself, and two open them again sooner", async () => {
  await suspend(ana, "Chris");
  const { id } = await one("select suspension_id as id from suspension where fund_id = $1");
  expect((await rules(ben, { act: "lift", suspension: id })).status).toBe(303);
  const decision = (await one("select decision_id as id from joint_decision where fund_id = $1 and kind = 'lift-suspension'")).id; // prettier-ignore
  expect(await ben.page("desk/decisions")).toContain("Open Chris’s passkeys again");
  expect(await ben.decide(decision)).toEqual({ decided: false });
  expect(await refusalOf(person(pot, fund.slug, "Chris"))).toContain("suspended");
  expect(await ana.decide(decision)).toEqual({ decided: true });
  expect(await refusalOf(person(pot, fund.slug, "Chris"))).toBe("done");
  const { hours } = await one("select extract(epoch from until - began_at)::int / 3600 as hours from suspension where fund_id = $1"); // prettier-ignore
  expect(hours).toBe(72);
});

test("nobody shuts out the others one after another, nor themselves, nor a stranger", async () => {
  expect(await suspend(ana, "Chris")).toBe(303);
  const again = await rules(ana, { act: "suspend", treasurer: await seatOf("Ben") });
  expect([again.status, again.body]).toEqual([409, expect.stringContaining("once in seven days")]);
  expect(await suspend(ben, "Ben")).toBe(403);
  expect((await rules(ben, { act: "suspend", treasurer: crypto.randomUUID() })).status).toBe(404);
  expect((await rules(ben, { act: "lift", suspension: crypto.randomUUID() })).status).toBe(404);
  expect((await rules(ben, { act: "lift" })).status).toBe(404);
  expect((await rules(ben, { act: "suspend" })).status).toBe(404);
});

test("of two who suspend each other at once, one does", async () => {
  const [a, b] = await Promise.all([suspend(ana, "Ben"), suspend(ben, "Ana")]);
  expect([a, b].sort()).toEqual([303, 409]);
});

test("the database keeps to it, and without its guard one could shut out everybody", async () => {
  const app = await pot.db.as("app");
  const insert = (by: string, of: string, hours = 72): string => `insert into suspension (fund_id, suspension_id, treasurer_id, by_treasurer, began_at, until) values ($1, gen_random_uuid(), '${of}', '${by}', now(), now() + interval '${hours} hours')`; // prettier-ignore
  const [a, b, c] = [await seatOf("Ana"), await seatOf("Ben"), await seatOf("Chris")];
  await expect(app.query(insert(a, b, 73), [fund.fundId])).rejects.toThrow("check constraint");
  await expect(app.query(insert(a, a), [fund.fundId])).rejects.toThrow("check constraint");
  await app.query(insert(a, b), [fund.fundId]);
  await expect(app.query(insert(a, c), [fund.fundId])).rejects.toThrow("once in seven days");
  await expect(app.query(insert(b, a), [fund.fundId])).rejects.toThrow("suspends nobody");
  await expect(app.query("update suspension set lifted_by = (select decision_id from joint_decision limit 1)")).rejects.toThrow("nobody decided this"); // prettier-ignore
  const owner = await pot.db.as("owner");
  await expect(owner.query("delete from suspension")).rejects.toThrow("never forgotten");
  await owner.query("begin; alter table suspension disable trigger suspension_guard");
  expect((await owner.query(insert(a, c), [fund.fundId])).rowCount).toBe(1);
  await owner.query("rollback");
});
