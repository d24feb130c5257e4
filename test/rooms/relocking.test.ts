import { createHash } from "node:crypto";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { fileKeyIn, headerFor } from "../../src/requests/relocking/age-header.js";
import type { Locks, Thing, ToLock } from "../../src/requests/relocking/relocking.js";
import { open, seal } from "../../src/requests/sealing.js";
import { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { identityFromBytes } from "../../src/treasurers/wrapped-identity.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { refusalOf } from "../support/outcomes.js";
import { candidateFor } from "../support/seats.js";

jest.setTimeout(240_000);

let pot: Commonpot;
let fund: Fund;
let made = 0;
let ana: PersonAtDesk, ben: PersonAtDesk, dora: PersonAtDesk;
let code = "";

const all = async (sql: string, values: unknown[] = [fund.fundId]): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const identityOf = (name: string): string => identityFromBytes(createHash("sha256").update(`commonpot practice ${name} identity`).digest()); // prettier-ignore
const recipientOf = async (name: string): Promise<string> => (await practiceTreasurer(name)).recipient;
const atDesk = async (name: string): Promise<PersonAtDesk> =>
  new PersonAtDesk(pot.app, fund.slug, pot.origin, await practiceTreasurer(name)).signIn();
const files = async (): Promise<string[]> => [
  ...(await all("select sealed from aid_request where fund_id = $1 order by arrival")).map((r) => r.sealed as string),
  ...(await all("select sealed from request_message where fund_id = $1 order by day, message_id")).map((r) => r.sealed as string), // prettier-ignore
];
const opens = async (name: string): Promise<number> =>
  (await Promise.all((await files()).map((f) => open(f, identityOf(name)).then(() => 1, () => 0)))).reduce((a: number, b) => a + b, 0); // prettier-ignore
const keep = (who: PersonAtDesk, did: { wrong?: Thing[]; good?: Thing[]; locked?: object[] }): Promise<{ locked: number; undone: number }> =>
  who.post("relockings", { wrong: [], good: [], locked: [], ...did }); // prettier-ignore
async function anew(list: readonly ToLock[], who: string, seats = ["Ana", "Ben", "Dora"]): Promise<object[]> {
  const recipients = await Promise.all(seats.map(recipientOf));
  return Promise.all(
    list.map(async ({ thing, id, header, reader }) => ({
      thing,
      id,
      header: headerFor(
        await fileKeyIn(header, identityOf(who)),
        reader === null ? recipients : [...recipients, reader],
      ),
    })),
  );
}
const named = (list: readonly Thing[]): Thing[] => list.map(({ thing, id }) => ({ thing, id }));
const write = (text: string): Promise<{ statusCode: number }> =>
  pot.app.inject({
    method: "POST",
    url: "/api/v1/request/messages",
    headers: { authorization: `Claim ${code}`, "idempotency-key": newToken(), "content-type": "application/json" },
    payload: JSON.stringify({ text }),
  });

beforeAll(async () => {
  pot = await startCommonpot();
});
afterAll(() => pot.close());

/** Two people ask and one of them writes; then Dora sits where Chris sat. */
beforeEach(async () => {
  fund = await openFund(pot, `locks-${++made}`);
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
  await ask(pot, fund.slug, 4000);
  code = await ask(pot, fund.slug, 5000);
  expect((await write("the landlord changed banks")).statusCode).toBeLessThan(300);
  const candidate = await candidateFor(pot, fund, "Dora");
  const [{ id: chris }] = await all("select treasurer_id as id from treasurer where fund_id = $1 and name = 'Chris'");
  await ana.send("desk/rules", { key: newToken(), act: "roster", add: candidate, remove: chris });
  const [{ id }] = await all("select decision_id as id from joint_decision where fund_id = $1 and kind = 'roster'");
  for (const one of [ana, ben]) await one.decide(id);
  await until("she sits", async () => (await all("select from treasurer where fund_id = $1 and name = 'Dora'")).length === 1); // prettier-ignore
  dora = await atDesk("Dora");
});

test("whoever left opens nothing any more, whoever came opens everything, and what is inside is the same bytes", async () => {
  expect([await opens("Chris"), await opens("Dora")]).toEqual([3, 0]);
  expect(await ana.page()).toContain("3 locks wait since the seats have changed");
  await until("the new seats are public", async () => (await ana.page("desk/locks")).includes("3 things are locked for who sat here before"), 30); // prettier-ignore
  const { toLock, toTry } = await ana.openLocks();
  expect([toLock.length, toTry]).toEqual([3, []]);
  expect(JSON.stringify(toLock)).not.toContain("BEGIN AGE");
  const before = await all("select request_id, age_payload(sealed) as inside from aid_request where fund_id = $1 order by arrival"); // prettier-ignore
  expect(await keep(ana, { locked: await anew(toLock, "Ana") })).toEqual({ locked: 3, undone: 0 });
  expect([await opens("Chris"), await opens("Dora"), await opens("Ben")]).toEqual([0, 3, 3]);
  expect(await all("select request_id, age_payload(sealed) as inside from aid_request where fund_id = $1 order by arrival")).toEqual(before); // prettier-ignore
  expect(await ana.page()).not.toContain("since the seats have changed");
  // Whoever asked reads on with the seven words.
  const { messages } = (await pot.app.inject({ url: "/api/v1/request", headers: { authorization: `Claim ${code}` } })).json<{ messages: { text?: string; words?: string }[] }>(); // prettier-ignore
  expect(JSON.stringify(messages)).toContain("the landlord changed banks");

  const tries = await ben.openLocks();
  expect([tries.toLock, tries.toTry.length]).toEqual([[], 3]);
  await keep(ben, { good: named(tries.toTry) });
  expect((await all("select from relocking where fund_id = $1 and header_before is not null")).length).toBe(0);
  expect(await ben.page("desk/locks")).toContain("Everything is locked for those who sit now");
  expect((await keep(ana, { locked: await anew(toLock, "Ana") })).locked).toBe(0);
});

test("between the new seats and their publication no page names keys that the log does not: the server seals on arrival, and says so", async () => {
  // Its first look at the log is after the seats have changed; until the entry is out, the page hands no keys to a script.
  const entry = (): Promise<any[]> => all("select e.idx from log_entry e join published p using (fund_id) where e.fund_id = $1 and e.kind = 'roster' and e.idx < p.size"); // prettier-ignore
  const page = async (): Promise<{ before: number; keys: string | null; after: number }> => {
    const before = (await entry()).length;
    const { body } = await pot.app.inject({ url: `/${fund.slug}/ask` });
    return { before, keys: /data-seal="([^"]*)"/.exec(body)?.[1] ?? null, after: (await entry()).length };
  };
  const seen: Awaited<ReturnType<typeof page>>[] = [];
  await until("the new seats are public", async () => seen[seen.push(await page()) - 1]!.before === 2, 40);
  const doras = await recipientOf("Dora");
  for (const { before, keys, after } of seen) {
    // One that was asked while the log went on could be either.
    if (before !== after) continue;
    expect(keys?.includes(doras) ?? false).toBe(before === 2);
    if (before < 2) expect(keys).toBeNull();
  }
  expect(seen.some(({ before, after }) => before === 1 && after === 1) || seen[0]!.before === 0).toBe(true);
});

