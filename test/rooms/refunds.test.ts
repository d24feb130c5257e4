import type { Fund } from "../../src/funds/funds.service.js";
import { Faults, GENTLE } from "../../src/sandbox/stripe/faults.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { ask, give, openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import { codeOf, refusalOf } from "../support/outcomes.js";
import { newId, newToken } from "../../src/kernel/ids.js";

jest.setTimeout(180_000);

const faults = new Faults(Number(process.env["FAULT_SEED"] ?? 1), GENTLE);
let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk, ben: PersonAtDesk, chris: PersonAtDesk;
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot({ faults });
});
afterAll(() => pot.close());
beforeEach(async () => {
  fund = await openFund(pot, `refunds-${++made}`);
  [ana, ben, chris] = [
    await person(pot, fund.slug, "Ana"),
    await person(pot, fund.slug, "Ben"),
    await person(pot, fund.slug, "Chris"),
  ];
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const one = async (sql: string, values: unknown[] = []): Promise<any> => (await all(sql, values))[0];

interface Gift {
  readonly id: string;
  readonly charge: string;
}
async function bookedGift(amount: number): Promise<Gift> {
  const { id } = await give(pot, fund.slug, amount);
  let charge = "";
  await until("booked", async () => {
    const row = await one(
      "select l.object_id as charge from transaction t join stripe_line l on l.line_id = t.source where t.key = $1",
      [`gift:${id}`],
    );
    charge = row?.charge ?? "";
    return charge !== "";
  });
  return { id, charge };
}
const propose = (who: PersonAtDesk, gift: Gift, amount = "", key = newToken()): Promise<number> =>
  who.form("desk/gifts", { key, donation: gift.id, charge: gift.charge, amount });
const open = async (): Promise<string[]> =>
  (
    await all("select decision_id as id from joint_decision where fund_id = $1 and state = 'open' order by 1", [
      fund.fundId,
    ])
  ).map((d) => d.id);
const refunds = async (gift: Gift): Promise<number> =>
  (
    await one("select count(*)::int as n from transaction where fund_id = $1 and key like $2", [
      fund.fundId,
      `refund:${gift.id}:%`,
    ])
  ).n;
const atStripe = (gift: Gift): number[] =>
  Object.values(pot.stripe.stripe.store.state.refunds)
    .filter((r) => r.charge === gift.charge)
    .map((r) => r.amount);

test("two treasurers give a part back, then the rest; the books follow Stripe, and there is no third time", async () => {
  const gift = await bookedGift(5000);
  expect(await propose(ana, gift, "20.00")).toBe(303);
  expect(await propose(ana, gift, "20.00")).toBe(303);
  const [first] = await open();
  expect(await open()).toHaveLength(1);
  expect(await ana.decide(first!)).toEqual({ decided: false });
  expect(await refusalOf(ana.decide(first!))).toContain("already-approved");
  expect(atStripe(gift)).toEqual([]);
  expect(await ben.decide(first!)).toEqual({ decided: true });
  await until("20.00 went back", async () => (await refunds(gift)) === 1);
  expect(await propose(ben, gift)).toBe(303);
  const [second] = await open();
  await chris.decide(second!);
  await ben.decide(second!);
  await until("the rest went back", async () => (await refunds(gift)) === 2);
  expect(atStripe(gift)).toEqual([2000, 3000]);
  expect(await propose(ana, gift, "0.01")).toBe(409);
  expect(await ana.page("desk/gifts")).toContain("$50.00 given back");
});

test("of two questions about one gift, the second asks for no more than is left when it is signed", async () => {
  const gift = await bookedGift(5000);
  await propose(ana, gift, "30.00");
  await propose(ana, gift, "40.00");
  const both = await open();
  for (const id of both) await ana.decide(id);
  const ends = await Promise.all(
    both.map((id) =>
      ben.decide(id).then(
        () => "decided",
        (error: unknown) => /problem:([a-z-]+)/.exec((error as Error).message)?.[1],
      ),
    ),
  );
  expect(ends.sort()).toEqual(["decided", "invalid"]);
  await until("one went back", async () => (await refunds(gift)) === 1);
  expect(atStripe(gift)).toHaveLength(1);
});

test("what the donor's bank took back is not given back a second time", async () => {
  const gift = await bookedGift(5000);
  const intent = Object.values(pot.stripe.stripe.store.state.charges).find((c) => c.id === gift.charge)!
    .payment_intent as string;
  const dispute = pot.stripe.stripe.openDispute(intent)!;
  const disputed = async (kind: string): Promise<boolean> =>
    (await one("select 1 from transaction where fund_id = $1 and kind = $2", [fund.fundId, kind])) !== undefined;
  await until("taken back", () => disputed("dispute"));
  expect(await ana.page("desk/gifts")).toContain("$50.00 taken back through the bank");
  expect(await propose(ana, gift, "0.01")).toBe(409);
  pot.stripe.stripe.closeDispute(dispute.id, true);
  await until("it came in again", () => disputed("dispute-won"));
  expect(await ana.page("desk/gifts")).not.toContain("taken back through the bank");
  expect(await propose(ana, gift, "50.00")).toBe(303);
});

test("money that is spent takes the whole quorum to give back", async () => {
  fund = await openFund(pot, `refunds-q-${made}`, { quorum: 3, reserve: { percent: 0, days: 1 } });
  [ana, ben, chris] = [
    await person(pot, fund.slug, "Ana"),
    await person(pot, fund.slug, "Ben"),
    await person(pot, fund.slug, "Chris"),
  ];
  const gift = await bookedGift(5000);
  // Nothing of it is free: Stripe still keeps it back, or it is promised.
  await until(
    "available",
    async () =>
      (await one("select count(*)::int as n from transaction where fund_id = $1 and kind = 'available'", [fund.fundId]))
        .n === 1,
  );
  await ask(pot, fund.slug, 4000);
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
  const [disbursement] = await all("select disbursement_id as id from disbursement where fund_id = $1", [fund.fundId]);
  for (const who of [ana, ben, chris]) await who.approve([disbursement.id]);
  await propose(ana, gift);
  const [id] = await open();
  expect(await one("select needed from joint_decision where decision_id = $1", [id])).toEqual({ needed: 3 });
  await ana.decide(id!);
  expect(await ben.decide(id!)).toEqual({ decided: false });
  expect(await chris.decide(id!)).toEqual({ decided: true });
  await until("it went back", async () => (await refunds(gift)) === 1);
});

test("what was covered when it was asked, and is promised when it is signed, takes the whole quorum too", async () => {
  fund = await openFund(pot, `refunds-r-${made}`, { quorum: 3, reserve: { percent: 0, days: 1 } });
  [ana, ben, chris] = [
    await person(pot, fund.slug, "Ana"),
    await person(pot, fund.slug, "Ben"),
    await person(pot, fund.slug, "Chris"),
  ];
  const gift = await bookedGift(5000);
  await until(
    "available",
    async () =>
      (await one("select count(*)::int as n from transaction where fund_id = $1 and kind = 'available'", [fund.fundId]))
        .n === 1,
  );
  await propose(ana, gift, "30.00");
  const [id] = await open();
  expect(await one("select needed from joint_decision where decision_id = $1", [id])).toEqual({ needed: 2 });
  await ana.decide(id!);
  await ask(pot, fund.slug, 4000);
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
  const [disbursement] = await all("select disbursement_id as id from disbursement where fund_id = $1", [fund.fundId]);
  for (const who of [ana, ben, chris]) await who.approve([disbursement.id]);
  expect(await ben.decide(id!)).toEqual({ decided: false });
  expect(await chris.decide(id!)).toEqual({ decided: true });
});

test("more than was given, another fund's gift and an amount that is none are refused, and what was typed is kept", async () => {
  const gift = await bookedGift(2500);
  expect(await propose(ana, gift, "25.01")).toBe(422);
  expect(await propose(ana, gift, "all of it")).toBe(422);
  expect(await propose(ana, { ...gift, charge: "ch_unknown" })).toBe(404);
  const other = await openFund(pot, `refunds-other-${made}`);
  const stranger = await person(pot, other.slug, "Ana");
  expect(
    await stranger.form("desk/gifts", { key: newToken(), donation: gift.id, charge: gift.charge, amount: "" }),
  ).toBe(404);
  expect(await open()).toEqual([]);
  await propose(ana, gift);
  const [id] = await open();
  expect(await refusalOf(stranger.decide(id!))).toMatch(/wrong-state/);
});

test("whoever asked may take it back; nobody else may, and then it can't be signed", async () => {
  const gift = await bookedGift(2500);
  await propose(ana, gift);
  const [id] = await open();
  await ana.decide(id!);
  expect(await ben.form("desk/decisions", { key: newToken(), decision: id! })).toBe(403);
  expect(await ana.form("desk/decisions", { key: newToken(), decision: id! })).toBe(303);
  expect(await refusalOf(ben.decide(id!))).toContain("wrong-state");
  expect(atStripe(gift)).toEqual([]);
});

test("two last signatures at once give back once", async () => {
  const gift = await bookedGift(2500);
  await propose(ana, gift);
  const [id] = await open();
  await ana.decide(id!);
  const ends = await Promise.allSettled([ben.decide(id!), chris.decide(id!)]);
  expect(ends.filter((e) => e.status === "fulfilled")).toHaveLength(1);
  await until("it went back", async () => (await refunds(gift)) === 1);
  expect(atStripe(gift)).toEqual([2500]);
});

test("a refund that Stripe will not do is told on the page, and no money moves", async () => {
  const gift = await bookedGift(2500);
  const intent = Object.values(pot.stripe.stripe.store.state.charges).find((c) => c.id === gift.charge)!
    .payment_intent as string;
  await propose(ana, gift);
  const [id] = await open();
  await ana.decide(id!);
  // Somebody gives it back on Stripe's own page first.
  pot.stripe.stripe.refund(intent, 2500);
  await ben.decide(id!).catch(() => null);
  await until("told", async () => (await ana.page("desk/gifts")).match(/given back|would not give it back/) !== null);
  expect(atStripe(gift)).toEqual([2500]);
});

describe("when Stripe's answers get lost or break", () => {
  test("every decision ends in one refund all the same", async () => {
    const gifts = [await bookedGift(1100), await bookedGift(1200), await bookedGift(1300)];
    for (const gift of gifts) await propose(ana, gift);
    const ids = await open();
    for (const id of ids) await ana.decide(id);
    faults.become({ cut: 0.15, broken: 0.5, tooMany: 0.02 });
    for (const id of ids) await ben.decide(id);
    await until("Stripe has them", () => Promise.resolve(gifts.every((gift) => atStripe(gift).length > 0)), 120);
    faults.over();
    await until("all went back", async () => (await Promise.all(gifts.map(refunds))).every((n) => n === 1), 90);
    expect(gifts.map(atStripe)).toEqual([[1100], [1200], [1300]]);
  });
});

test("a refund whose answer was lost altogether is found again by the decision's name", async () => {
  const gift = await bookedGift(2500);
  const intent = Object.values(pot.stripe.stripe.store.state.charges).find((c) => c.id === gift.charge)!
    .payment_intent as string;
  await propose(ana, gift);
  const [id] = await open();
  await ana.decide(id!);
  await pot.stopWorker();
  await ben.decide(id!);
  const made = pot.stripe.stripe.refund(intent, 2500, { decision: id! });
  await pot.startWorker();
  await until(
    "found",
    async () => (await one("select refund from refund_order where decision_id = $1", [id])).refund === made.id,
  );
  expect(atStripe(gift)).toEqual([2500]);
});

describe("the database itself", () => {
  const asApp = async (sql: string, values: unknown[] = []): Promise<string> =>
    codeOf((await pot.db.as("app")).query(sql, values));

  test("holds no refund that nobody decided, and no decision that too few signed", async () => {
    const gift = await bookedGift(2500);
    await propose(ana, gift);
    const [id] = await open();
    await ana.decide(id!);
    expect(
      await asApp("update joint_decision set state = 'decided', ended_day = current_date where decision_id = $1", [id]),
    ).toBe("CP001");
    expect(
      await asApp(
        "insert into refund_order (fund_id, decision_id, donation_id, account, charge, amount, day) values ($1, $2, $3, '', $4, 2500, current_date)",
        [fund.fundId, id, gift.id, gift.charge],
      ),
    ).toBe("CP001");
    const [yes] = await all("select * from joint_decision_yes where decision_id = $1", [id]);
    const [seat] = await all("select treasurer_id as id from treasurer where fund_id = $1 and name = 'Ben'", [
      fund.fundId,
    ]);
    // Ana's statement is no yes of Ben's.
    expect(
      await asApp(
        "insert into joint_decision_yes (fund_id, decision_id, treasurer_id, statement_id) values ($1, $2, $3, $4)",
        [fund.fundId, id, seat.id, yes.statement_id],
      ),
    ).toBe("CP001");
    expect(await asApp("update joint_decision set needed = 1 where decision_id = $1", [id])).toBe("42501");
    expect(await asApp("delete from joint_decision where decision_id = $1", [id])).toBe("42501");
    await ben.decide(id!);
    await until("it went back", async () => (await refunds(gift)) === 1);
    const owner = await pot.db.as("owner");
    expect(await codeOf(owner.query("update refund_order set amount = 1 where decision_id = $1", [id]))).toBe("CP001");
    expect(await codeOf(owner.query("delete from refund_order where decision_id = $1", [id]))).toBe("CP001");
    expect(await codeOf(owner.query("update joint_decision set subject = '{}' where decision_id = $1", [id]))).toBe(
      "CP001",
    );
    expect(
      await codeOf(
        owner.query(
          "insert into refund_order (fund_id, decision_id, donation_id, account, charge, amount, day) values ($1, $2, $3, '', $4, 2500, current_date)",
          [fund.fundId, newId(), gift.id, gift.charge],
        ),
      ),
    ).toBe("CP001");
  });

  test("without its guard, an order would stand that nobody decided", async () => {
    const gift = await bookedGift(2500);
    await propose(ana, gift);
    const [id] = await open();
    const scratch = await pot.db.as("superuser");
    await scratch.query("begin; alter table refund_order disable trigger refund_order_guard");
    const placed = await scratch.query(
      "insert into refund_order (fund_id, decision_id, donation_id, account, charge, amount, day) values ($1, $2, $3, '', $4, 2500, current_date)",
      [fund.fundId, id, gift.id, gift.charge],
    );
    expect(placed.rowCount).toBe(1);
    await scratch.query("rollback");
  });
});
