import fc from "fast-check";
import type pg from "pg";
import { newId } from "../../src/kernel/ids.js";
import { Refusal } from "../../src/kernel/refusal.js";
import { audit } from "../../src/cli/audit/run.js";
import { freeToPromise } from "../../src/ledger/balance.js";
import { payoutSent } from "../../src/ledger/flows/aid.js";
import { becameAvailable, cardGift, refund } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import type { Database } from "../../src/platform/database/database.js";
import { bookGift, ENTITIES, makeFund, NOW, TODAY } from "../support/builders.js";
import { codeOf, refusalOf } from "../support/outcomes.js";
import { cloneDatabase, type TestDatabase } from "../support/database.js";

let test_: TestDatabase;
let database: Database;
let owner: pg.Client;
let app: pg.Client;
const journal = new Journal();

beforeEach(async () => {
  test_ = await cloneDatabase();
  database = await test_.database(ENTITIES, 32);
  owner = await test_.as("owner");
  app = await test_.as("app");
});
afterEach(() => test_.drop());

/** Writes a transaction with the given postings past the journal's function, as the owner could. */
function writeBy(
  client: pg.Client,
  fund: Fund,
  seq: number,
  amounts: number[],
  lines = amounts.length,
): Promise<unknown> {
  return client.query(
    `with t as (insert into transaction (fund_id, seq, kind, day, recorded_at, key, lines) values ($1, $2, 'gift', $3, $4, $5, $6))
     insert into posting (fund_id, seq, line, account_no, amount) select $1, $2, n, n, a from unnest($7::bigint[]) with ordinality u (a, n)`,
    [fund.fundId, seq, TODAY, NOW, `k${seq}`, lines, amounts],
  );
}

describe("what the database refuses", () => {
  test("a transaction whose postings do not add up, as the owner too; without the trigger it would be written", async () => {
    const fund = await makeFund(database);
    expect(await codeOf(writeBy(owner, fund, 1, [100, -99]))).toBe("CP001");
    expect(await codeOf(writeBy(owner, fund, 1, [100, -100]))).toBe("done");
    await owner.query("drop trigger posting_is_whole on posting; drop trigger transaction_is_whole on transaction");
    expect(await codeOf(writeBy(owner, fund, 2, [100, -99]))).toBe("done");
  });

  test("a transaction without lines, or with fewer than it says; without the trigger it would be written", async () => {
    const fund = await makeFund(database);
    const alone = (seq: number) =>
      owner.query(
        `insert into transaction (fund_id, seq, kind, day, recorded_at, key, lines) values ($1, $2, 'gift', $3, $4, $5, 2)`,
        [fund.fundId, seq, TODAY, NOW, `alone${seq}`],
      );
    expect(await codeOf(alone(1))).toBe("CP001");
    expect(await codeOf(writeBy(owner, fund, 1, [5, -5], 3))).toBe("CP001");
    await owner.query("drop trigger transaction_is_whole on transaction");
    expect(await codeOf(alone(2))).toBe("done");
  });

  test("lines that are added to yesterday's transaction; without the trigger they would be written", async () => {
    const fund = await makeFund(database);
    await bookGift(database, fund, 1000n, "a");
    const add = () =>
      owner.query(
        "insert into posting (fund_id, seq, line, account_no, amount) values ($1, 1, 8, 1, 50), ($1, 1, 9, 2, -50)",
        [fund.fundId],
      );
    expect(await codeOf(add())).toBe("CP001");
    await owner.query("drop trigger posting_is_whole on posting");
    expect(await codeOf(add())).toBe("done");
  });

  test.each(["transaction", "posting", "set_aside", "balance_mark", "batch", "batch_member", "charter", "roster"])(
    "UPDATE, DELETE and TRUNCATE of %s, as app, as owner and as superuser",
    async (table) => {
      const fund = await makeFund(database);
      await bookGift(database, fund, 1000n, "a");
      const superuser = await test_.as("superuser");
      for (const sql of [
        `update ${table} set fund_id = fund_id`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ]) {
        expect(await codeOf(app.query(sql))).toBe("42501");
        expect(await codeOf(owner.query(sql))).toBe("CP001");
        // A session that switches ordinary triggers off does not get past ours either: they are ENABLE ALWAYS.
        await superuser.query("set session_replication_role = replica");
        expect(await codeOf(superuser.query(sql))).toBe("CP001");
      }
      await owner.query(`alter table ${table} disable trigger ${table}_append_only`);
      expect(await codeOf(owner.query(`update ${table} set fund_id = fund_id`))).toBe("done");
    },
  );

  test("every write of the app's role on the books but through the owner's functions", async () => {
    await makeFund(database);
    for (const table of [
      "transaction",
      "posting",
      "account",
      "book",
      "hold",
      "batch",
      "batch_member",
      "kind_rule",
      "set_aside",
      "deposit",
      "account_day",
      "balance_mark",
    ]) {
      const { rows } = await app.query<{ may: boolean }>(
        `select bool_or(has_table_privilege('commonpot_app', $1, p)) as may from unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) p`,
        [table],
      );
      expect(`${table} ${String(rows[0]?.may)}`).toBe(`${table} false`);
    }
    expect(
      await codeOf(app.query("select publish_batch(gen_random_uuid(), 'gift', '2026-11-23', 3, array[1,2,3], '{}')")),
    ).toBe("42501");
  });

  test("slugs that are reserved or malformed", async () => {
    for (const slug of ["api", "webhooks", "log", "ab", "1fund", "Fund", "a_b", "x".repeat(41)])
      expect(await refusalOf(makeFund(database, {}, slug))).toBe("slug-not-allowed");
    await makeFund(database, {}, "rent-pot");
    expect(await refusalOf(makeFund(database, {}, "rent-pot"))).toBe("slug-taken");
  });

  test("a practice fund that would become a real one", async () => {
    const fund = await makeFund(database);
    expect(await codeOf(owner.query("update fund set practice = false where fund_id = $1", [fund.fundId]))).toBe(
      "CP001",
    );
    expect(await codeOf(owner.query("update fund set slug = 'another' where fund_id = $1", [fund.fundId]))).toBe(
      "CP001",
    );
  });
});

