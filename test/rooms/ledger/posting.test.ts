import type { Fund } from "../../../src/funds/funds.service.js";
import { newId } from "../../../src/kernel/ids.js";
import { freeToPromise } from "../../../src/ledger/balance.js";
import { bucketOf, accountType } from "../../../src/ledger/account.js";
import { chartFor } from "../../../src/ledger/chart.js";
import { payoutSent } from "../../../src/ledger/flows/aid.js";
import { giftByHand } from "../../../src/ledger/flows/by-hand.js";
import { becameAvailable, cardGift, disputeOpened, refund } from "../../../src/ledger/flows/card.js";
import { GroupCommit } from "../../../src/ledger/group-commit.service.js";
import { Journal } from "../../../src/ledger/journal.service.js";
import { fromTo, TRANSACTION_KINDS, type Draft } from "../../../src/ledger/transaction.js";
import { openTestBooks, type TestBooks } from "../../support/books.js";
import { bookGift, makeFund, NOW, TODAY } from "../../support/builders.js";
import { codeOf, refusalOf } from "../../support/outcomes.js";

const journal = new Journal();
let test_: TestBooks;
beforeEach(async () => {
  test_ = await openTestBooks();
});
afterEach(() => test_.drop());

describe("journal.post", () => {
  test("the same key and content is answered again; the same key and other content is refused", async () => {
    const fund = await makeFund(test_.books);
    const gift = cardGift({ donationId: "d1", day: TODAY, amount: 2500n, fee: 103n });
    const first = await test_.books.atomically((tx) => journal.post(tx, fund.fundId, gift, NOW));
    const again = await test_.books.atomically((tx) =>
      journal.post(tx, fund.fundId, gift, new Date(NOW.getTime() + 5000)),
    );
    expect(again).toEqual({ seq: first.seq, replayed: true });
    const other = { ...gift, postings: cardGift({ donationId: "d1", day: TODAY, amount: 2600n, fee: 103n }).postings };
    expect(await refusalOf(test_.books.atomically((tx) => journal.post(tx, fund.fundId, other, NOW)))).toBe(
      "key-used-before",
    );
  });

  test("50 callers with one key book one transaction, and seq has no gaps", async () => {
    const fund = await makeFund(test_.books);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        test_.books.atomically((tx) =>
          journal.post(tx, fund.fundId, cardGift({ donationId: `d${i % 10}`, day: TODAY, amount: 100n, fee: 0n }), NOW),
        ),
      ),
    );
    expect(new Set(answers.map((a) => a.seq)).size).toBe(10);
    const { rows } = await test_.owner.query<{ seqs: string[] }>(
      "select array_agg(seq order by seq)::text[] as seqs from transaction where fund_id = $1",
      [fund.fundId],
    );
    expect(rows[0]?.seqs).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });

  test("a fact may take a holding below zero, and then no decision may draw on it", async () => {
    const fund = await makeFund(test_.books);
    await bookGift(test_.books, fund, 1000n, "a");
    await test_.books.atomically((tx) =>
      journal.post(
        tx,
        fund.fundId,
        refund({ donationId: "a", refundId: "r", day: TODAY, amount: 3000n, fee: 0n }),
        NOW,
      ),
    );
    expect(freeToPromise(await journal.balances(test_.books.read, fund.fundId))).toBe(-2000n);
    expect(
      await refusalOf(test_.books.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), 1n, TODAY))),
    ).toBe("not-enough-free");
  });

  test("a payout without a hold that covers it is refused", async () => {
    const fund = await makeFund(test_.books);
    await bookGift(test_.books, fund, 1000n, "a");
    const hold = newId();
    await test_.books.atomically((tx) => journal.placeHold(tx, fund.fundId, hold, 600n, TODAY));
    const pay = (amount: bigint, id: string) =>
      test_.books.atomically((tx) =>
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
    expect(await journal.balances(test_.books.read, fund.fundId)).toMatchObject({ settled: 400n, held: 0n });
  });
});

