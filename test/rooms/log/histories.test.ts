import fc from "fast-check";
import { audit } from "../../../src/cli/audit/run.js";
import { Selections } from "../../../src/disbursements/selection.service.js";
import { ENTITIES } from "../../../src/entities.js";
import { FundClock } from "../../../src/fund-clock.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { HandClock } from "../../../src/kernel/clock.js";
import { newId } from "../../../src/kernel/ids.js";
import {
  becameAvailable,
  cardGift,
  disputeLost,
  disputeOpened,
  disputeWon,
  refund,
} from "../../../src/ledger/flows/card.js";
import { payoutReturned } from "../../../src/ledger/flows/corrections.js";
import { JournalReads } from "../../../src/ledger/journal-reads.service.js";
import { Journal } from "../../../src/ledger/journal.service.js";
import { Database } from "../../../src/platform/database/database.js";
import { LogReads } from "../../../src/tlog/log-reads.service.js";
import type { Seen } from "../../../src/verify/verify.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../../support/commonpot.js";
import { verified } from "../../support/served-log.js";

jest.setTimeout(3_600_000);

/** 200 by hand: `HISTORIES=200 npx jest test/rooms/log/histories`. */
const RUNS = Number(process.env["HISTORIES"] ?? 6);
const TODAY = "2026-11-25";

let pot: Commonpot;
let worker: Database;
const clock = new HandClock(new Date());
const journal = new Journal();
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false, clock });
  worker = await Database.connect(pot.db.urls.worker, ENTITIES, 4);
});
afterAll(async () => {
  await worker.close();
  await pot.close();
});

/** One fund's life, act by act; after each publication a stranger with memory verifies it. */
class History {
  private readonly gifts: { id: string; amount: bigint; disputed: boolean }[] = [];
  private readonly codes: string[] = [];
  private seen: Seen[] = [];

  constructor(private readonly fund: Fund) {}

  private post(draft: Parameters<Journal["post"]>[2]): Promise<unknown> {
    return pot.database.atomically((tx) => journal.post(tx, this.fund.fundId, draft, clock.now()));
  }

  async gift(amount: bigint, settled: boolean): Promise<void> {
    const id = newId();
    await this.post(cardGift({ donationId: id, day: TODAY, amount, fee: 30n }));
    if (settled) await this.post(becameAvailable({ of: `gift:${id}`, day: TODAY, net: amount - 30n }));
    this.gifts.push({ id, amount, disputed: false });
  }

  async trouble(which: number, kind: "refund" | "dispute" | "won" | "lost"): Promise<void> {
    const gift = this.gifts[which % Math.max(this.gifts.length, 1)];
    if (gift === undefined || gift.disputed) return;
    gift.disputed = true;
    if (kind === "refund") {
      await this.post(refund({ donationId: gift.id, refundId: newId(), day: TODAY, amount: gift.amount, fee: 0n }));
      return;
    }
    const disputeId = newId();
    await this.post(disputeOpened({ disputeId, day: TODAY, amount: gift.amount, fee: 1500n }));
    if (kind === "won") await this.post(disputeWon({ disputeId, day: TODAY, amount: gift.amount, feeReturned: 1500n }));
    if (kind === "lost") await this.post(disputeLost({ disputeId, day: TODAY, amount: gift.amount }));
  }

  async asks(n: number): Promise<void> {
    for (let i = 0; i < n; i++) this.codes.push(await ask(pot, this.fund.slug, 500 + i));
  }

