import fc from "fast-check";
import { audit } from "../../../src/cli/audit/run.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { Refusal } from "../../../src/kernel/refusal.js";
import {
  bailApplied,
  bailForfeited,
  bailPosted,
  bailReinstated,
  bailReturned,
  payoutSent,
  reimbursed,
  sentWithoutHold,
} from "../../../src/ledger/flows/aid.js";
import { duesPaid, giftByHand, levyPaid, moved, openingBalance } from "../../../src/ledger/flows/by-hand.js";
import {
  becameAvailable,
  cardGift,
  disputeLost,
  disputeOpened,
  disputeWon,
  refund,
  stripePaidBank,
} from "../../../src/ledger/flows/card.js";
import { cleared, payoutReturned, reverse } from "../../../src/ledger/flows/corrections.js";
import { GroupCommit } from "../../../src/ledger/group-commit.service.js";
import { Journal } from "../../../src/ledger/journal.service.js";
import { fromTo, type Draft } from "../../../src/ledger/transaction.js";
import { openTestBooks, type TestBooks } from "../../support/books.js";
import { makeFund, NOW, TODAY } from "../../support/builders.js";
import { LedgerModel, type Outcome } from "../../support/ledger-model.js";

jest.setTimeout(3_600_000);

/** 500 in CI; `MODEL_RUNS=20000 npx jest test/rooms/ledger/model` at night. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 500);
/** The audit looks at every book of a database, so each database has a few funds only. */
const RUNS_PER_DATABASE = 20;

interface Real {
  readonly fund: Fund;
  readonly test: TestBooks;
  readonly groups: GroupCommit;
}

const journal = new Journal();
const ids = new Map<string, string>();
/** A uuid for a small number, so that commands can meet the same hold or deposit again. */
const idOf = (what: string, n: number): string => {
  const key = `${what}${n}`;
  if (!ids.has(key)) ids.set(key, crypto.randomUUID());
  return ids.get(key)!;
};

const HOLDINGS = ["assets:bank", "assets:sponsor", "assets:cash:box"];

/** What a random act becomes, given what has been booked so far; small numbers make keys, holds and sums meet. */
interface Act {
  readonly what: (typeof WHATS)[number];
  readonly n: number;
  readonly amount: bigint;
  readonly which: number;
}
const WHATS = [
  "gift", "gift", "by-hand", "opening", "dues", "levy", "available", "refund", "dispute", "dispute-won", "dispute-lost", "bank", "moved", "moved", "transfer-out",
  "payout", "payout", "reimbursement", "deposit", "returned", "applied", "forfeited", "reinstated", "suspense", "cleared", "undo", "come-back",
] as const; // prettier-ignore