describe("journal.post", () => {
  test("the same key and content is answered again; the same key and other content is refused", async () => {
    const fund = await makeFund(database);
    const gift = cardGift({ donationId: "d1", day: TODAY, amount: 2500n, fee: 103n });
    const first = await database.atomically((tx) => journal.post(tx, fund.fundId, gift, NOW));
    const again = await database.atomically((tx) =>
      journal.post(tx, fund.fundId, gift, new Date(NOW.getTime() + 5000)),
    );
    expect(again).toEqual({ seq: first.seq, replayed: true });
    const other = { ...gift, postings: cardGift({ donationId: "d1", day: TODAY, amount: 2600n, fee: 103n }).postings };
    expect(await refusalOf(database.atomically((tx) => journal.post(tx, fund.fundId, other, NOW)))).toBe(
      "key-used-before",
    );
  });

  test("50 callers with one key book one transaction, and seq has no gaps", async () => {
    const fund = await makeFund(database);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        database.atomically((tx) =>
          journal.post(tx, fund.fundId, cardGift({ donationId: `d${i % 10}`, day: TODAY, amount: 100n, fee: 0n }), NOW),
        ),
      ),
    );
    expect(new Set(answers.map((a) => a.seq)).size).toBe(10);
    const { rows } = await owner.query<{ seqs: string[] }>(
      "select array_agg(seq order by seq)::text[] as seqs from transaction where fund_id = $1",
      [fund.fundId],
    );
    expect(rows[0]?.seqs).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });

  test("a fact may take a holding below zero, and then no decision may draw on it", async () => {
    const fund = await makeFund(database);
    await bookGift(database, fund, 1000n, "a");
    await database.atomically((tx) =>
      journal.post(
        tx,
        fund.fundId,
        refund({ donationId: "a", refundId: "r", day: TODAY, amount: 3000n, fee: 0n }),
        NOW,
      ),
    );
    expect(freeToPromise(await journal.balances(database.read, fund.fundId))).toBe(-2000n);
    expect(await refusalOf(database.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), 1n, TODAY)))).toBe(
      "not-enough-free",
    );
  });

  test("a payout without a hold that covers it is refused", async () => {
    const fund = await makeFund(database);
    await bookGift(database, fund, 1000n, "a");
    const hold = newId();
    await database.atomically((tx) => journal.placeHold(tx, fund.fundId, hold, 600n, TODAY));
    const pay = (amount: bigint, id: string) =>
      database.atomically((tx) =>
        journal.post(
          tx,
          fund.fundId,
          payoutSent({
            payoutId: id,
            disbursementId: hold,
            day: TODAY,
            amount,
            category: "rent",
            holding: "assets:bank",
          }),
          NOW,
        ),
      );
    expect(await refusalOf(pay(601n, "p1"))).toBe("not-enough-free");
    expect(await refusalOf(pay(600n, "p2"))).toBe("done");
    expect(await refusalOf(pay(1n, "p3"))).toBe("not-enough-free");
    expect(await journal.balances(database.read, fund.fundId)).toMatchObject({ settled: 400n, held: 0n });
  });
});

