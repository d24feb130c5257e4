import { audit } from "../../src/cli/audit/run.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { refusalOf } from "../support/outcomes.js";

jest.setTimeout(3_600_000);

/** 500 here; `APPROVAL_ROUNDS=10000` is the whole. */
const ROUNDS = Number(process.env["APPROVAL_ROUNDS"] ?? 500);
/** So many requests are signed for at the same instant by everybody, each list in another order. */
const EACH = 25;
/** Of those, so many are changed or taken back at that instant by whoever asked. */
const CHANGED = 4;
/** Paying is tried on the first of so many lists. */
const PAID_EVERY = 20;

let pot: Commonpot;
let fund: Fund;
/** Each of the three, on two devices. */
let devices: PersonAtDesk[];
let ana: PersonAtDesk, ben: PersonAtDesk;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "races", { envelopePerWeek: 10_000_000_000n, capPerRequest: 100_000_000n });
  devices = await Promise.all((["Ana", "Ben", "Chris", "Ana", "Ben", "Chris"] as const).map((name) => person(pot, fund.slug, name))); // prettier-ignore
  [ana, ben] = devices as [PersonAtDesk, PersonAtDesk];
  for (let i = 0; i < 5; i++) await bookGift(pot.database, fund, 1_000_000_000n, `gift-${i}`);
});
afterAll(() => pot.close());

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, [fund.fundId, ...values])).rows;
const select = (): Promise<number> => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
const idsIn = async (state: string): Promise<string[]> =>
  (await all("select disbursement_id as id from disbursement where fund_id = $1 and state = $2 order by disbursement_id", [state])).map((d) => d.id); // prettier-ignore
const rotated = <T>(list: readonly T[], by: number): T[] => [...list.slice(by), ...list.slice(0, by)];
const acting = (path: string, code: string, body: object): Promise<unknown> =>
  pot.app.inject({
    method: "POST",
    url: `/api/v1/request/${path}`,
    headers: { authorization: `Claim ${code}`, "content-type": "application/json", "idempotency-key": newToken() },
    payload: JSON.stringify(body),
  });
/** On a machine that is very busy the answer may be that nothing was done: then one tries again, as people do. */
async function insisting(act: () => Promise<unknown>): Promise<string> {
  let outcome = await refusalOf(act());
  for (let tries = 1; tries < 20 && outcome.includes("problem:busy"); tries++) outcome = await refusalOf(act());
  return outcome;
}
/** Nothing but refusals that say what happened. */
const EXPECTED = /^done$|already-approved|statement-out-of-date|wrong-state|in-progress|lease-over|not-enough-free/;
function mustBeKnown(outcomes: readonly string[]): void {
  expect(outcomes.filter((outcome) => !EXPECTED.test(outcome))).toEqual([]);
}

/** What stands in the book must be what is promised, and nothing else. */
async function heldIsPromised(): Promise<void> {
  const [sums] = await all(
    `select (select held from book where fund_id = $1) as held, (select coalesce(sum(amount), 0) from disbursement where fund_id = $1 and state = 'approved') as promised,
            (select count(*)::int from (select request_id from disbursement where fund_id = $1 and state in ('proposed', 'approved') group by request_id having count(*) > 1) x) as twice,
            (select count(*)::int from disbursement d where d.fund_id = $1 and d.state = 'proposed' and 2 <= (select count(*) from approval a where a.fund_id = d.fund_id and a.disbursement_id = d.disbursement_id and a.commitment = d.commitment)) as stuck`,
  );
  expect(sums).toEqual({ held: sums.promised, promised: sums.promised, twice: 0, stuck: 0 });
}