  /** Chosen, signed by two (somebody may take their request back in between), paid by some. */
  async pay(withdrawal: boolean, share: number): Promise<void> {
    await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, this.fund));
    const [ana, ben] = [await person(pot, this.fund.slug, "Ana"), await person(pot, this.fund.slug, "Ben")];
    const list = async (state: string): Promise<string[]> =>
      (
        await (
          await pot.db.as("owner")
        ).query("select disbursement_id as id from disbursement where fund_id = $1 and state = $2 order by 1", [
          this.fund.fundId,
          state,
        ])
      ).rows.map((r) => r.id as string);
    const proposed = await list("proposed");
    if (proposed.length > 0) await ana.approve(proposed).catch(() => undefined);
    if (withdrawal && this.codes.length > 0)
      await fetch(`${pot.origin}/api/v1/request/withdrawal`, {
        method: "POST",
        headers: { authorization: `Claim ${this.codes.pop()!}`, "content-type": "application/json" },
        body: "{}",
      });
    const left = await list("proposed");
    if (left.length > 0) await ben.approve(left).catch(() => undefined);
    const approved = await list("approved");
    for (const id of approved.slice(0, Math.ceil((approved.length * share) / 4))) {
      await ben.take(id).catch(() => undefined);
      await ben.sent(id, "cash", "assets:bank").catch(() => undefined);
    }
  }

  async returned(): Promise<void> {
    const page = await new JournalReads().page(pot.database.read, this.fund.fundId, null);
    const sent = page.find((t) => t.kind === "payout" && t.undoneBy === undefined);
    if (sent !== undefined) await this.post(payoutReturned(sent, { day: TODAY, reason: "returned" }));
  }

  async publish(): Promise<void> {
    clock.set(new Date(clock.now().getTime() + 10_000));
    await pot.app.get(FundClock).run(worker, this.fund);
    const { alarms, verified: result } = await verified(pot.database, this.fund.fundId, this.seen);
    expect(alarms).toEqual([]);
    expect(await new LogReads(pot.database).halted(this.fund.fundId)).toBeNull();
    if (result !== null) this.seen = [...this.seen, { size: result.size, root: result.root }];
  }
}

const act = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("gifts" as const), n: fc.integer({ min: 3, max: 9 }), settled: fc.integer({ min: 0, max: 4 }).map((n) => n > 0), amount: fc.bigInt({ min: 100n, max: 9000n }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("trouble" as const), which: fc.nat(40), kind: fc.constantFrom("refund" as const, "dispute" as const, "won" as const, "lost" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("asks" as const), n: fc.integer({ min: 2, max: 7 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pay" as const), withdrawal: fc.boolean(), share: fc.integer({ min: 2, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("returned" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("publish" as const) }) },
); // prettier-ignore

/** One that is always tried, with all of it. */
const EVERYTHING: (typeof act extends fc.Arbitrary<infer A> ? A : never)[] = [
  { do: "gifts", n: 9, settled: true, amount: 5000n },
  { do: "asks", n: 7 },
  { do: "publish" },
  { do: "pay", withdrawal: true, share: 4 },
  { do: "publish" },
  { do: "returned" },
  { do: "trouble", which: 0, kind: "lost" },
  { do: "publish" },
];

test(`honest histories raise no alarm: gifts, refunds, chargebacks after the payout, withdrawals, returned payouts, carry-over (${RUNS} of them)`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 25 }), async (acts) => {
      const fund = await openFund(pot, `history-${++made}`);
      const history = new History(fund);
      for (const step of acts) {
        if (step.do === "gifts")
          for (let i = 0; i < step.n; i++) await history.gift(step.amount + BigInt(i), step.settled);
        else if (step.do === "trouble") await history.trouble(step.which, step.kind);
        else if (step.do === "asks") await history.asks(step.n);
        else if (step.do === "pay") await history.pay(step.withdrawal, step.share);
        else if (step.do === "returned") await history.returned();
        else await history.publish();
      }
      await history.publish();
    }),
    { numRuns: RUNS, endOnFailure: true, examples: [[EVERYTHING]] },
  );
  const { rows: kinds } = await (
    await pot.db.as("owner")
  ).query<{ kind: string }>("select distinct kind from log_entry");
  expect(kinds.map((k) => k.kind)).toEqual(expect.arrayContaining(["gifts", "approval", "payouts", "queue"]));
  // Payouts returned by the journal alone have no attempt of their own in the desk's tables (plan 6): that one check is left out.
  const findings = await pot.database.atomically((tx) => audit(tx));
  expect(findings.filter((f) => f.violations > 0 && f.number !== 8 && f.number !== 10)).toEqual([]);
});
