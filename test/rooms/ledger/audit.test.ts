import { audit } from "../../../src/cli/audit/run.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { newId } from "../../../src/kernel/ids.js";
import { bailForfeited, bailPosted, payoutSent } from "../../../src/ledger/flows/aid.js";
import { giftByHand } from "../../../src/ledger/flows/by-hand.js";
import { reverse } from "../../../src/ledger/flows/corrections.js";
import { GroupCommit } from "../../../src/ledger/group-commit.service.js";
import { Journal } from "../../../src/ledger/journal.service.js";
import type { Draft } from "../../../src/ledger/transaction.js";
import { openTestBooks, type TestBooks } from "../../support/books.js";
import { bookGift, makeFund, NOW, TODAY } from "../../support/builders.js";

const journal = new Journal();
let test_: TestBooks;
let fund: Fund;

/** A book in which something of everything has happened. */
beforeEach(async () => {
  test_ = await openTestBooks();
  fund = await makeFund(test_.books);
  const other = await makeFund(test_.books);
  const groups = new GroupCommit(test_.books);
  const [hold, bail, deposit] = [newId(), newId(), newId()];
  await bookGift(test_.books, fund, 10_000n, "a");
  const byHand = giftByHand({ entryId: "h", day: TODAY, amount: 90_000n, holding: "assets:bank" });
  const { seq } = await groups.post(fund.fundId, byHand, NOW);
  await test_.books.atomically(async (tx) => {
    await journal.placeHold(tx, fund.fundId, hold, 5000n, TODAY);
    await journal.placeHold(tx, fund.fundId, bail, 20_000n, TODAY);
    const post = (draft: Draft) => journal.post(tx, fund.fundId, draft, NOW);
    const attempt = { day: TODAY, amount: 2000n, holding: "assets:bank" };
    await post({
      ...payoutSent({ ...attempt, payoutId: "p", disbursementId: hold, category: "rent" }),
      key: "paid-by-hand",
    });
    await post(bailPosted({ ...attempt, amount: 20_000n, payoutId: "q", disbursementId: bail, depositId: deposit }));
    await post(bailForfeited({ depositId: deposit, actId: "f", day: TODAY, amount: 3000n }));
    await post(reverse({ seq, postings: byHand.postings }, { day: TODAY, reason: "twice" }));
    const of = (f: Fund) => ({ fundId: f.fundId, holding: "assets:bank", day: TODAY });
    await post(giftByHand({ entryId: "i", day: TODAY, amount: 50_000n, holding: "assets:bank" }));
    await journal.transfer(tx, { transferId: newId(), amount: 500n, from: of(fund), to: of(other) }, NOW);
  });
  for (let i = 0; i < 5; i++)
    await Promise.all(
      Array.from({ length: 250 }, (_, n) =>
        groups.post(
          fund.fundId,
          giftByHand({ entryId: `${i}-${n}`, day: TODAY, amount: 100n, holding: "assets:bank" }),
          NOW,
        ),
      ),
    );
});
afterEach(() => test_.drop());

const wrong = async (): Promise<number[]> => [
  ...new Set((await test_.books.atomically((tx) => audit(tx))).filter((f) => f.violations > 0).map((f) => f.number)),
];

test("an honest book has nothing wrong", async () => {
  expect(await wrong()).toEqual([]);
});