const gift = (id: string, amount = 100n): Draft => cardGift({ donationId: id, day: TODAY, amount, fee: 0n });
const byHand = (id: string, amount: bigint): Draft =>
  giftByHand({ entryId: id, day: TODAY, amount, holding: "assets:bank" });
const move = (id: string, amount: bigint): Draft => ({
  kind: "moved",
  day: TODAY,
  key: `move:${id}`,
  postings: fromTo(amount, "assets:bank", "assets:sponsor"),
});

describe("group commit", () => {
  /** How many groups and transactions went to the database. */
  function counted(): { groups: GroupCommit; sizes: number[] } {
    const sizes: number[] = [];
    const plain = test_.books.plain.bind(test_.books);
    test_.books.plain = <T extends object>(sql: string, values: readonly unknown[]): Promise<T[]> => {
      if (sql.includes("journal_append")) sizes.push(String(values[5]).split(",").length);
      return plain<T>(sql, values);
    };
    return { groups: new GroupCommit(test_.books), sizes };
  }

  test("what arrives together shares a commit, and each caller hears its own seq", async () => {
    const fund = await makeFund(test_.books);
    const { groups, sizes } = counted();
    const posted = await Promise.all(
      Array.from({ length: 600 }, (_, i) => groups.post(fund.fundId, gift(`g${i}`), NOW)),
    );
    expect(posted.map((p) => Number(p.seq))).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
    expect(sizes).toEqual([256, 256, 88]);
  });

  test("a key that comes twice is booked once; with other content the second is refused", async () => {
    const fund = await makeFund(test_.books);
    const { groups } = counted();
    const answers = await Promise.all([
      groups.post(fund.fundId, gift("a"), NOW),
      groups.post(fund.fundId, gift("a"), NOW),
      refusalOf(groups.post(fund.fundId, gift("a", 101n), NOW)),
      groups.post(fund.fundId, gift("b"), NOW),
    ]);
    expect(answers).toEqual([
      { seq: 1n, replayed: false },
      { seq: 1n, replayed: true },
      "key-used-before",
      { seq: 2n, replayed: false },
    ]);
  });

  test("an overdraft refuses itself and what depended on it, and nobody else", async () => {
    const fund = await makeFund(test_.books);
    const groups = new GroupCommit(test_.books);
    const outcomes = await Promise.all(
      [
        byHand("a", 1000n),
        move("1", 1001n),
        move("2", 600n),
        move("3", 600n),
        byHand("b", 300n),
        move("4", 600n),
        gift("c"),
      ].map((draft) => refusalOf(groups.post(fund.fundId, draft, NOW))),
    );
    expect(outcomes).toEqual(["done", "not-enough-free", "done", "not-enough-free", "done", "done", "done"]);
    expect((await journal.accounts(test_.books.read, fund.fundId)).get("assets:bank")).toBe(100n);
  });

  test.each<[string, Draft, string]>([
    [
      "unbalanced postings",
      {
        ...gift("x"),
        postings: [
          { account: "assets:bank", amount: 5n },
          { account: "income:gifts", amount: -4n },
        ],
      },
      "CP001",
    ],
    ["one posting", { ...gift("x"), postings: [{ account: "assets:bank", amount: 5n }] }, "23514"],
    [
      "an account that the fund does not have",
      { ...gift("x"), postings: fromTo(5n, "income:gifts", "assets:cash:nowhere") },
      "CP001",
    ],
    [
      "an account that its kind may not touch",
      { ...gift("x"), postings: fromTo(5n, "assets:bank", "expenses:aid:rent") },
      "CP001",
    ],
    ["an amount beyond the limit", gift("x", 10_000_000_001n), "23514"],
    ["a day that is none", { ...gift("x"), day: "2026-02-30" }, "22008"],
    ["a key that is too long", gift("x".repeat(300)), "23514"],
  ])("poison, %s, answers for itself and takes nobody down", async (_what, poison, code) => {
    const fund = await makeFund(test_.books);
    const groups = new GroupCommit(test_.books);
    const drafts = [
      ...Array.from({ length: 20 }, (_, i) => gift(`g${i}`)),
      poison,
      ...Array.from({ length: 20 }, (_, i) => gift(`h${i}`)),
    ];
    const outcomes = await Promise.all(drafts.map((draft) => codeOf(groups.post(fund.fundId, draft, NOW))));
    expect(outcomes.filter((o) => o !== "done")).toEqual([code]);
    expect(outcomes[20]).toBe(code);
    const { rows } = await test_.owner.query(
      "select count(*)::int as n, max(seq)::int as last from transaction where fund_id = $1",
      [fund.fundId],
    );
    expect(rows[0]).toEqual({ n: 40, last: 40 });
  });

  test("keys with quotes, backslashes and commas are kept as they are", async () => {
    const fund = await makeFund(test_.books);
    const groups = new GroupCommit(test_.books);
    const ids = ['a"b', "c\\d", "e,f", "{g}", "null", "h'i", "ü"];
    await Promise.all(ids.map((id) => groups.post(fund.fundId, gift(id), NOW)));
    const { rows } = await test_.owner.query<{ key: string }>(
      "select key from transaction where fund_id = $1 order by seq",
      [fund.fundId],
    );
    expect(rows.map((r) => r.key)).toEqual(ids.map((id) => `gift:${id}`));
  });

  test("a fund that nobody knows is refused, and the next fund is not held up", async () => {
    const fund = await makeFund(test_.books);
    const groups = new GroupCommit(test_.books);
    const unknown = refusalOf(groups.post(newId(), gift("a"), NOW));
    await groups.post(fund.fundId, gift("a"), NOW);
    expect(await unknown).toBe("no-such-fund");
  });

  test("time never runs back in the book, whatever clock a server has", async () => {
    const fund = await makeFund(test_.books);
    const groups = new GroupCommit(test_.books);
    await groups.post(fund.fundId, gift("a"), NOW);
    await groups.post(fund.fundId, gift("b"), new Date(NOW.getTime() - 3 * 86_400_000));
    const { rows } = await test_.owner.query<{ at: Date }>("select recorded_at as at from transaction order by seq");
    expect(rows.map((r) => r.at)).toEqual([NOW, NOW]);
  });
});

