import type { Fund } from "../../../src/funds/funds.service.js";
import { newId } from "../../../src/kernel/ids.js";
import { APPEND, appendParameters } from "../../../src/ledger/append.js";
import { payoutSent } from "../../../src/ledger/flows/aid.js";
import { giftByHand, moved } from "../../../src/ledger/flows/by-hand.js";
import { cardGift } from "../../../src/ledger/flows/card.js";
import { GroupCommit } from "../../../src/ledger/group-commit.service.js";
import { JournalReads } from "../../../src/ledger/journal-reads.service.js";
import { Journal } from "../../../src/ledger/journal.service.js";
import { openTestBooks, type TestBooks } from "../../support/books.js";
import { makeFund, NOW, TODAY } from "../../support/builders.js";

jest.setTimeout(180_000);

const reads = new JournalReads();
const journal = new Journal();
let test_: TestBooks;
let fund: Fund;
const DAYS = ["2026-09-30", "2026-10-01", "2026-10-31", "2026-11-23"];
const SIZE = 40_000;

/** A fund with 40,000 gifts over three months, so that a plan that reads all of them would show. */
beforeAll(async () => {
  test_ = await openTestBooks(1);
  fund = await makeFund(test_.books);
  const { rows } = await test_.owner.query<{ code: string; account_no: number }>(
    "select code, account_no from account where fund_id = $1",
    [fund.fundId],
  );
  const numbers = new Map(rows.map((a) => [a.code, a.account_no]));
  for (let at = 0; at < SIZE; at += 2000) {
    const drafts = Array.from({ length: 2000 }, (_, i) =>
      cardGift({
        donationId: `${at + i}`,
        day: DAYS[Math.floor(((at + i) * 4) / SIZE)]!,
        amount: 1000n,
        fee: 59n,
        source: `s-${at + i}`,
      }),
    );
    const accounts = drafts.flatMap((d) => d.postings.map((p) => numbers.get(p.account)!));
    await test_.owner.query(APPEND, appendParameters(fund.fundId, drafts, NOW, accounts));
  }
  // Another fund's long life, so that every table is one that nobody would read whole.
  const other = await makeFund(test_.books);
  await test_.owner.query(
    `insert into account_day select $1, date '2000-01-01' + n, 1, 'gift', 1, 0 from generate_series(1, 9000) n;`.replace(
      "$1",
      `'${other.fundId}'`,
    ) + `insert into hold select '${other.fundId}', gen_random_uuid(), 5, 5 from generate_series(1, 9000)`,
  );
  await test_.owner.query("analyze");
});
afterAll(() => test_.drop());

test("a page is newest first, whole, and the next one goes on where it ended", async () => {
  const first = await reads.page(test_.books.read, fund.fundId, null, 3);
  expect(first.map((t) => Number(t.seq))).toEqual([SIZE, SIZE - 1, SIZE - 2]);
  expect(first[0]).toMatchObject({ kind: "gift", day: TODAY, key: `gift:${SIZE - 1}`, source: `s-${SIZE - 1}` });
  expect(first[0]!.postings).toEqual([
    { account: "assets:stripe:pending", amount: 941n },
    { account: "expenses:fees:stripe", amount: 59n },
    { account: "income:gifts", amount: -1000n },
  ]);
  const next = await reads.page(test_.books.read, fund.fundId, first[2]!.seq, 2);
  expect(next.map((t) => Number(t.seq))).toEqual([SIZE - 3, SIZE - 4]);
});

test.each([0, 1, 999, 2000, 2001, 1024 * 17, SIZE - 1, SIZE])(
  "balances as of seq %d are those of so many gifts",
  async (seq) => {
    const balances = await reads.balancesAt(test_.books.read, fund.fundId, BigInt(seq));
    expect(balances.get("income:gifts")).toBe(BigInt(-1000 * seq));
    expect(balances.get("expenses:fees:stripe")).toBe(BigInt(59 * seq));
  },
);

test.each(DAYS.map((day, i) => [day, i + 1]))(
  "balances as of the end of %s are those of the days until then",
  async (day, quarters) => {
    const on = (of: string) => reads.balancesOn(test_.books.read, fund.fundId, of);
    expect((await on(day)).get("income:gifts")).toBe(BigInt((-1000 * SIZE * quarters) / 4));
    expect((await on("2026-09-29")).get("income:gifts")).toBe(0n);
  },
);