function draftOf({ what, n, amount, which }: Act, model: LedgerModel): Draft {
  const holding = HOLDINGS[which % 3]!;
  const hand = { entryId: `${what}-${n}`, day: TODAY, amount, holding };
  const attempt = { payoutId: `${n}`, disbursementId: idOf("hold", which % 3), day: TODAY, amount, holding };
  const bail = {
    depositId: idOf("deposit", which % 2),
    actId: `${n}`,
    day: TODAY,
    amount: what === "returned" ? amount : amount / 3n + 1n,
  };
  const payouts = model.booked.flatMap((d, i) => (d.kind === "payout" ? [i] : []));
  const at = what === "come-back" && payouts.length > 0 ? payouts[which % payouts.length]! : which;
  const undone = {
    seq: BigInt(at + 1),
    postings: model.booked[at]?.postings ?? fromTo(amount, "assets:bank", "assets:sponsor"),
  };
  switch (what) {
    case "gift":
      return cardGift({ donationId: `${n}`, day: TODAY, amount, fee: amount / 10n, source: `stripe-${n}` });
    case "by-hand":
      return giftByHand(hand);
    case "opening":
      return openingBalance(hand);
    case "dues":
      return duesPaid(hand);
    case "levy":
      return levyPaid(hand);
    case "available":
      return becameAvailable({ of: `gift:${n}`, day: TODAY, net: amount });
    case "refund":
      return refund({ donationId: "d", refundId: `${n}`, day: TODAY, amount, fee: 0n });
    case "dispute":
      return disputeOpened({ disputeId: `${n}`, day: TODAY, amount, fee: 1500n });
    case "dispute-won":
      return disputeWon({ disputeId: `${n}`, day: TODAY, amount, feeReturned: 1500n });
    case "dispute-lost":
      return disputeLost({ disputeId: `${n}`, day: TODAY, amount });
    case "bank":
      return stripePaidBank({ payoutId: `${n}`, day: TODAY, amount });
    case "moved":
      return moved({ ...hand, to: HOLDINGS[(which + 1) % 3]! });
    case "transfer-out":
      return {
        kind: "transfer-out",
        day: TODAY,
        key: `out:${n}`,
        postings: fromTo(amount, holding, "expenses:transfers"),
      };
    case "payout":
      return payoutSent({ ...attempt, category: "rent", railFee: BigInt(n % 2) });
    case "reimbursement":
      return reimbursed(attempt);
    case "deposit":
      return bailPosted({ ...attempt, depositId: bail.depositId });
    case "returned":
      return bailReturned({ ...bail, courtFee: amount / 30n, holding });
    case "applied":
      return bailApplied({ ...bail, category: "rent" });
    case "forfeited":
      return bailForfeited(bail);
    case "reinstated":
      return bailReinstated(bail);
    case "suspense":
      return sentWithoutHold({ payoutId: `${n}`, day: TODAY, amount, holding });
    case "cleared":
      return cleared({ clearingId: `${n}`, day: TODAY, amount, as: "aid", category: "rent" });
    case "undo":
      return reverse(undone, { day: TODAY, reason: "twice" });
    case "come-back":
      return payoutReturned(undone, { day: TODAY, reason: "returned" });
  }
}

async function outcomeOf(doing: Promise<{ replayed: boolean }>): Promise<Outcome> {
  try {
    return (await doing).replayed ? "replayed" : "booked";
  } catch (error) {
    if (error instanceof Refusal) return error.code as Outcome;
    throw error;
  }
}

/** Posts a few drafts, one after the other or as one group, and expects of each what the model says. */
class Post implements fc.AsyncCommand<LedgerModel, Real> {
  constructor(
    readonly acts: readonly Act[],
    readonly together: boolean,
  ) {}
  check = () => true;
  toString = () =>
    `${this.together ? "together" : "alone"} ${this.acts.map((a) => `${a.what}(${a.n}, ${a.amount}, ${a.which})`).join(" ")}`;

  async run(model: LedgerModel, { fund, test, groups }: Real): Promise<void> {
    if (!this.together) {
      for (const act of this.acts) {
        const draft = draftOf(act, model);
        const expected = model.post(draft);
        const doing = test.books.atomically((tx) => journal.post(tx, fund.fundId, draft, NOW));
        expect(await outcomeOf(doing)).toBe(expected);
      }
      return;
    }
    // What shares a key with an earlier one of the group flies later: leave those to the other way.
    const drafts = this.acts
      .map((act) => draftOf(act, model))
      .filter((d, i, all) => all.findIndex((e) => e.key === d.key) === i);
    const known = model.booked.length;
    const expected = drafts.map((draft) => model.post(draft, known));
    expect(await Promise.all(drafts.map((draft) => outcomeOf(groups.post(fund.fundId, draft, NOW))))).toEqual(expected);
  }
}

class Promised implements fc.AsyncCommand<LedgerModel, Real> {
  constructor(
    readonly which: number,
    readonly amount: bigint,
  ) {}
  check = (model: LedgerModel) => !model.holds.has(idOf("hold", this.which));
  toString = () => `hold(${this.which}, ${this.amount})`;
  async run(model: LedgerModel, { fund, test }: Real): Promise<void> {
    const id = idOf("hold", this.which);
    const expected = model.place(id, this.amount);
    const placing = test.books.atomically(async (tx) => {
      await journal.placeHold(tx, fund.fundId, id, this.amount, TODAY);
      return { replayed: false };
    });
    expect(await outcomeOf(placing)).toBe(expected);
  }
}

