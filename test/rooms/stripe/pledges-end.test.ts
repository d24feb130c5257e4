import type { Fund } from "../../../src/funds/funds.service.js";
import { newToken } from "../../../src/kernel/ids.js";
import { PledgesEnd } from "../../../src/donations/pledges/pledges-end.service.js";
import { Faults, GENTLE } from "../../../src/sandbox/stripe/faults.js";
import type { PersonAtDesk } from "../../../src/sandbox/person-at-desk.js";
import { openFund, person, startCommonpot, until, type Commonpot } from "../../support/commonpot.js";
import { codeOf } from "../../support/outcomes.js";

jest.setTimeout(180_000);

const faults = new Faults(Number(process.env["FAULT_SEED"] ?? 1), GENTLE);
let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk, ben: PersonAtDesk;
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot({ faults });
});
afterAll(() => pot.close());
beforeEach(async () => {
  faults.over();
  fund = await openFund(pot, `strike-${++made}`);
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
});

const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];

interface Pledged {
  readonly id: string;
  readonly checkoutUrl: string;
  readonly receiptUrl: string;
}
async function start(frequency = "monthly"): Promise<Pledged & { status: number }> {
  const answer = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/donations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount: 1000, frequency }),
  });
  return { ...((await answer.json()) as Pledged), status: answer.status };
}
const pay = async ({ checkoutUrl }: Pledged): Promise<string> => {
  await fetch(checkoutUrl, {
    method: "POST",
    body: new URLSearchParams({ card: "4242424242424242" }),
    redirect: "manual",
  });
  return pot.stripe.stripe.store.state.sessions[checkoutUrl.split("/").at(-1)!]!.subscription as string;
};
async function pledge(): Promise<{ gift: Pledged; subscription: string }> {
  const gift = await start();
  const subscription = await pay(gift);
  await until(
    "known",
    async () =>
      (await one("select subscription from donation where donation_id = $1", [gift.id])).subscription === subscription,
  );
  return { gift, subscription };
}
const running = async (): Promise<number> =>
  (
    await one(
      "select count(*)::int as n from donation where fund_id = $1 and subscription is not null and ended_day is null",
      [fund.fundId],
    )
  ).n;
const statusOf = (subscription: string): string => pot.stripe.stripe.store.state.subscriptions[subscription]!.status;

async function endAll(): Promise<void> {
  expect(await ana.form("desk/gifts", { key: newToken(), act: "end-monthly" })).toBe(303);
  const { id } = await one("select decision_id as id from joint_decision where fund_id = $1 and state = 'open'", [
    fund.fundId,
  ]);
  await ana.decide(id);
  await ben.decide(id);
}

test("two treasurers end every monthly gift; each receipt says so, and none is taken until they are taken again", async () => {
  const pledged = [await pledge(), await pledge(), await pledge()];
  expect(await ana.page("desk/gifts")).toContain("3 monthly gifts run; they bring $30.00 a month");
  await endAll();
  await until("all are ended", async () => (await running()) === 0);
  expect(pledged.map((p) => statusOf(p.subscription))).toEqual(["canceled", "canceled", "canceled"]);
  expect(await (await fetch(pledged[0]!.gift.receiptUrl)).text()).toContain("The fund ended its monthly gifts");
  const give = (await pot.app.inject({ url: `/${fund.slug}/give` })).body;
  expect(give).toContain("has ended its monthly gifts");
  expect(give).not.toContain('value="monthly"');
  expect((await start()).status).toBe(409);
  expect((await start("once")).status).toBe(201);
  expect(await ben.form("desk/gifts", { key: newToken(), act: "take-again" })).toBe(303);
  expect((await start()).status).toBe(201);
});

test("a pledge that was being paid for meanwhile is ended too", async () => {
  const late = await start();
  await endAll();
  const subscription = await pay(late);
  await until("ended", async () => Promise.resolve(statusOf(subscription) === "canceled"));
  await until(
    "known",
    async () => (await one("select ended_day from donation where donation_id = $1", [late.id])).ended_day !== null,
  );
});

test("lost answers, 429s, 500s and a worker that stops in the middle end each once; what a donor ended first stays theirs", async () => {
  const pledged = [await pledge(), await pledge(), await pledge(), await pledge()];
  pot.stripe.stripe.cancel(pledged[0]!.subscription);
  faults.become({ cut: 0.3, tooMany: 0.2, broken: 0.2 });
  await endAll();
  await pot.stopWorker();
  await pot.startWorker();
  await until(
    "all are ended at Stripe",
    () => Promise.resolve(pledged.every((p) => statusOf(p.subscription) === "canceled")),
    120,
  );
  faults.over();
  await pot.app.get(PledgesEnd).sweep();
  await until("all are known to be", async () => (await running()) === 0, 60);
});

test("nobody ends them alone, the database says", async () => {
  await ana.form("desk/gifts", { key: newToken(), act: "end-monthly" });
  const { id } = await one("select decision_id as id from joint_decision where fund_id = $1 and state = 'open'", [
    fund.fundId,
  ]);
  await ana.decide(id);
  expect(
    await codeOf(
      (await pot.db.as("app")).query(
        "insert into pledges_end (fund_id, decision_id, day) values ($1, $2, current_date)",
        [fund.fundId, id],
      ),
    ),
  ).toBe("CP001");
});
