import { HandClock } from "../../src/kernel/clock.js";
import { charterFromTemplate } from "../../src/funds/templates.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { payoutSent } from "../../src/ledger/flows/aid.js";
import { becameAvailable, cardGift } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { newId } from "../../src/kernel/ids.js";
import { Figures } from "../../src/open-books/figures.service.js";
import { Database } from "../../src/platform/database/database.js";
import { Publisher, periodOf } from "../../src/publication/publisher.service.js";
import { bookGift, ENTITIES, makeFund, NOW, TODAY } from "../support/builders.js";
import { cloneDatabase, type TestDatabase } from "../support/database.js";
import { codeOf } from "../support/outcomes.js";

let db: TestDatabase;
let database: Database;
let worker: Database;
let fund: Fund;
const journal = new Journal();
const clock = new HandClock(NOW);
const publisher = new Publisher(clock);
const NOBODY = { waiting: 0n, asked: 0n, paid: 0n, confirmed: 0n };

beforeEach(async () => {
  db = await cloneDatabase();
  database = await db.database(ENTITIES);
  worker = await Database.connect(db.urls.worker, ENTITIES, 4);
  fund = await makeFund(database);
  clock.set(NOW);
});
afterEach(async () => {
  await worker.close();
  await db.drop();
});

/** The next period of the ten-second clock. */
async function tick(counts = NOBODY): Promise<number | null> {
  clock.set(new Date(clock.now().getTime() + 10_000));
  return worker.atomically((tx) => publisher.tick(tx, fund, counts));
}
const figures = () => new Figures().of(database.read, fund.fundId);

const giftOnItsWay = (amount: bigint, donationId: string) =>
  database.atomically((tx) =>
    journal.post(tx, fund.fundId, cardGift({ donationId, day: TODAY, amount, fee: 0n }), NOW),
  );
const becomeAvailable = (net: bigint, donationId: string) =>
  database.atomically((tx) => journal.post(tx, fund.fundId, becameAvailable({ donationId, day: TODAY, net }), NOW));

async function pay(amount: bigint, category: string): Promise<void> {
  const hold = newId();
  await database.atomically(async (tx) => {
    await journal.placeHold(tx, fund.fundId, hold, amount, TODAY);
    await journal.post(
      tx,
      fund.fundId,
      payoutSent({ payoutId: newId(), disbursementId: hold, day: TODAY, amount, category, holding: "assets:cash:box" }),
      NOW,
    );
  });
}

test("fewer than k gifts show nothing at all; the k-th shows them as one", async () => {
  for (let i = 1; i <= 4; i++) await bookGift(database, fund, BigInt(i * 1000), `g${i}`);
  expect(await tick()).toBe(0);
  expect(await figures()).toMatchObject({ settled: 0n, given: 0n });
  await bookGift(database, fund, 5000n, "g5");
  expect(await tick()).toBe(2);
  expect(await figures()).toMatchObject({ settled: 15_000n, given: 15_000n });
  const batches = await new Figures().batches(database.read, fund.fundId, null);
  expect(batches.map((b) => [b.kind, b.count, b.sum]).sort()).toEqual([
    ["available", 5, 15_000],
    ["gift", 5, 15_000],
  ]);
});

test("publishes on its clock alone: within a period nothing moves", async () => {
  for (let i = 0; i < 5; i++) await bookGift(database, fund, 1000n, `g${i}`);
  await tick();
  for (let i = 5; i < 10; i++) await bookGift(database, fund, 1000n, `g${i}`);
  expect(await worker.atomically((tx) => publisher.tick(tx, fund, NOBODY))).toBeNull();
  expect((await figures()).given).toBe(5000n);
  expect(periodOf("day", "America/Chicago", new Date("2026-11-24T05:59:59Z"))).toBe("2026-11-23");
  expect(periodOf("week", "UTC", NOW)).toBe("2026-11-23");
});

test("what is promised moves in public only when k promises changed; small counts are not said", async () => {
  for (let i = 0; i < 5; i++) await bookGift(database, fund, 100_000n, `g${i}`);
  for (let i = 0; i < 4; i++)
    await database.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), 100n, TODAY));
  await tick({ waiting: 3n, asked: 12n, paid: 4n, confirmed: 0n });
  expect(await figures()).toMatchObject({ held: 0n, waiting: null, asked: 12n, paid: 0n, confirmed: 0n });
  await database.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), 100n, TODAY));
  await tick();
  expect((await figures()).held).toBe(500n);
});

