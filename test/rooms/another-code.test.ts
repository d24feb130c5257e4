import type { Fund } from "../../src/funds/funds.service.js";
import { dayIn } from "../../src/kernel/clock.js";
import { newToken } from "../../src/kernel/ids.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { codeOf } from "../support/outcomes.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk, ben: PersonAtDesk;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "elm-street");
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
});
afterAll(() => pot.close());

const one = async (sql: string): Promise<any> => (await (await pot.db.as("owner")).query(sql)).rows[0];
const opens = async (code: string): Promise<number> =>
  (await pot.app.inject({ url: "/api/v1/request", headers: { authorization: `Claim ${code}` } })).statusCode;
const posted = (who: PersonAtDesk, fields: Record<string, string>): Promise<{ status: number; body: string }> =>
  who.send("desk/words", { key: newToken(), ...fields });

test("treasurers decide it together, one makes the words once, and they open what the lost ones opened", async () => {
  const lost = await ask(pot, fund.slug, 3100);
  const today = dayIn("UTC", new Date());
  expect((await posted(ana, { act: "find", day: today, amount: "31.01" })).body).toContain("No request of that day");
  expect((await posted(ana, { act: "find", day: "soon", amount: "much" })).status).toBe(422);
  const found = await posted(ana, { act: "find", day: today, amount: "31" });
  const request = /name="request" value="([^"]+)"/.exec(found.body)![1]!;
  expect((await posted(ana, { act: "ask", request })).status).toBe(303);
  const { id } = await one("select decision_id as id from joint_decision where kind = 'another-code'");
  expect((await posted(ana, { act: "make", decision: id })).status).toBe(409);
  await ana.decide(id);
  expect((await posted(ana, { act: "make", decision: id })).status).toBe(409);
  await ben.decide(id);
  expect(await ana.page("desk/words")).toContain("Decided: make the words");
  const made = await posted(ben, { act: "make", decision: id });
  const code = [...made.body.matchAll(/<li>([a-z-]+)<\/li>/g)].map(([, word]) => word).join(" ");
  expect(code.split(" ")).toHaveLength(7);
  expect([await opens(lost), await opens(code)]).toEqual([401, 200]);
  expect((await posted(ana, { act: "make", decision: id })).status).toBe(409);
  expect(await ana.page("desk/words")).not.toContain("Decided: make the words");
  // Nothing keeps them, the answers to keys neither.
  const kept = await one("select string_agg(answer::text, ' ') as texts from act");
  expect(kept.texts).not.toContain(code.split(" ")[0]);
});

test("the database makes no such words without the decision", async () => {
  await ask(pot, fund.slug, 3200);
  const app = await pot.db.as("app");
  expect(
    await codeOf(
      app.query(
        "insert into claim_locator (tag_hash, fund_id, request_id, kind) select sha256('x'), fund_id, request_id, 'replacement' from aid_request where amount = 3200",
      ),
    ),
  ).toBe("CP001");
  const { id } = await one("select decision_id as id from joint_decision limit 1");
  expect(
    await codeOf(
      app.query(
        "insert into another_code (fund_id, decision_id, request_id) select fund_id, $1, request_id from aid_request where amount = 3200",
        [id],
      ),
    ),
  ).toMatch(/CP001|23505/);
});