test("a request that was locked anew is picked, signed, checked by the worker, and opened by whoever came", async () => {
  await keep(ana, { locked: await anew((await ana.openLocks()).toLock, "Ana") });
  await bookGift(pot.database, fund, 20_000n, `locks-${made}`);
  const proposed = (): Promise<any[]> => all("select disbursement_id as id from disbursement where fund_id = $1 and state = 'proposed'"); // prettier-ignore
  await until("both are next", async () => (await proposed()).length === 2);
  const list = (await proposed()).map((d) => d.id as string);
  for (const one of [dora, ben]) await one.approve(list);
  await dora.take(list[0]!);
  await dora.sent(list[0]!, "cash", "assets:bank");
});

test("a new lock that does not fit is noticed by the next device, and the old one comes back", async () => {
  const { toLock } = await ana.openLocks();
  const recipients = await Promise.all(["Ana", "Ben", "Dora"].map(recipientOf));
  const bad = toLock.map(({ thing, id, reader }) => ({ thing, id, header: headerFor(new Uint8Array(16).fill(9), reader === null ? recipients : [...recipients, reader]) })); // prettier-ignore
  await keep(ana, { locked: bad });
  expect(await opens("Ben")).toBe(0);
  const { toTry } = await ben.openLocks();
  const keys = await Promise.all(toTry.map(async (one) => [await fileKeyIn(one.headerBefore, identityOf("Ben")), await fileKeyIn(one.header, identityOf("Ben"))])); // prettier-ignore
  expect(keys.every(([a, b]) => !Buffer.from(a!).equals(Buffer.from(b!)))).toBe(true);
  expect(await keep(ben, { wrong: named(toTry) })).toEqual({ locked: 0, undone: 3 });
  expect([await opens("Ben"), await opens("Chris")]).toEqual([3, 3]);
  expect((await ana.openLocks()).toLock).toHaveLength(3);
});

