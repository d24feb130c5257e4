import { audit } from "../../src/cli/audit/run.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken, randomBytes, toHex } from "../../src/kernel/ids.js";
import { drawnOrder, listHash, markOf, secretHash } from "../../src/publication/draw.js";
import type { DrawEntry, DrawnEntry } from "../../src/publication/entry.js";
import { seal } from "../../src/requests/sealing.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { Draws as VerifiedDraws } from "../../src/verify/draws.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { codeOf, refusalOf } from "../support/outcomes.js";
import { verified } from "../support/served-log.js";

jest.setTimeout(240_000);

let pot: Commonpot;
let fund: Fund;
let made = 0;
let ana: PersonAtDesk, ben: PersonAtDesk, chris: PersonAtDesk;

beforeAll(async () => {
  pot = await startCommonpot();
});
afterAll(() => pot.close());
beforeEach(async () => {
  fund = await openFund(pot, `lots-${++made}`, { rule: "lottery", publication: { clock: "ten-seconds", k: 3 } });
  [ana, ben, chris] = (await Promise.all((["Ana", "Ben", "Chris"] as const).map((name) => person(pot, fund.slug, name)))) as [PersonAtDesk, PersonAtDesk, PersonAtDesk]; // prettier-ignore
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, [fund.fundId, ...values])).rows;
interface Secret {
  readonly secret: string;
  readonly hash: string;
}
const newSecret = (): Secret => {
  const bytes = randomBytes(32);
  return { secret: toHex(bytes), hash: secretHash(bytes) };
};
const putIn = async (who: PersonAtDesk, name: string, { hash, secret }: Secret): Promise<string> =>
  refusalOf(who.post("draws/secrets", { hash, sealed: await seal(secret, [(await practiceTreasurer(name)).recipient]) })); // prettier-ignore
const open = (who: PersonAtDesk, { secret }: Secret): Promise<string> => refusalOf(who.post("draws/openings", { secret })); // prettier-ignore
const entries = async <T>(kind: string): Promise<T[]> =>
  (await all("select convert_from(body, 'UTF8')::jsonb as entry from log_entry e join published p using (fund_id) where e.fund_id = $1 and e.kind = $2 and e.idx < p.size", [kind])).map((r) => r.entry as T); // prettier-ignore
const isPublic = (kind: string): Promise<void> => until(`${kind} is public`, async () => (await entries(kind)).length > 0, 40); // prettier-ignore
const standing = async (code: string): Promise<any> =>
  (await pot.app.inject({ url: "/api/v1/request", headers: { authorization: `Claim ${code}` } })).json();
const money = (amount: bigint): Promise<unknown> => bookGift(pot.database, fund, amount, `gift-${newToken()}`);
/** Five ask for 10.00 each. */
const five = (): Promise<string[]> => Promise.all([1, 2, 3, 4, 5].map(() => ask(pot, fund.slug, 1000)));