test("what is on its way in public is always a sum of whole groups of gifts, never one gift", async () => {
  for (let i = 1; i <= 5; i++) await giftOnItsWay(BigInt(i * 1000), `g${i}`);
  await tick();
  expect(await figures()).toMatchObject({ inTransit: 15_000n, settled: 0n });
  await giftOnItsWay(4321n, "g6");
  for (let i = 2; i <= 6; i++) await becomeAvailable(BigInt(i === 6 ? 4321 : i * 1000), `g${i}`);
  await tick();
  expect(await figures()).toMatchObject({ inTransit: 15_000n, settled: 0n });
  await becomeAvailable(1000n, "g1");
  await tick();
  expect(await figures()).toMatchObject({ inTransit: 0n, settled: 15_000n });
});

test("what is promised is never told of fewer than k people, also when holds are used up", async () => {
  for (let i = 0; i < 5; i++) await bookGift(database, fund, 100_000n, `g${i}`);
  await pay(100n, "rent");
  await pay(200n, "rent");
  await database.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), 4321n, TODAY));
  await tick();
  expect((await figures()).held).toBe(0n);
  for (let i = 0; i < 3; i++) await pay(50n, "rent");
  await tick();
  expect((await figures()).held).toBe(0n);
});

test("a category below k is folded away, and holdings kept by hand are one account", async () => {
  for (let i = 0; i < 5; i++) await bookGift(database, fund, 100_000n, `g${i}`);
  for (const [amount, category] of [
    [10n, "rent"],
    [20n, "rent"],
    [30n, "rent"],
    [40n, "rent"],
    [50n, "rent"],
    [7n, "health"],
  ] as const)
    await pay(amount, category);
  await tick();
  const codes = [...(await figures()).accounts.keys()];
  expect(codes).toContain("expenses:aid:other");
  expect(codes).toContain("assets:holdings");
  expect(codes.join()).not.toMatch(/health|rent|cash|bank|stripe$/);
  expect((await figures()).paidOut).toBe(157n);
});

describe("the database refuses", () => {
  const publish = async (kind: string, k: number, seqs: number[], entry: object): Promise<string> =>
    codeOf(
      (await db.as("worker")).query("select publish_batch($1, $2, '2026-11-23', $3, $4, $5)", [
        fund.fundId,
        kind,
        k,
        seqs,
        JSON.stringify(entry),
      ]),
    );
  const entry = (
    count: number,
    postings: object[] = [
      { account: "a", amount: 1 },
      { account: "b", amount: -1 },
    ],
  ) => ({ count, postings });

  test("a batch below k, below three, of two kinds, twice, of strangers, or out of balance", async () => {
    for (let i = 0; i < 5; i++) await bookGift(database, fund, 1000n, `g${i}`);
    expect(await publish("gift", 5, [1, 3, 5], entry(3))).toBe("CP001");
    expect(await publish("gift", 1, [1, 3], entry(2))).toBe("CP001");
    expect(await publish("gift", 3, [1, 2, 3], entry(3))).toBe("CP001");
    expect(await publish("gift", 3, [1, 3, 99], entry(3))).toBe("CP001");
    expect(await publish("gift", 3, [1, 3, 3], entry(3))).toBe("CP001");
    expect(await publish("gift", 3, [1, 3, 5], entry(3, [{ account: "a", amount: 1 }]))).toBe("CP001");
    expect(await publish("gift", 3, [1, 3, 5], entry(4))).toBe("CP001");
    expect(await publish("gift", 3, [1, 3, 5], entry(3))).toBe("done");
    expect(await publish("gift", 3, [5, 7, 9], entry(3))).toBe("23505");
  });

  test("a charter whose k is below three never comes to be", async () => {
    const charter = {
      ...charterFromTemplate("general", { name: "Small", currency: "usd", timeZone: "UTC", practice: true }),
      publication: { clock: "day" as const, k: 2 },
    };
    await expect(makeFund(database, charter)).rejects.toMatchObject({ code: "charter-does-not-work" });
  });
});