test("nobody tries their own locks, locks for strangers, or opens them with another's signature", async () => {
  const { toLock } = await ana.openLocks();
  const good = await anew(toLock, "Ana");
  expect(await refusalOf(keep(ana, { locked: await anew(toLock, "Ana", ["Ana", "Ben", "Dora", "Chris"]) }))).toContain("422"); // prettier-ignore
  expect(await refusalOf(keep(ana, { locked: [{ ...toLock[0], header: "words" }] }))).toContain("422");
  expect(await refusalOf(keep(ana, { locked: [{ ...good[0], thing: "secret" }] }))).toContain("422");
  await keep(ana, { locked: good });
  await keep(ana, { good: named(toLock) });
  expect((await all("select from relocking where fund_id = $1 and header_before is null")).length).toBe(0);
  expect(await keep(ana, { wrong: named(toLock) })).toEqual({ locked: 0, undone: 0 });
  const { challengeId } = await dora.post<{ challengeId: string }>("relocking-challenges", {});
  expect(await refusalOf(dora.post<Locks>("relocking-openings", { challengeId, response: { id: "x", type: "public-key", response: {} } }))).toContain("passkey"); // prettier-ignore
});

test("the database changes a lock and nothing else, and without its guard money could be sent elsewhere", async () => {
  const app = await pot.db.as("app");
  const [request] = await all("select request_id as id, sealed from aid_request where fund_id = $1 order by arrival limit 1"); // prettier-ignore
  const [anas] = await all("select treasurer_id as id from treasurer where fund_id = $1 and name = 'Ana'");
  const [chriss] = await all("select treasurer_id as id from treasurer where fund_id = $1 and name = 'Chris'");
  const note = (by: string, header = "age_header(r.sealed)"): string => `insert into relocking (fund_id, request_id, thing, thing_id, roster_version, header_before, by_treasurer, day) select r.fund_id, r.request_id, 'details', r.request_id, 2, ${header}, '${by}', current_date from aid_request r where r.request_id = '${request.id}'`; // prettier-ignore
  const elsewhere = await seal("Venmo @mallory", [await recipientOf("Ana")]);
  const set = (file: string): string => `update aid_request set sealed = '${file}', sealed_hash = sha256(convert_to('${file}', 'UTF8')) where request_id = '${request.id}'`; // prettier-ignore
  const owner = await pot.db.as("owner");
  // The app may not read what is inside by itself; the owner writes what a stolen web process would.
  await expect(owner.query(note(chriss.id))).rejects.toThrow("whoever sits now");
  await expect(owner.query(note(anas.id, "decode(repeat('00', 200), 'hex')"))).rejects.toThrow("the old one is kept");
  await expect(app.query(set(elsewhere))).rejects.toThrow("a code of its own");
  await owner.query(note(anas.id));
  await expect(app.query(set(elsewhere))).rejects.toThrow("a code of its own");
  await expect(app.query(`update relocking set header_before = null, checked_by = '${anas.id}' where fund_id = '${fund.fundId}'`)).rejects.toThrow("check constraint"); // prettier-ignore
  await expect(app.query(`update relocking set header_before = null where fund_id = '${fund.fundId}'`)).rejects.toThrow("another treasurer has tried"); // prettier-ignore
  await expect(owner.query("update request_message set sealed = $2 where fund_id = $1", [fund.fundId, elsewhere])).rejects.toThrow("stays as it was written"); // prettier-ignore
  await owner.query("begin; alter table aid_request disable trigger change_needs_a_code");
  expect((await owner.query(set(elsewhere))).rowCount).toBe(1);
  await owner.query("rollback");
});

test("old locks that nobody could try go after two weeks; new words need no old lock", async () => {
  await keep(ana, { locked: await anew((await ana.openLocks()).toLock, "Ana") });
  const owner = await pot.db.as("owner");
  await owner.query("alter table relocking disable trigger user");
  await owner.query("update relocking set day = day - 15 where fund_id = $1 and thing = 'message'", [fund.fundId]);
  await owner.query("alter table relocking enable always trigger relocking_guard");
  await until("it is gone", async () => (await all("select from relocking where fund_id = $1 and header_before is null")).length === 1, 30); // prettier-ignore
  const redirect = await pot.app.inject({
    method: "POST",
    url: "/api/v1/request/changes",
    headers: { authorization: `Claim ${code}`, "idempotency-key": newToken(), "content-type": "application/json" },
    payload: JSON.stringify({ payTo: { rail: "zelle", to: "someone@example.org" } }),
  });
  expect(redirect.statusCode).toBeLessThan(300);
  expect(await all("select thing from relocking where fund_id = $1 order by thing")).toEqual([{ thing: "details" }, { thing: "message" }]); // prettier-ignore
});
