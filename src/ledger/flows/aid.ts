import type { Day } from "../../kernel/clock.js";
import { balanced, fromTo, type Draft } from "../transaction.js";

/** Money that reaches people, and organisers who are paid back: always out of a hold. */

interface Attempt {
  readonly payoutId: string;
  readonly disbursementId: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly holding: string;
  /** What the rail itself took, on top of what was promised. */
  readonly railFee?: bigint;
}

/** Money went out to a person: `expenses:aid:rent` +, the holding −; the hold is released by the same call. A rail's fee is its own leg. */
export function payoutSent(what: Attempt & { category: string }): Draft {
  return outOfHold("payout", `payout:${what.payoutId}`, `expenses:aid:${what.category}`, what);
}

/** An organiser is paid back, kept apart from aid: `expenses:reimbursements` +, the holding − */
export function reimbursed(what: Attempt): Draft {
  return outOfHold("reimbursement", `reimbursement:${what.payoutId}`, "expenses:reimbursements", what);
}

/** Bail is posted: money that is expected back, and no expense. `assets:deposits` +, the holding − */
export function bailPosted(what: Attempt & { depositId: string }): Draft {
  return {
    ...outOfHold("deposit", `deposit:${what.payoutId}`, "assets:deposits", what),
    about: what.depositId,
  };
}

function outOfHold(kind: "payout" | "reimbursement" | "deposit", key: string, account: string, what: Attempt): Draft {
  const fee = what.railFee ?? 0n;
  return {
    kind,
    day: what.day,
    key,
    hold: what.disbursementId,
    postings: balanced([
      { account, amount: what.amount },
      { account: "expenses:fees:rail", amount: fee },
      { account: what.holding, amount: -what.amount - fee },
    ]),
  };
}

/** Money that went out without a hold, such as a second payment of the same sum: `suspense` +, the holding −, until people have looked. */
export function sentWithoutHold(what: { payoutId: string; day: Day; amount: bigint; holding: string }): Draft {
  return {
    kind: "suspense",
    day: what.day,
    key: `without-hold:${what.payoutId}`,
    postings: fromTo(what.amount, what.holding, "suspense"),
  };
}

interface Part {
  readonly depositId: string;
  /** Names this act, so that the same is booked once: a court's receipt number stays out of it. */
  readonly actId: string;
  readonly day: Day;
  readonly amount: bigint;
}

/** The court gives bail back, less its fee: the holding +97.00, `expenses:deposits:court-fees` +3.00, `assets:deposits` −100.00. `amount` is the whole. */
export function bailReturned(what: Part & { courtFee: bigint; holding: string }): Draft {
  return {
    kind: "deposit-returned",
    day: what.day,
    key: `deposit-returned:${what.actId}`,
    about: what.depositId,
    postings: balanced([
      { account: what.holding, amount: what.amount - what.courtFee },
      { account: "expenses:deposits:court-fees", amount: what.courtFee },
      { account: "assets:deposits", amount: -what.amount },
    ]),
  };
}

/** The court keeps it for the person's fines, so it has become aid: `expenses:aid:<category>` +, `assets:deposits` − */
export function bailApplied(what: Part & { category: string }): Draft {
  return {
    kind: "deposit-applied",
    day: what.day,
    key: `deposit-applied:${what.actId}`,
    about: what.depositId,
    postings: fromTo(what.amount, "assets:deposits", `expenses:aid:${what.category}`),
  };
}

/** The court keeps it: `expenses:deposits:forfeited` +, `assets:deposits` − */
export function bailForfeited(what: Part): Draft {
  return {
    kind: "deposit-forfeited",
    day: what.day,
    key: `deposit-forfeited:${what.actId}`,
    about: what.depositId,
    postings: fromTo(what.amount, "assets:deposits", "expenses:deposits:forfeited"),
  };
}

/** The court takes the forfeiture back, and the money is expected again: `assets:deposits` +, `expenses:deposits:forfeited` − */
export function bailReinstated(what: Part): Draft {
  return {
    kind: "deposit-reinstated",
    day: what.day,
    key: `deposit-reinstated:${what.actId}`,
    about: what.depositId,
    postings: fromTo(what.amount, "expenses:deposits:forfeited", "assets:deposits"),
  };
}