describe("the two places that know the chart and the kinds", () => {
  test("agree: TypeScript's list is the database's, and accounts are what their codes say", async () => {
    const fund = await makeFund(test_.books);
    const { rows: kinds } = await test_.owner.query<{ kind: string }>(
      "select unnest(enum_range(null::transaction_kind))::text as kind",
    );
    expect(kinds.map((k) => k.kind)).toEqual([...TRANSACTION_KINDS]);
    const { rows: ruled } = await test_.owner.query("select from kind_rule where bits is not null");
    expect(ruled).toHaveLength(TRANSACTION_KINDS.length);
    const { rows: accounts } = await test_.owner.query<{ code: string; type: string; bucket: string }>(
      "select code, type, bucket from account where fund_id = $1",
      [fund.fundId],
    );
    expect(accounts.map((a) => a.code).sort()).toEqual(chartFor(fund.charter.categories).sort());
    for (const { code, type, bucket } of accounts)
      expect([code, type, bucket]).toEqual([code, accountType(code), bucketOf(code)]);
  });
});

describe("a solidarity transfer", () => {
  const pair = async (): Promise<[Fund, Fund]> => {
    const [a, b] = [await makeFund(test_.books), await makeFund(test_.books)];
    await bookGift(test_.books, a, 1000n, "a");
    await new GroupCommit(test_.books).post(a.fundId, byHand("h", 1000n), NOW);
    return [a, b];
  };
  const send = (from: Fund, to: Fund, amount: bigint, transferId = newId()) =>
    test_.books.atomically((tx) =>
      journal.transfer(
        tx,
        {
          transferId,
          amount,
          from: { fundId: from.fundId, holding: "assets:bank", day: TODAY },
          to: { fundId: to.fundId, holding: "assets:bank", day: TODAY },
        },
        NOW,
      ),
    );

  test("is in both books under one id, or in neither; twice is once", async () => {
    const [a, b] = await pair();
    const id = newId();
    expect([await send(a, b, 700n, id), await send(a, b, 700n, id)]).toEqual([true, false]);
    expect((await journal.accounts(test_.books.read, b.fundId)).get("income:transfers")).toBe(-700n);
    expect((await journal.accounts(test_.books.read, a.fundId)).get("expenses:transfers")).toBe(700n);
    expect(await refusalOf(send(a, b, 301n))).toBe("not-enough-free");
    const { rows } = await test_.owner.query(
      "select kind::text, about from transaction where about is not null order by kind",
    );
    expect(rows).toEqual([
      { kind: "transfer-in", about: id },
      { kind: "transfer-out", about: id },
    ]);
  });

  test("both ways at once never deadlocks, because the books are locked in the order of their ids", async () => {
    const [a, b] = await pair();
    await new GroupCommit(test_.books).post(b.fundId, byHand("h", 1000n), NOW);
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => refusalOf(i % 2 === 0 ? send(a, b, 10n) : send(b, a, 10n))),
    );
    expect(outcomes.filter((o) => o !== "done")).toEqual([]);
  });

  test("never joins practice and real, two currencies, or a fund with itself", async () => {
    const [a, b] = await pair();
    expect(await codeOf(send(a, a, 1n))).toBe("CP001");
    await test_.owner.query("alter table fund disable trigger fund_guard");
    await test_.owner.query("update fund set practice = false where fund_id = $1", [b.fundId]);
    expect(await codeOf(send(a, b, 1n))).toBe("CP001");
    await test_.owner.query("update fund set practice = true, currency = 'eur' where fund_id = $1", [b.fundId]);
    expect(await codeOf(send(a, b, 1n))).toBe("CP001");
  });
});

