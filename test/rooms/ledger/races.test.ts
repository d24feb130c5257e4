import type { Fund } from "../../../src/funds/funds.service.js";
import { newId } from "../../../src/kernel/ids.js";
import { giftByHand, moved } from "../../../src/ledger/flows/by-hand.js";
import { GroupCommit } from "../../../src/ledger/group-commit.service.js";
import { Journal } from "../../../src/ledger/journal.service.js";
import { openTestBooks, type TestBooks } from "../../support/books.js";
import { bookGift, makeFund, NOW, TODAY } from "../../support/builders.js";
import { refusalOf } from "../../support/outcomes.js";

jest.setTimeout(3_600_000);

/** 200 in CI; `RACE_ROUNDS=5000` by hand. */
const ROUNDS = Number(process.env["RACE_ROUNDS"] ?? 200);
const journal = new Journal();
let test_: TestBooks;
beforeEach(async () => {
  test_ = await openTestBooks();
});
afterEach(() => test_.drop());

describe("overdrafts", () => {
  /** 32 callers each want all there is. Returns in how many of the rounds more was promised than there was. */
  async function race(rounds: number, hold: (fund: Fund) => Promise<unknown>): Promise<number> {
    let overspent = 0;
    for (let round = 0; round < rounds; round++) {
      const fund = await makeFund(test_.books, {}, `race-${round}`);
      await bookGift(test_.books, fund, 1000n, "a");
      await Promise.allSettled(Array.from({ length: 32 }, () => hold(fund)));
      const { rows } = await test_.owner.query<{ held: string }>(
        "select coalesce(sum(amount), 0) as held from hold where fund_id = $1",
        [fund.fundId],
      );
      if (Number(rows[0]?.held) > 1000) overspent++;
      else expect(Number(rows[0]?.held)).toBe(1000);
    }
    return overspent;
  }
  const place = (fund: Fund) =>
    test_.books.atomically((tx) => journal.placeHold(tx, fund.fundId, newId(), 1000n, TODAY));

  test("32 racing decisions never promise money twice, round after round", async () => {
    expect(await race(ROUNDS, place)).toBe(0);
  });

  test("without the fund's lock they do", async () => {
    const { rows } = await test_.owner.query<{ source: string }>(
      "select pg_get_functiondef('place_hold'::regproc) as source",
    );
    await test_.owner.query(
      String(rows[0]?.source)
        .replace(" for no key update", "")
        .replace("perform keep_reserve(p_fund, p_today);", "")
        .replace("insert into hold", "perform pg_sleep(0.002); insert into hold"),
    );
    expect(await race(5, place)).toBeGreaterThan(0);
  });
});

describe("32 who want the last money of a holding", () => {
  /** Half of them post by themselves and half through two servers' group commits. Counts rounds that overdrew, and callers that were refused although the money was there. */
  async function race(rounds: number, post: (fund: Fund, id: string, way: number) => Promise<unknown>) {
    let overdrawn = 0;
    let wronglyRefused = 0;
    const groups = new GroupCommit(test_.books);
    const fund = await makeFund(test_.books);
    for (let round = 0; round < rounds; round++) {
      await groups.post(
        fund.fundId,
        giftByHand({ entryId: `r${round}`, day: TODAY, amount: 1000n, holding: "assets:bank" }),
        NOW,
      );
      const outcomes = await Promise.all(
        Array.from({ length: 32 }, (_, i) => refusalOf(post(fund, `${round}-${i}`, i % 4))),
      );
      const left = (await journal.accounts(test_.books.read, fund.fundId)).get("assets:bank") ?? 0n;
      if (left < 0n) overdrawn++;
      if (left > 0n || outcomes.some((o) => o !== "done" && o !== "not-enough-free")) wronglyRefused++;
    }
    return { overdrawn, wronglyRefused };
  }
  const draft = (id: string) =>
    moved({ entryId: id, day: TODAY, amount: 1000n, holding: "assets:bank", to: "assets:sponsor" });

  test("one has it, nobody overdraws it, and nobody is wrongly refused", async () => {
    const servers = [new GroupCommit(test_.books), new GroupCommit(await test_.database([], 4))];
    const outcome = await race(ROUNDS, (fund, id, way) =>
      way < 2
        ? test_.books.atomically((tx) => journal.post(tx, fund.fundId, draft(id), NOW))
        : servers[way - 2]!.post(fund.fundId, draft(id), NOW),
    );
    expect(outcome).toEqual({ overdrawn: 0, wronglyRefused: 0 });
  });

  test("without the fund's lock they overdraw it", async () => {
    const { rows } = await test_.owner.query<{ source: string }>(
      "select pg_get_functiondef('journal_append'::regproc) as source",
    );
    await test_.owner.query(
      String(rows[0]?.source)
        .replace("where fund_id = p_fund for no key update", "where fund_id = p_fund")
        .replace("-- Fold:", "perform pg_sleep(0.002); -- Fold:"),
    );
    // Without the lock two may want one seq: the primary key is the net below, and the loser tries again.
    const { overdrawn, wronglyRefused } = await race(5, (fund, id) =>
      test_.books.atomically((tx) => journal.post(tx, fund.fundId, draft(id), NOW)),
    );
    expect(overdrawn + wronglyRefused).toBeGreaterThan(0);
  });
});