/** Each is done as somebody could who has the database in their hands: with every trigger off. */
test.each<[string, number, string]>([
  ["an amount", 1, "update posting set amount = amount + 1 where seq = 1 and line = 1"],
  ["both amounts of a transaction", 2, "update posting set amount = amount * 2 where seq = 3"],
  ["a posting that is gone", 1, "delete from posting where seq = 3 and line = 2"],
  [
    "a transaction that is gone with its postings",
    4,
    "delete from posting where seq = 3; delete from transaction where seq = 3",
  ],
  ["postings without a transaction", 1, "delete from transaction where seq = 3"],
  ["a posting on another account", 2, "update posting set account_no = 1 where seq = 3 and line = 1"],
  [
    "a posting on an account that its kind may not touch",
    1,
    "update posting set account_no = (select account_no from account where code = 'equity:opening' limit 1) where seq = 1 and line = 1",
  ],
  ["a kind", 1, "update transaction set kind = 'bank' where seq = 1"],
  ["a balance", 2, "update account set balance = balance + 1 where code = 'assets:bank'"],
  [
    "two balances that cancel out",
    2,
    "update account set balance = balance + case code when 'assets:bank' then 1 else -1 end where code in ('assets:bank', 'income:gifts')",
  ],
  ["what is settled", 2, "update book set settled = settled + 1"],
  ["what is on its way", 2, "update book set in_transit = in_transit + 1"],
  ["what is held", 2, "update book set held = held + 1"],
  ["what is reserved", 2, "update book set reserve = reserve + 1"],
  ["what is on deposit", 2, "update book set on_deposit = on_deposit + 1"],
  ["the total of a day", 2, "update account_day set debit = debit + 1, credit = credit + 1 where kind = 'payout'"],
  ["a day total that is gone", 2, "delete from account_day where kind = 'payout'"],
  ["a mark of balances", 2, "update balance_mark set balance = balance + 1 where balance <> 0"],
  ["the bucket of an account", 1, "update account set bucket = 'none' where code = 'assets:sponsor'"],
  [
    "a promise that was never free",
    3,
    "update hold set amount = 900000 where amount = 20000; update set_aside set amount = 900000 where amount = 20000; update book set held = held + 880000 where held > 0",
  ],
  [
    "a hold that was paid less than it says",
    3,
    "update hold set released = released + 100 where amount = 5000; update book set held = held - 100 where held > 0",
  ],
  ["a hold without its trail", 3, "delete from set_aside where what = 'paid' and amount = -2000"],
  ["a payout whose hold is another's", 3, "update transaction set hold_id = gen_random_uuid() where kind = 'payout'"],
  [
    "a transfer out of nothing",
    3,
    "update transaction set seq = -seq where seq between 1 and 8; update posting set seq = -seq where seq between 1 and 8",
  ],
  ["a deposit that nobody knows", 3, "delete from deposit"],
  ["a deposit that is out by more", 3, "update deposit set outstanding = outstanding - 1"],
  ["a deposit whose trail is cut", 3, "update transaction set about = null where kind = 'deposit-forfeited'"],
  [
    "a gap in seq",
    4,
    "update transaction set seq = seq + 1 where seq = (select max(seq) from transaction); update posting set seq = seq + 1 where seq = (select max(seq) from posting)",
  ],
  ["the next seq", 4, "update book set next_seq = next_seq + 1"],
  ["time that runs back", 4, "update transaction set recorded_at = recorded_at - interval '1 hour' where seq = 5"],
  ["a reversal of something else", 4, "update transaction set reverses = 1 where kind = 'reversal'"],
  ["a payout that nobody sent", 8, "update transaction set key = 'payout:' || gen_random_uuid() where kind = 'payout'"],
  [
    "a transfer that the other fund does not know",
    8,
    "update transaction set about = gen_random_uuid() where kind = 'transfer-in'",
  ],
  [
    "a transfer of another sum",
    8,
    "update posting p set amount = amount * 2 from transaction t where t.fund_id = p.fund_id and t.seq = p.seq and t.kind = 'transfer-in'",
  ],
  [
    "a key that was booked twice",
    10,
    "alter table transaction drop constraint transaction_fund_id_key_key; update transaction set key = 'hand:i' where key = 'hand:0-7'",
  ],
  [
    "an outside name that was booked twice",
    10,
    "drop index transaction_source; update transaction set source = 'txn_1' where key in ('hand:0-7', 'hand:0-8')",
  ],
  ["a card gift that nobody started", 10, "update transaction set source = 'txn_9' where key = 'gift:a'"],
  ["a guard that sleeps", 12, "alter table posting disable trigger posting_is_whole"],
  ["a guard that is gone", 12, "drop trigger transaction_append_only on transaction"],
  ["a guard that a session could switch off", 12, "alter table transaction enable trigger transaction_is_whole"],
  ["a privilege on one column", 12, "grant update (balance) on account to commonpot_app"],
  [
    "a payout that was sent and never booked",
    8,
    "alter table payout disable trigger all; insert into payout (fund_id, payout_id, disbursement_id, attempt, state, payer, lease_until, holding, sent_day) select fund_id, gen_random_uuid(), gen_random_uuid(), 1, 'sent', gen_random_uuid(), now(), 'assets:bank', current_date from fund limit 1",
  ],
  ["a privilege that nobody should have", 12, "grant update on posting to commonpot_app"],
])("finds %s, under its number", async (_what, number, sql) => {
  const superuser = await test_.as("superuser");
  if (number !== 12) {
    for (const table of ["transaction", "posting", "set_aside", "balance_mark"])
      await superuser.query(`alter table ${table} disable trigger user`);
    await superuser.query("set session_replication_role = replica");
  }
  await superuser.query(sql);
  expect(await wrong()).toContain(number);
});