class Released implements fc.AsyncCommand<LedgerModel, Real> {
  constructor(readonly which: number) {}
  check = (model: LedgerModel) => model.holds.has(idOf("hold", this.which));
  toString = () => `release(${this.which})`;
  async run(model: LedgerModel, { fund, test }: Real): Promise<void> {
    const id = idOf("hold", this.which);
    model.release(id);
    await test.books.atomically((tx) => journal.releaseHold(tx, fund.fundId, id));
  }
}

const amount = fc.oneof(fc.bigInt({ min: 30n, max: 5000n }), fc.constantFrom(1000n, 2000n, 3000n));
const act = fc.record({ what: fc.constantFrom(...WHATS), n: fc.nat(5), amount, which: fc.nat(11) });
/** Every life begins with some money and two promises, so that the later acts have something to meet. */
const BEGINNING = [
  new Post([{ what: "opening", n: 99, amount: 20_000n, which: 0 }], false),
  new Promised(0, 6000n),
  new Promised(1, 6000n),
];
const commands = fc.commands(
  [
    fc
      .tuple(fc.array(act, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([acts, together]) => new Post(acts, together)),
    fc.tuple(fc.array(act, { minLength: 2, maxLength: 12 })).map(([acts]) => new Post(acts, true)),
    fc.tuple(fc.nat(3), amount).map(([which, sum]) => new Promised(which, sum)),
    fc.nat(3).map((which) => new Released(which)),
  ],
  { maxCommands: 20 },
);

test(`${RUNS} random lives of a book go as a plain model says, and the audit finds nothing after each`, async () => {
  let test: TestBooks | null = null;
  let run = 0;
  let dirty = false;
  const seen: Record<string, number> = {};
  try {
    await fc.assert(
      fc.asyncProperty(commands, async (cmds) => {
        if (run % RUNS_PER_DATABASE === 0 || dirty) {
          await test?.drop();
          test = await openTestBooks(4);
        }
        const open = test!;
        // A book that went wrong is not looked at again beside the next one.
        dirty = true;
        const fund = await makeFund(open.books, {}, `model-${++run}`);
        await fc.asyncModelRun(
          () => ({ model: new LedgerModel(), real: { fund, test: open, groups: new GroupCommit(open.books) } }),
          [...BEGINNING, ...cmds, new Compared(seen)],
        );
        const findings = await open.books.atomically((tx) => audit(tx));
        expect(findings.filter((f) => f.violations > 0)).toEqual([]);
        dirty = false;
      }),
      { numRuns: RUNS },
    );
  } finally {
    await (test as TestBooks | null)?.drop();
  }
  // The commands reach what they are for: every kind was booked at least once.
  const kinds = ["gift", "available", "refund", "dispute", "dispute-won", "dispute-lost", "bank", "dues", "levy", "opening", "payout", "reimbursement", "deposit", "deposit-returned", "deposit-applied", "deposit-forfeited", "moved", "transfer-out", "suspense", "cleared", "payout-returned", "reversal"]; // prettier-ignore
  if (RUNS >= 500) expect(kinds.filter((kind) => seen[kind] === undefined)).toEqual([]);
});

/** At the end: every balance, what is held, what is out, and every line in its order. */
class Compared implements fc.AsyncCommand<LedgerModel, Real> {
  constructor(readonly seen: Record<string, number>) {}
  check = () => true;
  toString = () => "compare";
  async run(model: LedgerModel, { fund, test }: Real): Promise<void> {
    const accounts = await journal.accounts(test.books.read, fund.fundId);
    const moved = (balances: ReadonlyMap<string, bigint>) =>
      Object.fromEntries([...balances].filter(([, b]) => b !== 0n));
    expect(moved(accounts)).toEqual(moved(model.balances));
    const { settled, held, onDeposit } = await journal.balances(test.books.read, fund.fundId);
    const out = [...model.deposits.values()].reduce((sum, d) => sum + d.outstanding, 0n);
    expect({ settled, held, onDeposit }).toEqual({ settled: model.settled, held: model.held, onDeposit: out });
    const { rows } = await test.owner.query<{ key: string }>(
      "select key from transaction where fund_id = $1 order by seq",
      [fund.fundId],
    );
    expect(rows.map((r) => r.key)).toEqual(model.booked.map((d) => d.key));
    for (const draft of model.booked) this.seen[draft.kind] = (this.seen[draft.kind] ?? 0) + 1;
  }
}