test(`${ROUNDS} times everybody signs the same at one instant, on two devices each, while some change or take back: one transition, never stuck, paid once`, async () => {
  let [rounds, batch] = [0, 0];
  while (rounds < ROUNDS) {
    // Those with words of their own; the others are asked for without, which takes no time.
    const codes = await Promise.all(Array.from({ length: CHANGED }, () => ask(pot, fund.slug, 1000)));
    await Promise.all(Array.from({ length: EACH - CHANGED }, () => ask(pot, fund.slug, 1000, { noCode: true })));
    await select();
    const list = await idsIn("proposed");
    const outcomes = await Promise.all([
      ...devices.map((device, i) => insisting(() => device.approve(rotated(list, (i * 4) % list.length)))),
      ...codes.map((code, i) =>
        i % 2 === 0 ? acting("withdrawal", code, {}) : acting("changes", code, { amount: 900 + i }),
      ),
    ]);
    mustBeKnown(outcomes.slice(0, devices.length) as string[]);
    await heldIsPromised();
    rounds += list.length;
    // What was changed is next again and is signed for as it stands now: nothing is stuck.
    await select();
    const again = await idsIn("proposed");
    if (again.length > 0) for (const one of [ana, ben]) mustBeKnown([await insisting(() => one.approve(again))]);
    await select();
    expect(await idsIn("proposed")).toEqual([]);
    if (batch++ % PAID_EVERY === 0) await payAll();
    await heldIsPromised();
  }
  const [sums] = await all(
    "select (select count(*)::int from disbursement where fund_id = $1 and state = 'paid') as paid, (select count(*)::int from transaction where fund_id = $1 and kind = 'payout') as sent, (select count(*)::int from disbursement where fund_id = $1 and state = 'approved') as open",
  );
  expect(sums).toEqual({ paid: sums.sent, sent: sums.sent, open: expect.any(Number) });
  expect((await pot.database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
  process.stdout.write(`signed for ${rounds} at one instant: ${sums.open} promised once, ${sums.sent} paid once\n`);
});

/** Everybody takes everything at once; whoever has it, sends it, twice at once. */
async function payAll(): Promise<void> {
  await pot.release(fund.slug);
  for (const id of await idsIn("approved")) {
    const took = await Promise.all(devices.slice(0, 3).map((device) => insisting(() => device.post("payouts", { disbursement: id })))); // prettier-ignore
    mustBeKnown(took);
    expect(took.filter((outcome) => outcome === "done")).toHaveLength(1);
    const payer = devices[took.indexOf("done")]!;
    const sent = await Promise.all([0, 1].map(() => insisting(() => payer.sent(id, "cash", "assets:bank"))));
    expect(sent.filter((outcome) => outcome === "done").length).toBeGreaterThanOrEqual(1);
    mustBeKnown(sent);
  }
}

test("whoever is suspended at the instant of signing has signed or has not, and never half", async () => {
  for (let i = 0; i < 6; i++) {
    const other = await openFund(pot, `suspended-${i}`);
    await bookGift(pot.database, other, 10_000n, "gift");
    await ask(pot, other.slug, 1000, { noCode: true });
    await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, other));
    const [a, c] = [await person(pot, other.slug, "Ana"), await person(pot, other.slug, "Chris")];
    const owner = await pot.db.as("owner");
    const one = async (sql: string): Promise<any> => (await owner.query(sql, [other.fundId])).rows[0];
    const { id } = await one("select disbursement_id as id from disbursement where fund_id = $1");
    const chris = (await one("select treasurer_id as id from treasurer where fund_id = $1 and name = 'Chris'")).id;
    await a.approve([id]);
    const suspend = a.form("desk/rules", { key: newToken(), act: "suspend", treasurer: chris });
    const [signed, status] = await Promise.all([refusalOf(c.approve([id])), suspend]);
    expect([status, signed]).toEqual([303, expect.stringMatching(/^done$|suspended|sign-in|passkey/)]);
    const { state, n } = await one("select state, (select count(*)::int from approval a where a.fund_id = d.fund_id) as n from disbursement d where fund_id = $1"); // prettier-ignore
    expect([state, n]).toEqual(signed === "done" ? ["approved", 2] : ["proposed", 1]);
  }
});