describe("the reserve", () => {
  const reserve = { percent: 10, days: 30 };
  const free = async (fund: Fund) => freeToPromise(await journal.balances(test_.books.read, fund.fundId));
  const keep = (fund: Fund, day: string) => test_.books.atomically((tx) => journal.keepReserve(tx, fund.fundId, day));

  test("holds back the charter's part of young card gifts that have become ours, and lets go as they grow old", async () => {
    const fund = await makeFund(test_.books, { reserve });
    const groups = new GroupCommit(test_.books);
    const post = (draft: Draft) => groups.post(fund.fundId, draft, NOW);
    await post(byHand("h", 5000n));
    await post(gift("a", 10_000n));
    await keep(fund, TODAY);
    // What is still on its way is not ours to promise, so nothing of it is held back either.
    expect(await free(fund)).toBe(5000n);
    await post(becameAvailable({ of: "gift:a", day: TODAY, net: 10_000n }));
    await keep(fund, TODAY);
    expect(await free(fund)).toBe(14_000n);
    await post(refund({ donationId: "a", refundId: "r", day: TODAY, amount: 2000n, fee: 0n }));
    await post(disputeOpened({ disputeId: "d", day: TODAY, amount: 1000n, fee: 0n }));
    await keep(fund, TODAY);
    expect(await free(fund)).toBe(12_000n - 700n);
    await keep(fund, "2026-12-23");
    expect(await free(fund)).toBe(12_000n);
  });

  test("is looked at by every decision, under the fund's lock, even if nobody kept it since", async () => {
    const fund = await makeFund(test_.books, { reserve });
    await bookGift(test_.books, fund, 10_000n, "a");
    const hold = (amount: bigint, day: string) =>
      test_.books.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), amount, day));
    expect(await refusalOf(hold(9001n, TODAY))).toBe("not-enough-free");
    expect(await refusalOf(hold(9000n, TODAY))).toBe("done");
    // On a real fund nobody makes gifts old by handing in a day to come.
    await test_.owner.query("alter table fund disable trigger fund_guard; update fund set practice = false");
    const later = new Date(Date.now() + 400 * 86_400_000).toISOString().slice(0, 10);
    await test_.owner.query("update account_day set day = current_date");
    expect(await refusalOf(hold(1000n, later))).toBe("not-enough-free");
    await test_.owner.query("update fund set practice = true");
    expect(await refusalOf(hold(1000n, later))).toBe("done");
  });
});
