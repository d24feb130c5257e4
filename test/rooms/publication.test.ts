import { HandClock } from "../../src/kernel/clock.js";
import { charterFromTemplate } from "../../src/funds/templates.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { payoutSent } from "../../src/ledger/flows/aid.js";
import { becameAvailable, cardGift } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { canonicalJson, type Json } from "../../src/kernel/canonical-json.js";
import { newId } from "../../src/kernel/ids.js";
import { extend } from "../../src/tlog/log.js";
import { EMPTY_RANGE } from "../../src/tlog/merkle.js";
import { Custody } from "../../src/holdings/custody.service.js";
import { Statements } from "../../src/holdings/statements.service.js";
import { Submissions } from "../../src/publication/submissions.service.js";
import { Seats } from "../../src/treasurers/seats.service.js";
import { Figures } from "../../src/open-books/figures.service.js";
import { Database } from "../../src/platform/database/database.js";
import { PUBLIC_KIND, SINGLE_KINDS } from "../../src/publication/entry.js";
import { periodOf } from "../../src/publication/clock.js";
import type { HandedDown } from "../../src/publication/published.js";
import { bookGift, ENTITIES, makeFund, NOW, TODAY } from "../support/builders.js";
import { cloneDatabase, type TestDatabase } from "../support/database.js";
import { TestPublisher } from "../support/log.js";
import { codeOf } from "../support/outcomes.js";

let db: TestDatabase;
let database: Database;
let worker: Database;
let fund: Fund;
const journal = new Journal();
const clock = new HandClock(NOW);
let publisher: TestPublisher;

beforeEach(async () => {
  db = await cloneDatabase();
  database = await db.database(ENTITIES);
  worker = await Database.connect(db.urls.worker, ENTITIES, 4);
  fund = await makeFund(database);
  clock.set(NOW);
  publisher = new TestPublisher(worker, clock);
});
afterEach(async () => {
  await worker.close();
  await db.drop();
});

/** The next period of the ten-second clock. */
async function tick(counts?: HandedDown): Promise<number | null> {
  clock.set(new Date(clock.now().getTime() + 10_000));
  return publisher.tick(fund, counts);
}
const figures = () => new Figures().of(database.read, fund.fundId);

const giftOnItsWay = (amount: bigint, donationId: string) =>
  database.atomically((tx) =>
    journal.post(tx, fund.fundId, cardGift({ donationId, day: TODAY, amount, fee: 0n }), NOW),
  );
const becomeAvailable = (net: bigint, donationId: string) =>
  database.atomically((tx) =>
    journal.post(tx, fund.fundId, becameAvailable({ of: `gift:${donationId}`, day: TODAY, net }), NOW),
  );

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
  const entries = await new Figures().entries(database.read, fund.fundId, 0, 100);
  expect(entries.flatMap(({ entry: e }) => ("count" in e ? [[e.kind, e.count, e.sum]] : []))).toEqual([
    ["gifts", 5, 15_000],
    ["available", 5, 15_000],
  ]);
});