test("month totals are sums of their days", async () => {
  const totals = await reads.monthTotals(test_.books.read, fund.fundId, "2026-10-15");
  expect(totals.filter((t) => t.account === "income:gifts")).toEqual([
    { month: "2026-10", account: "income:gifts", kind: "gift", debit: 0n, credit: BigInt(1000 * (SIZE / 2)) },
    { month: "2026-11", account: "income:gifts", kind: "gift", debit: 0n, credit: BigInt(1000 * (SIZE / 4)) },
  ]);
});

test("no hot statement ever reads a whole table: posting alone and in groups, replays, holds, payouts, pages, balances, months", async () => {
  const tables = ["transaction", "posting", "account_day", "balance_mark", "set_aside", "hold"];
  const groups = new GroupCommit(test_.books);
  const scans = async () =>
    (
      await test_.owner.query<{ relname: string; seq_scan: string; seq_tup_read: string }>(
        "select relname, seq_scan, seq_tup_read from pg_stat_user_tables where relname = any ($1) order by 1",
        [tables],
      )
    ).rows;
  const flush = async () => {
    await test_.books.plain("select pg_stat_force_next_flush()", []);
    await test_.books.plain("select 1", []);
  };
  await flush();
  const before = await scans();
  const hold = newId();
  await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      groups.post(fund.fundId, giftByHand({ entryId: `${i}`, day: TODAY, amount: 500n, holding: "assets:bank" }), NOW),
    ),
  );
  await groups.post(fund.fundId, giftByHand({ entryId: "1", day: TODAY, amount: 500n, holding: "assets:bank" }), NOW);
  for (let i = 0; i < 8; i++)
    await test_.books.atomically((tx) =>
      journal.post(
        tx,
        fund.fundId,
        moved({ entryId: `m${i}`, day: TODAY, amount: 5n, holding: "assets:bank", to: "assets:sponsor" }),
        NOW,
      ),
    );
  await test_.books.atomically(async (tx) => {
    await journal.placeHold(tx, fund.fundId, hold, 1000n, TODAY);
    await journal.post(
      tx,
      fund.fundId,
      payoutSent({
        payoutId: newId(),
        disbursementId: hold,
        day: TODAY,
        amount: 400n,
        category: "rent",
        holding: "assets:bank",
      }),
      NOW,
    );
    await journal.releaseHold(tx, fund.fundId, hold);
  });
  await reads.page(test_.books.read, fund.fundId, 20_000n, 50);
  await reads.balancesAt(test_.books.read, fund.fundId, 20_000n);
  await reads.balancesOn(test_.books.read, fund.fundId, "2026-10-05");
  await reads.monthTotals(test_.books.read, fund.fundId, "2026-09-01");
  await journal.balances(test_.books.read, fund.fundId);
  await flush();
  expect(await scans()).toEqual(before);
  // The counter counts: one statement without an index, and it shows.
  await test_.books.plain("select count(*) from transaction where lines = 7", []);
  await flush();
  expect(await scans()).not.toEqual(before);
});

test.each([
  [
    "a page",
    "select * from transaction where fund_id = $1 and seq < 20000 order by seq desc limit 50",
    "transaction_pkey",
  ],
  [
    "a replay",
    "select * from transaction where fund_id = $1 and key = any ('{gift:5,gift:6}')",
    "transaction_fund_id_key_key",
  ],
  ["postings of a page", "select * from posting where fund_id = $1 and seq between 100 and 150", "posting_pkey"],
  ["days after a day", "select * from account_day where fund_id = $1 and day > '2026-10-31'", "account_day_pkey"],
  ["a mark", "select max(seq) from balance_mark where fund_id = $1 and seq <= 30000", "balance_mark_pkey"],
  ["an outside name", "select * from transaction where fund_id = $1 and source = 's-77'", "transaction_source"],
])("the plan of %s goes by its index", async (_what, sql, index) => {
  // A small table is read whole, and rightly: the plan of a large one is asked for.
  await test_.app.query("set enable_seqscan = off");
  const { rows } = await test_.app.query<{ "QUERY PLAN": string }>(`explain ${sql.replace("$1", `'${fund.fundId}'`)}`);
  const plan = rows.map((r) => r["QUERY PLAN"]).join("\n");
  expect(plan).toContain(index);
  expect(plan).not.toContain("Seq Scan");
});