describe("overdrafts", () => {
  /** 32 callers each want all there is. Returns in how many of the rounds more was promised than there was. */
  async function race(rounds: number, hold: (fund: Fund) => Promise<unknown>): Promise<number> {
    let overspent = 0;
    for (let round = 0; round < rounds; round++) {
      const fund = await makeFund(database, {}, `race-${round}`);
      await bookGift(database, fund, 1000n, "a");
      await Promise.allSettled(Array.from({ length: 32 }, () => hold(fund)));
      const { rows } = await owner.query<{ held: string }>(
        "select coalesce(sum(amount), 0) as held from hold where fund_id = $1",
        [fund.fundId],
      );
      if (Number(rows[0]?.held) > 1000) overspent++;
      else expect(Number(rows[0]?.held)).toBe(1000);
    }
    return overspent;
  }
  const place = (fund: Fund) => database.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), 1000n, TODAY));

  test("32 racing decisions never promise money twice, in 200 rounds", async () => {
    expect(await race(200, place)).toBe(0);
  });

  test("without the fund's lock they do", async () => {
    const { rows } = await owner.query<{ source: string }>(
      "select pg_get_functiondef('place_hold'::regproc) as source",
    );
    await owner.query(
      String(rows[0]?.source)
        .replace(" for no key update", "")
        .replace("perform keep_reserve(p_fund, p_today);", "")
        .replace("insert into hold", "perform pg_sleep(0.002); insert into hold"),
    );
    expect(await race(5, place)).toBeGreaterThan(0);
  });
});

test("any sequence of gifts, refunds, holds and payouts keeps the books right, and no decision takes free money below zero", async () => {
  const act = fc.record({
    what: fc.constantFrom("gift", "available", "refund", "hold", "release", "payout"),
    amount: fc.bigInt({ min: 1n, max: 5000n }),
    which: fc.nat(9),
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 40 }), async (acts) => {
      const fund = await makeFund(database, {}, `property-${++run}`);
      const holds: { id: string; amount: bigint }[] = [];
      for (const [i, { what, amount, which }] of acts.entries()) {
        const before = await journal.balances(database.read, fund.fundId);
        const hold = holds[which % Math.max(holds.length, 1)];
        await database
          .atomically(async (tx) => {
            if (what === "gift")
              await journal.post(
                tx,
                fund.fundId,
                cardGift({ donationId: `${i}`, day: TODAY, amount, fee: amount / 10n }),
                NOW,
              );
            if (what === "available")
              await journal.post(
                tx,
                fund.fundId,
                becameAvailable({ donationId: `${i}`, day: TODAY, net: amount }),
                NOW,
              );
            if (what === "refund")
              await journal.post(
                tx,
                fund.fundId,
                refund({ donationId: "a", refundId: `${i}`, day: TODAY, amount, fee: 0n }),
                NOW,
              );
            if (what === "hold") {
              const id = newId();
              await journal.placeHold(tx, fund.fundId, id, amount, TODAY);
              holds.push({ id, amount });
            }
            if (what === "release" && hold) await journal.releaseHold(tx, fund.fundId, hold.id);
            if (what === "payout" && hold)
              await journal.post(
                tx,
                fund.fundId,
                payoutSent({
                  payoutId: `${i}`,
                  disbursementId: hold.id,
                  day: TODAY,
                  amount,
                  category: "rent",
                  holding: "assets:bank",
                }),
                NOW,
              );
          })
          .catch((error: unknown) => {
            if (!(error instanceof Refusal)) throw error;
          });
        const after = await journal.balances(database.read, fund.fundId);
        if (["hold", "release", "payout"].includes(what))
          expect(freeToPromise(after) >= 0n || freeToPromise(after) >= freeToPromise(before)).toBe(true);
      }
      const findings = await database.atomically((tx) => audit(tx));
      expect(findings.filter((f) => f.violations > 0)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test("the audit finds a balance, a posting and a gap that somebody changed behind its back", async () => {
  const fund = await makeFund(database);
  await bookGift(database, fund, 1000n, "a");
  const wrong = async () =>
    (await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0).map((f) => String(f.number));
  expect(await wrong()).toEqual([]);
  await owner.query("update account set balance = balance + 1 where code = 'assets:stripe'");
  expect(await wrong()).toEqual(["2", "2"]);
  await owner.query("update account set balance = balance - 1 where code = 'assets:stripe'");
  await owner.query(
    "alter table posting disable trigger all; update posting set amount = amount + 1 where seq = 1 and line = 1",
  );
  expect(await wrong()).toEqual(["1", "2"]);
  await owner.query("update book set next_seq = 9");
  expect(await wrong()).toContain("4");
});