test("a lottery from the secrets to the picks: nobody is picked before, the order is what anybody computes, each finds their own ticket, and strangers can check it", async () => {
  const codes = await five();
  await money(3000n);
  const [a, b] = [newSecret(), newSecret()];
  expect(await putIn(ana, "Ana", a)).toBe("done");
  expect(await putIn(ana, "Ana", newSecret())).toContain("already-approved");
  expect(await putIn(ben, "Ben", b)).toBe("done");
  expect(await putIn(chris, "Chris", newSecret())).toContain("drawn-this-week");
  expect(await open(ana, a)).toContain("wrong-state");
  await isPublic("draw");
  const [announced] = await entries<DrawEntry>("draw");
  expect(announced).toMatchObject({ tickets: 5, secrets: expect.arrayContaining([expect.objectContaining({ hash: a.hash }), expect.objectContaining({ hash: b.hash })]) }); // prettier-ignore
  expect((await standing(codes[0]!)).ticket).toMatchObject({ place: null, of: 5 });
  expect((await standing(codes[0]!)).place).toBeUndefined();
  expect(await open(ana, b)).toContain("422");
  expect(await open(chris, a)).toContain("wrong-state");
  expect(await open(ana, a)).toBe("done");
  expect(await open(ana, a)).toContain("wrong-state");
  expect(await all("select from disbursement where fund_id = $1")).toEqual([]);
  expect(await open(ben, b)).toBe("done");
  await isPublic("drawn");
  const [drawn] = await entries<DrawnEntry>("drawn");
  expect(listHash(drawn!.tickets)).toBe(announced!.list);
  const order = drawnOrder(drawn!.tickets, drawn!.secrets);
  const tickets = await Promise.all(codes.map(async (code) => (await standing(code)).ticket as { mark: string; place: number; index: number })); // prettier-ignore
  expect(tickets.map((t) => order[t.place - 1])).toEqual(tickets.map((t) => t.mark));
  expect(new Set(tickets.map((t) => t.mark)).size).toBe(5);
  expect((await pot.app.inject({ url: `/${fund.slug}/books/${tickets[0]!.index}` })).body).toContain(tickets[0]!.mark);
  // 30.00 are enough for the first three of the order, and for nobody else.
  await until("three are picked", async () => (await all("select from disbursement where fund_id = $1 and state = 'proposed'")).length === 3); // prettier-ignore
  const states = await Promise.all(codes.map(async (code) => (await standing(code)).state as string));
  expect(tickets.map(({ place }, i) => [place <= 3, states[i]]).sort()).toEqual([[false, "waiting"], [false, "waiting"], [true, "chosen"], [true, "chosen"], [true, "chosen"]].sort()); // prettier-ignore
  const page = await pot.app.inject({ method: "POST", url: `/${fund.slug}/status`, headers: { "content-type": "application/x-www-form-urlencoded" }, payload: new URLSearchParams({ words: codes[0]! }).toString() }); // prettier-ignore
  expect(page.body).toContain(`is ${tickets[0]!.mark.slice(0, 8)}…: number ${tickets[0]!.place} of 5`);
  expect((await verified(pot.database, fund.fundId)).alarms).toEqual([]);
  expect((await pot.database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
});

test("where there is enough for everybody, nothing is drawn; while very few wait, they come as they asked; too few are no lottery", async () => {
  const first = await ask(pot, fund.slug, 1000);
  expect(await putIn(ana, "Ana", newSecret())).toContain("too-few-tickets");
  expect(await ana.page("desk/draw")).toContain("A lottery needs 3 or more");
  await money(1000n);
  await until("the first is picked", async () => (await standing(first)).state === "chosen");
  await five();
  await money(5000n);
  await until("all are picked", async () => (await all("select from disbursement where fund_id = $1 and state = 'proposed'")).length === 6); // prettier-ignore
});

test("a draw whose secret is never opened is void after a week, in public, and another can begin", async () => {
  await five();
  await putIn(ana, "Ana", newSecret());
  await putIn(ben, "Ben", newSecret());
  const owner = await pot.db.as("owner");
  await owner.query("alter table draw disable trigger draw_guard");
  await owner.query("update draw set day = day - 8, week = week - 7 where fund_id = $1", [fund.fundId]);
  await owner.query("alter table draw enable always trigger draw_guard");
  expect(await putIn(ben, "Ben", newSecret())).toBe("done");
  expect((await all("select state from draw where fund_id = $1 order by week")).map((d) => d.state)).toEqual(["void", "opened"]); // prettier-ignore
  expect(await chris.page("desk/draw")).toContain("void, because a secret was not opened");
  await isPublic("draw");
  const { verified: found } = await verified(pot.database, fund.fundId);
  expect(found?.findings.map((finding) => finding.code)).toContain("undrawn");
});

test("the week in which both are to open their secrets begins when the list is announced, not when the first secret went in", async () => {
  await five();
  await putIn(ana, "Ana", newSecret());
  const owner = await pot.db.as("owner");
  await owner.query("alter table draw disable trigger draw_guard");
  await owner.query("update draw set day = day - 6 where fund_id = $1", [fund.fundId]);
  await owner.query("alter table draw enable always trigger draw_guard");
  expect(await putIn(ben, "Ben", newSecret())).toBe("done");
  expect((await all("select day = current_date as today from draw where fund_id = $1"))[0]).toEqual({ today: true });
});

test("the database keeps to it: two secrets, one draw a week, nothing changed afterwards", async () => {
  await five();
  const [a, b] = [newSecret(), newSecret()];
  await putIn(ana, "Ana", a);
  const app = await pot.db.as("app");
  const refused = async (sql: string): Promise<string> =>
    codeOf(app.query(sql, sql.includes("$1") ? [fund.fundId] : []));
  expect(await refused("update draw set state = 'announced', marks = array['" + "0".repeat(32) + "'], list_hash = sha256('x') where fund_id = $1")).toBe("CP001"); // prettier-ignore
  await putIn(ben, "Ben", b);
  expect(await refused("update draw set marks = marks[1:3] where fund_id = $1")).toBe("CP001");
  expect(await refused("update draw set day = day - 8 where fund_id = $1")).toBe("CP001");
  expect(await refused("update draw set state = 'drawn', drawn_day = current_date, result_id = gen_random_uuid() where fund_id = $1")).toBe("CP001"); // prettier-ignore
  expect(await refused(`update draw_secret set secret = decode('${a.secret}', 'hex') where fund_id = $1 and hash = decode('${a.hash}', 'hex')`)).toBe("CP001"); // prettier-ignore
  expect(await refused("insert into draw (fund_id, draw_id, week, day, state) values ($1, gen_random_uuid(), date_trunc('week', now())::date, current_date, 'opened')")).toBe("23505"); // prettier-ignore
  await isPublic("draw");
  expect(await refused(`update draw_secret set secret = sha256('x') where fund_id = $1 and hash = decode('${a.hash}', 'hex')`)).toBe("CP001"); // prettier-ignore
  await open(ana, a);
  await open(ben, b);
  expect(await refused("update ticket set place = 1 where fund_id = $1 and place = 5")).toBe("CP001");
  const owner = await pot.db.as("owner");
  await owner.query("begin; alter table ticket disable trigger ticket_guard");
  expect((await owner.query("update ticket set place = 1 where fund_id = $1 and place = 5", [fund.fundId])).rowCount).toBe(1); // prettier-ignore
  await owner.query("rollback");
});

test("the verifier names a list, a secret and a draw that are not those that were announced", () => {
  const day = "2026-11-27";
  const marks = [1, 2, 3].map((n) => markOf(new Uint8Array(16).fill(n))).sort();
  const [a, b] = [newSecret(), newSecret()];
  const draw = "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9e";
  const begun: DrawEntry = { v: 1, kind: "draw", day, draw, tickets: 3, list: listHash(marks), secrets: [a, b].map(({ hash }, i) => ({ treasurer: `t${i}`, hash })) }; // prettier-ignore
  const ended: DrawnEntry = { v: 1, kind: "drawn", day, draw, secrets: [a.secret, b.secret], tickets: marks };
  const said = (...found: readonly { code: string }[][]): string[] => found.flat().map(({ code }) => code);
  const checked = (first: DrawEntry, second: DrawnEntry): string[] => {
    const draws = new VerifiedDraws();
    return said(draws.begun(first, 1, 3), draws.ended(second, 2), draws.closing());
  };
  expect(checked(begun, ended)).toEqual([]);
  expect(checked(begun, { ...ended, tickets: [...marks.slice(1), "f".repeat(32)] })).toEqual(["draw"]);
  expect(checked(begun, { ...ended, secrets: [a.secret, newSecret().secret] })).toEqual(["draw"]);
  expect(checked(begun, { ...ended, draw: "0b8f7c5e-1f2a-4b3c-8d4e-5f6a7b8c9d0e" })).toEqual(["draw", "undrawn"]);
  expect(checked({ ...begun, secrets: [begun.secrets[0]!, { ...begun.secrets[1]!, treasurer: "t0" }] }, ended)).toEqual(["draw"]); // prettier-ignore
  expect(checked({ ...begun, tickets: 2 }, ended)).toEqual(["small-cell", "draw"]);
  const twice = new VerifiedDraws();
  expect(said(twice.begun(begun, 1, 3), twice.begun(begun, 2, 3), twice.ended(ended, 3), twice.ended(ended, 4))).toEqual(["draw", "draw"]); // prettier-ignore
});

test("whoever knows one secret knows nothing of the order: each ticket comes first as often", () => {
  const marks = Array.from({ length: 8 }, (_, n) => markOf(new Uint8Array(16).fill(n)));
  const first = new Map<string, number>();
  for (let i = 0; i < 4000; i++) {
    const [mark = ""] = drawnOrder(marks, ["a".repeat(64), newSecret().secret]);
    first.set(mark, (first.get(mark) ?? 0) + 1);
  }
  // Chi-squared with 7 degrees of freedom: beyond 30 once in ten thousand runs.
  const chi = [...first.values()].reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0);
  expect([first.size, chi < 30]).toEqual([8, true]);
});
