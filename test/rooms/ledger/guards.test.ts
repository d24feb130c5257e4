import type pg from "pg";
import type { Fund } from "../../../src/funds/funds.service.js";
import { openTestBooks, type TestBooks } from "../../support/books.js";
import { bookGift, makeFund, NOW, TODAY } from "../../support/builders.js";
import { codeOf, refusalOf } from "../../support/outcomes.js";

let test_: TestBooks;
beforeEach(async () => {
  test_ = await openTestBooks();
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
    const fund = await makeFund(test_.books);
    expect(await codeOf(writeBy(test_.owner, fund, 1, [100, -99]))).toBe("CP001");
    expect(await codeOf(writeBy(test_.owner, fund, 1, [100, -100]))).toBe("done");
    await test_.owner.query(
      "drop trigger posting_is_whole on posting; drop trigger transaction_is_whole on transaction",
    );
    expect(await codeOf(writeBy(test_.owner, fund, 2, [100, -99]))).toBe("done");
  });

  test("a transaction without lines, or with fewer than it says; without the trigger it would be written", async () => {
    const fund = await makeFund(test_.books);
    const alone = (seq: number) =>
      test_.owner.query(
        `insert into transaction (fund_id, seq, kind, day, recorded_at, key, lines) values ($1, $2, 'gift', $3, $4, $5, 2)`,
        [fund.fundId, seq, TODAY, NOW, `alone${seq}`],
      );
    expect(await codeOf(alone(1))).toBe("CP001");
    expect(await codeOf(writeBy(test_.owner, fund, 1, [5, -5], 3))).toBe("CP001");
    await test_.owner.query("drop trigger transaction_is_whole on transaction");
    expect(await codeOf(alone(2))).toBe("done");
  });

  test("lines that are added to yesterday's transaction; without the trigger they would be written", async () => {
    const fund = await makeFund(test_.books);
    await bookGift(test_.books, fund, 1000n, "a");
    const add = () =>
      test_.owner.query(
        "insert into posting (fund_id, seq, line, account_no, amount) values ($1, 1, 8, 1, 50), ($1, 1, 9, 2, -50)",
        [fund.fundId],
      );
    expect(await codeOf(add())).toBe("CP001");
    await test_.owner.query("drop trigger posting_is_whole on posting");
    expect(await codeOf(add())).toBe("done");
  });

  test.each(["transaction", "posting", "set_aside", "balance_mark", "batch_member", "charter", "roster"])(
    "UPDATE, DELETE and TRUNCATE of %s, as app, as owner and as superuser",
    async (table) => {
      const fund = await makeFund(test_.books);
      await bookGift(test_.books, fund, 1000n, "a");
      const superuser = await test_.as("superuser");
      for (const sql of [
        `update ${table} set fund_id = fund_id`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ]) {
        expect(await codeOf(test_.app.query(sql))).toBe("42501");
        expect(await codeOf(test_.owner.query(sql))).toBe("CP001");
        // A session that switches ordinary triggers off does not get past ours either: they are ENABLE ALWAYS.
        await superuser.query("set session_replication_role = replica");
        expect(await codeOf(superuser.query(sql))).toBe("CP001");
      }
      await test_.owner.query(`alter table ${table} disable trigger ${table}_append_only`);
      expect(await codeOf(test_.owner.query(`update ${table} set fund_id = fund_id`))).toBe("done");
    },
  );

  test("every write of the app's role on the books but through the owner's functions", async () => {
    await makeFund(test_.books);
    for (const table of [
      "transaction",
      "posting",
      "account",
      "book",
      "hold",
      "log",
      "log_entry",
      "log_node",
      "checkpoint",
      "published",
      "public_total",
      "batch_member",
      "kind_rule",
      "set_aside",
      "deposit",
      "account_day",
      "balance_mark",
    ]) {
      const { rows } = await test_.app.query<{ may: boolean }>(
        `select bool_or(has_table_privilege('commonpot_app', $1, p)) as may from unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) p`,
        [table],
      );
      expect(`${table} ${String(rows[0]?.may)}`).toBe(`${table} false`);
    }
    expect(await codeOf(test_.app.query("select publish_checkpoint(gen_random_uuid(), 1, 'note', null)"))).toBe(
      "42501",
    );
  });

  test("a group whose arrays do not fit together, so that a decision would be admitted on another's postings", async () => {
    const fund = await makeFund(test_.books);
    await bookGift(test_.books, fund, 1000n, "a");
    const crafted = (items: string) =>
      codeOf(
        test_.app.query(
          `select journal_append($1, now(), '{transfer-out,transfer-out}', '{2026-11-23,2026-11-23}', '{x,y}', '{2,2}', null, null, null, null, null, $2, '{1,2,1,2}',
           (select array_agg(a.account_no order by n) from unnest(array['expenses:transfers', 'assets:bank', 'expenses:transfers', 'assets:bank']) with ordinality u (code, n) join account a using (code) where a.fund_id = $1), '{1,-1,900000,-900000}')`,
          [fund.fundId, items],
        ),
      );
    expect(await crafted("{2,2,1,1}")).toBe("CP001");
    expect(await crafted("{1,1,2}")).toBe("CP001");
    expect(await crafted("{1,1,2,2}")).toBe("done");
    const { rows } = await test_.owner.query("select from transaction where fund_id = $1 and kind = 'transfer-out'", [
      fund.fundId,
    ]);
    expect(rows).toHaveLength(0);
    // Without the check it is written.
    const { rows: source } = await test_.owner.query<{ source: string }>(
      "select pg_get_functiondef('journal_append'::regproc) as source",
    );
    await test_.owner.query(
      String(source[0]?.source).replace("or p_items is distinct from", "or false and p_items is distinct from"),
    );
    await test_.owner.query("update account set balance = 10 where code = 'assets:bank' and fund_id = $1", [
      fund.fundId,
    ]);
    expect(await crafted("{2,2,1,1}")).toBe("done");
    const { rows: written } = await test_.owner.query("select from posting where fund_id = $1 and amount = -900000", [
      fund.fundId,
    ]);
    expect(written).toHaveLength(1);
  });

  test("a fact that says it undoes something, and a transfer of less than nothing", async () => {
    const [fund, other] = [await makeFund(test_.books), await makeFund(test_.books)];
    await bookGift(test_.books, fund, 1000n, "a");
    const undoing = `select journal_append($1, now(), '{fee}', '{2026-11-23}', '{x}', '{2}', '{1}', '{twice}', null, null, null, '{1,1}', '{1,2}',
      (select array_agg(account_no order by code desc) from account where fund_id = $1 and code in ('expenses:fees:rail', 'assets:bank')), '{5,-5}')`;
    expect(await codeOf(test_.app.query(undoing, [fund.fundId]))).toBe("23514");
    const negative =
      "select journal_transfer($1, $2, gen_random_uuid(), -100000, 'assets:bank', 'assets:bank', '2026-11-23', '2026-11-23', now())";
    expect(await codeOf(test_.app.query(negative, [fund.fundId, other.fundId]))).toBe("CP001");
  });

  test("slugs that are reserved or malformed", async () => {
    for (const slug of ["api", "webhooks", "log", "ab", "1fund", "Fund", "a_b", "x".repeat(41)])
      expect(await refusalOf(makeFund(test_.books, {}, slug))).toBe("slug-not-allowed");
    await makeFund(test_.books, {}, "rent-pot");
    expect(await refusalOf(makeFund(test_.books, {}, "rent-pot"))).toBe("slug-taken");
  });

  test("a practice fund that would become a real one", async () => {
    const fund = await makeFund(test_.books);
    expect(await codeOf(test_.owner.query("update fund set practice = false where fund_id = $1", [fund.fundId]))).toBe(
      "CP001",
    );
    expect(await codeOf(test_.owner.query("update fund set slug = 'another' where fund_id = $1", [fund.fundId]))).toBe(
      "CP001",
    );
  });
});
