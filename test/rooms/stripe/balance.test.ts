import { StripeBalance } from "../../../src/donations/booking/stripe-balance.service.js";
import { Sweep } from "../../../src/donations/booking/sweep.service.js";
import { HandClock } from "../../../src/kernel/clock.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { audit } from "../../../src/cli/audit/run.js";
import { give, openFund, person, startCommonpot, until, type Commonpot } from "../../support/commonpot.js";
import { codeOf } from "../../support/outcomes.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let other: Fund;
const clock = new HandClock(new Date());

beforeEach(async () => {
  clock.set(new Date());
  pot = await startCommonpot({ clock, faults: null });
  fund = await openFund(pot, "elm-street");
});
afterEach(() => pot.close());

const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];
const sweep = () => pot.app.get(Sweep).run();
const read = () => pot.app.get(StripeBalance).of(pot.database.read, fund);
const unmatched = () => pot.app.get(StripeBalance).unmatched(pot.database.read, fund);
const booked = async (n: number, kind = "gift"): Promise<void> =>
  until(
    `${n} × ${kind}`,
    async () => (await one("select count(*)::int as n from transaction where kind = $1", [kind])).n === n,
  );
const findings = async (): Promise<string[]> =>
  (await pot.database.atomically((tx) => audit(tx)))
    .filter((f) => f.violations > 0 && f.says.startsWith("Stripe's balance"))
    .map((f) => f.first ?? "");

test("agrees to the cent after gifts, fees and payouts; and what was on the account before is not ours", async () => {
  const { stripe } = pot.stripe;
  // The account is older than the fund.
  stripe.accountFee(-12_345, "usd");
  const old = Object.values(stripe.store.state.transactions)[0]!;
  old.created = old.available_on = old.created - 90 * 86_400;
  await give(pot, fund.slug, 5000);
  await give(pot, fund.slug, 2500);
  await booked(2);
  await booked(2, "available");
  stripe.accountFee(200, "usd");
  await sweep();
  const balance = (await read())!;
  expect(balance.differsSince).toBeNull();
  expect(balance.notOurs.available).toBe(12_345n);
  expect(balance.stripe.available + balance.stripe.pending).toBe(
    balance.books.available + balance.books.pending + 12_345n,
  );
  expect(await unmatched()).toEqual([]);
  // The old line was not looked at: lists begin with the fund.
  expect(await one("select count(*)::int as n from stripe_line where line_id = $1", [old.id])).toEqual({ n: 0 });
  expect(await (await person(pot, fund.slug, "Ana")).page("desk/stripe")).toContain("Both sides agree to the cent");
});

test("a difference says since when and where it starts, and is a finding after an hour", async () => {
  await give(pot, fund.slug, 5000);
  await booked(1);
  await booked(1, "available");
  await sweep();
  const superuser = await pot.db.as("superuser");
  // Somebody writes into the journal what never was at Stripe.
  await superuser.query("set session_replication_role = replica");
  await superuser.query("update account set balance = balance + 777 where fund_id = $1 and code = 'assets:stripe'", [
    fund.fundId,
  ]);
  await sweep();
  expect((await read())!.differsSince).not.toBeNull();
  expect(await findings()).toEqual([]);
  clock.set(new Date(clock.now().getTime() + 2 * 3_600_000));
  await sweep();
  expect((await findings())[0]).toContain("/usd Stripe");
  expect(await (await person(pot, fund.slug, "Ana")).page("desk/stripe")).toContain("differ by -$7.77");
  await superuser.query("update account set balance = balance - 777 where fund_id = $1 and code = 'assets:stripe'", [
    fund.fundId,
  ]);
  await sweep();
  expect((await read())!.differsSince).toBeNull();
  expect(await findings()).toEqual([]);
  await superuser.query("set session_replication_role = origin");
});

test("on an account that two funds share, a fee and a payout by hand wait until the operator says whose they are", async () => {
  other = await openFund(pot, "oak-street");
  await give(pot, fund.slug, 5000);
  await give(pot, other.slug, 3000);
  await booked(2);
  await booked(2, "available");
  const { stripe } = pot.stripe;
  stripe.accountFee(150, "usd");
  const payout = stripe.payOutByHand(2000, "usd");
  await sweep();
  const line = payout.balance_transaction as string;
  await until(
    "the payout is nobody's",
    async () => (await one("select standing from stripe_line where line_id = $1", [line]))?.standing === "unassigned",
  );
  await sweep();
  const fee = await one("select line_id as id from stripe_line where type = 'stripe_fee'");
  expect((await unmatched()).map((u) => [u.why, u.line, u.amount])).toEqual(
    expect.arrayContaining([
      ["nobodys", fee.id, -150n],
      ["nobodys", line, -2000n],
    ]),
  );
  expect((await read())!.shared).toBe(true);
  const assign = (fundId: string, id: string) =>
    pot.database.plain(
      "insert into line_assignment (account, line_id, fund_id, day) values ('', $1, $2, current_date)",
      [id, fundId],
    );
  const charge = await one("select line_id as id from stripe_line where type = 'charge' limit 1");
  expect(await codeOf(assign(fund.fundId, charge.id))).toBe("CP001");
  await assign(fund.fundId, fee.id);
  await assign(other.fundId, line);
  expect(await codeOf(assign(other.fundId, fee.id))).toBe("23505");
  await pot.stopWorker();
  await pot.startWorker();
  await until("the fee is booked", async () => {
    await sweep();
    return (await one("select fund_id from transaction where source = $1", [fee.id]))?.fund_id === fund.fundId;
  });
  await (
    await pot.db.as("owner")
  ).query("update graphile_worker._private_jobs set run_at = now() where run_at > now()");
  await until(
    "the payout is booked",
    async () => (await one("select fund_id from transaction where source = $1", [line]))?.fund_id === other.fundId,
    30,
  );
  await sweep();
  expect((await read())!.differsSince).toBeNull();
  expect(await unmatched()).toEqual([]);
});