test("publishes on its clock alone: within a period nothing moves", async () => {
  for (let i = 0; i < 5; i++) await bookGift(database, fund, 1000n, `g${i}`);
  await tick();
  for (let i = 5; i < 10; i++) await bookGift(database, fund, 1000n, `g${i}`);
  expect(await publisher.tick(fund)).toBeNull();
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

test("program and database agree on where each kind of transaction is published, and which may stand alone", async () => {
  const { rows } = await (
    await db.as("owner")
  ).query<{ kind: string; entry_kind: string; single: boolean }>("select kind, entry_kind, single from public_kind");
  expect(Object.fromEntries(rows.map((r) => [r.kind, r.entry_kind]))).toEqual(PUBLIC_KIND);
  for (const r of rows) expect(r.single).toBe((SINGLE_KINDS as readonly string[]).includes(r.entry_kind));
});

test("once a month the public is told how the holdings were counted, as one total", async () => {
  const open = { ...fund, state: "open" as const };
  const statements = new Statements(new Custody(journal, new Seats(), clock), new Submissions(), clock);
  const close = () => worker.atomically((tx) => statements.close(tx, open));
  expect(await close()).toBe(false);
  for (let i = 0; i < 5; i++) await bookGift(database, fund, 1000n, `m${i}`);
  await tick();
  expect(await close()).toBe(false);
  clock.set(new Date("2026-12-01T12:00:00Z"));
  expect(await close()).toBe(true);
  await tick();
  expect(await close()).toBe(false);
  const entries = await new Figures().entries(database.read, fund.fundId, 0, 100);
  expect(entries.map((e) => e.entry).filter((e) => e.kind === "statement")).toEqual([
    { v: 1, kind: "statement", day: "2026-12-01", month: "2026-11", holdings: 0, counted: 0, difference: 0 },
  ]);
});

describe("the database refuses", () => {
  /** Asks for one entry by itself, as a worker gone wrong could. */
  const publish = async (
    entry: object,
    seqs: number[],
    more: { size?: number; commitments?: string[] } = {},
  ): Promise<string> => {
    const body = Buffer.from(canonicalJson({ v: 1, day: TODAY, ...entry } as Json));
    const size =
      more.size ??
      Number(
        (
          await (
            await db.as("worker")
          ).query("select coalesce(max(size), 0) as n from log where fund_id = $1", [fund.fundId])
        ).rows[0].n,
      );
    const { hashes, root, range } = extend(EMPTY_RANGE, [body]);
    return codeOf(
      (await db.as("worker")).query("select publish_entries($1, 'x.test/log', 'vkey', $2, $3, $4, $5, '{}', '{}', '{}', $6, $7, 'note', $8, $9, $10, $11)", [
        fund.fundId, size, [body], hashes.map((h) => Buffer.from(h)), [null], Buffer.concat(range.hashes), Buffer.from(root),
        seqs, seqs.map(() => size), (more.commitments ?? commitmentsOf(seqs)).map((c) => Buffer.from(c, "hex")), seqs.map(() => null),
      ]), // prettier-ignore
    );
  };
  const commitmentsOf = (seqs: number[]): string[] => seqs.map((seq) => seq.toString(16).padStart(64, "0"));
  const gifts = (seqs: number[], amount = 1000 * seqs.length): object => ({
    kind: "gifts",
    count: seqs.length,
    sum: amount,
    postings: [
      { account: "assets:stripe:pending", amount },
      { account: "income:gifts", amount: -amount },
    ],
    commitments: commitmentsOf(seqs),
  });
  beforeEach(async () => {
    for (let i = 0; i < 5; i++) await bookGift(database, fund, 1000n, `g${i}`);
    await (
      await db.as("worker")
    ).query("insert into publication (fund_id, period, as_of) values ($1, 'x', $2)", [fund.fundId, TODAY]);
    await (await db.as("worker")).query("select note_unpublished($1)", [fund.fundId]);
  });
  const GIFTS = [1, 3, 5, 7, 9];

  test("a batch below the charter's k", async () => {
    expect(await publish(gifts([1, 3, 5, 7]), [1, 3, 5, 7])).toBe("CP001");
    expect(await publish(gifts(GIFTS), GIFTS)).toBe("done");
  });

  test.each<[string, () => Promise<string>]>([
    ["of two kinds", () => publish(gifts([1, 2, 3, 5, 7]), [1, 2, 3, 5, 7])],
    ["of strangers", () => publish(gifts([1, 3, 5, 7, 99]), [1, 3, 5, 7, 99])],
    ["with another sum than the journal's", () => publish(gifts(GIFTS, 5001), GIFTS)],
    ["with another count than its members", () => publish({ ...gifts(GIFTS), count: 6 }, GIFTS)],
    [
      "with commitments that are not its members'",
      () => publish(gifts(GIFTS), GIFTS, { commitments: commitmentsOf([2, 3, 5, 7, 9]) }),
    ],
    ["of money without members", () => publish(gifts(GIFTS), [])],
    ["without money, with members", () => publish({ kind: "queue", asked: 0, waiting: 0, held: 0 }, GIFTS)],
    ["on top of another size than the log's", () => publish(gifts(GIFTS), GIFTS, { size: 3 })],
  ])("an entry %s", async (_what, act) => {
    expect(["CP001", "CP410", "23503"]).toContain(await act());
    expect(
      (await (await db.as("owner")).query("select from log_entry where fund_id = $1", [fund.fundId])).rowCount,
    ).toBe(0);
  });

  test("a transaction that is published already", async () => {
    expect(await publish(gifts(GIFTS), GIFTS)).toBe("done");
    expect(await publish(gifts(GIFTS), GIFTS)).toBe("23505");
  });

  test.each(["log_entry", "log_node", "checkpoint", "batch_member", "submission", "decision", "support"])(
    "changing or removing what stands in %s, the owner too",
    async (table) => {
      await tick();
      const owner = await db.as("owner");
      expect(await codeOf(owner.query(`update ${table} set fund_id = fund_id`))).toBe("CP001");
      expect(await codeOf(owner.query(`delete from ${table}`))).toBe("CP001");
      expect(
        await codeOf((await db.as("worker")).query(`insert into ${table} select * from ${table} limit 1`)),
      ).toMatch(/42501|done|23505|428C9/);
    },
  );

  test("a checkpoint that was never signed, or is smaller than the one before", async () => {
    await tick();
    const worker_ = await db.as("worker");
    const {
      rows: [row],
    } = await worker_.query("select size, note from published where fund_id = $1", [fund.fundId]);
    const show = (size: number, note: string) =>
      codeOf(worker_.query("select publish_checkpoint($1, $2, $3, null)", [fund.fundId, size, note]));
    expect(await show(Number(row.size), "forged")).toBe("CP001");
    expect(await show(Number(row.size) + 1, row.note)).toBe("CP001");
    expect(await show(Number(row.size), row.note)).toBe("done");
    await bookGift(database, fund, 1000n, "one more");
    await tick({ waiting: 9n, asked: 9n, paid: 0n, confirmed: 0n });
    expect(await show(Number(row.size), row.note)).toBe("CP001");
  });

  test("a charter whose k is below three never comes to be", async () => {
    const charter = {
      ...charterFromTemplate("general", { name: "Small", currency: "usd", timeZone: "UTC", practice: true }),
      publication: { clock: "day" as const, k: 2 },
    };
    await expect(makeFund(database, charter)).rejects.toMatchObject({ code: "charter-does-not-work" });
  });
});
