import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { refund } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let fund: Fund;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "night-bail", { rule: "deadline-first", envelopePerWeek: 50_000n });
});
afterAll(() => pot.close());

const all = async (sql: string): Promise<any[]> => (await (await pot.db.as("owner")).query(sql)).rows;
const select = () => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
const states = async (): Promise<string[]> =>
  (await all("select amount || ' ' || state as s from aid_request order by arrival")).map((r) => r.s);
const standing = async (code: string): Promise<any> =>
  (await pot.app.inject({ url: "/api/v1/request", headers: { authorization: `Claim ${code}` } })).json();
const status = async (code: string, lang: string): Promise<string> =>
  (
    await pot.app.inject({
      method: "POST",
      url: `/${fund.slug}/status?lang=${lang}`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams({ words: code, code }).toString(),
    })
  ).body;

test("whoever needs it soonest is next, the others keep their places, and everybody is told why and when", async () => {
  const noDay = await ask(pot, fund.slug, 10_000);
  const later = await ask(pot, fund.slug, 20_000, { neededBy: "2099-12-24" });
  const soon = await ask(pot, fund.slug, 30_000, { neededBy: "2099-11-27" });
  const [first, last] = [(await standing(soon)).place, (await standing(noDay)).place];
  expect(first.from < last.from).toBe(true);

  await bookGift(pot.database, fund, 50_000n, "gift");
  expect(await select()).toBe(2);
  expect(await states()).toEqual(["10000 waiting", "20000 chosen", "30000 chosen"]);
  expect(await status(soon, "en")).toContain("Why now: the fund helps first whoever needs it soonest");
  expect(await status(later, "es")).toContain("Por qué ahora: el fondo ayuda primero a quien lo necesita antes");
  expect(await status(soon, "ar")).toContain("لماذا الآن");
  expect(await status(noDay, "en")).not.toContain("Why now");
  expect(await all("select rule, rule_version from selection")).toEqual([{ rule: "deadline-first", rule_version: 2 }]);

  // A refund takes some of it back: the one with the later day waits again, not the one who asked later.
  await pot.database.atomically((tx) =>
    new Journal().post(
      tx,
      fund.fundId,
      refund({ donationId: "gift", refundId: "r", day: "2026-11-23", amount: 15_000n, fee: 0n }),
      new Date(),
    ),
  );
  await select();
  expect(await states()).toEqual(["10000 waiting", "20000 waiting", "30000 chosen"]);
});

test("the rule stands in the charter's page in plain words", async () => {
  const page = await pot.app.inject({ url: `/${fund.slug}/charter/1?lang=en` });
  expect(page.body).toContain("Whoever needs it soonest, by the day that they named");
});

test("never helped first: by the person's own word, asked for only where the rule goes by it", async () => {
  const pod = await openFund(pot, "pod-fund", { rule: "never-helped-first" });
  const page = async (slug: string): Promise<string> => (await pot.app.inject({ url: `/${slug}/ask?lang=en` })).body;
  expect(await page(pod.slug)).toContain("This fund has never helped me before");
  expect(await page(fund.slug)).not.toContain("never helped me");
  expect(await ask(pot, fund.slug, 1000, { firstHelp: true })).toBeUndefined();

  await ask(pot, pod.slug, 1000);
  await ask(pot, pod.slug, 2000, { firstHelp: false });
  await pot.app.inject({
    method: "POST",
    url: `/${pod.slug}/ask`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams({ amount: "30", rail: "cash", to: "the door", firstHelp: "on" }).toString(),
  });
  await bookGift(pot.database, pod, 3000n, "pod-gift");
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, pod));
  const chosen = await all("select r.amount::int as amount from aid_request r join fund f using (fund_id) where f.slug = 'pod-fund' and r.state = 'chosen'"); // prettier-ignore
  expect(chosen).toEqual([{ amount: 3000 }]);
});

test("after a flood everybody gets the same of what there is, once a week, and the rest keeps its place", async () => {
  const flood = await openFund(pot, "high-water", { rule: "equal-split", leastPart: 2000n, envelopePerWeek: 100_000n });
  const split = () => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, flood));
  const asked = [await ask(pot, flood.slug, 1000), await ask(pot, flood.slug, 30_000), await ask(pot, flood.slug, 30_000)]; // prettier-ignore
  await bookGift(pot.database, flood, 4000n, "little");
  expect(await split()).toBe(0);
  await bookGift(pot.database, flood, 7000n, "more");
  expect(await split()).toBe(3);
  const given = async (): Promise<number[]> =>
    (await (await pot.db.as("owner")).query("select amount::int as amount from disbursement where fund_id = $1 order by amount", [flood.fundId])).rows.map((d: { amount: number }) => d.amount); // prettier-ignore
  expect(await given()).toEqual([1000, 5000, 5000]);
  const page = await pot.app.inject({ method: "POST", url: `/${flood.slug}/status`, headers: { "content-type": "application/x-www-form-urlencoded" }, payload: new URLSearchParams({ words: asked[1]! }).toString() }); // prettier-ignore
  expect(page.body).toContain("splits what there is among all who wait");
  await ask(pot, flood.slug, 5000);
  await bookGift(pot.database, flood, 20_000n, "later");
  expect(await split()).toBe(0);
  const owner = await pot.db.as("owner");
  await owner.query("update selection set day = day - 7 where fund_id = $1", [flood.fundId]);
  expect(await split()).toBe(1);
});

test("an envelope in seven parts gives each day its own, and what nobody took stays until Sunday", async () => {
  const clock = new HandClock(new Date("2026-11-23T12:00:00Z"));
  const slow = await startCommonpot({ worker: false, clock });
  try {
    const daily = await openFund(slow, "daily", { releases: 7, envelopePerWeek: 70_000n, capPerRequest: 10_000n });
    await bookGift(slow.database, daily, 500_000n, "gift-daily");
    const pick = (): Promise<number> => slow.database.atomically((tx) => slow.app.get(Selections).run(tx, daily));
    for (let i = 0; i < 4; i++) await ask(slow, daily.slug, 10_000, { noCode: true });
    expect([await pick(), await pick()]).toEqual([1, 0]);
    clock.set(new Date("2026-11-24T12:00:00Z"));
    expect(await pick()).toBe(1);
    clock.set(new Date("2026-11-27T12:00:00Z"));
    expect(await pick()).toBe(2);
    for (let i = 0; i < 9; i++) await ask(slow, daily.slug, 10_000, { noCode: true });
    expect(await pick()).toBe(1);
    clock.set(new Date("2026-11-30T12:00:00Z"));
    expect(await pick()).toBe(1);
  } finally {
    await slow.close();
  }
});
