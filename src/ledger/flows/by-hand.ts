import type { Day } from "../../kernel/clock.js";
import { fromTo, type Draft } from "../transaction.js";

/** What people enter by hand: one enters it, another says yes, and then it is booked. `entryId` is the hand entry's. */
interface Entry {
  readonly entryId: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly holding: string;
}

const keyOf = (entryId: string): string => `hand:${entryId}`;

/** Cash, Venmo, a cheque, one sheet for each hat: the holding +, `income:gifts` − */
export function giftByHand(what: Entry): Draft {
  return {
    kind: "gift",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, "income:gifts", what.holding),
  };
}

/** A gift by hand goes back to its donor: `income:gifts` +, the holding − */
export function refundByHand(what: Entry): Draft {
  return {
    kind: "refund",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, what.holding, "income:gifts"),
  };
}

/** Members pay what they owe as members: the holding +, `income:dues` − */
export function duesPaid(what: Entry): Draft {
  return {
    kind: "dues",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, "income:dues", what.holding),
  };
}

/** Everybody pays the same, after a death for instance: the holding +, `income:levies` − */
export function levyPaid(what: Entry): Draft {
  return {
    kind: "levy",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, "income:levies", what.holding),
  };
}

/** What a rail or a bank took: `expenses:fees:rail` +, the holding − */
export function feeByHand(what: Entry): Draft {
  return {
    kind: "fee",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, what.holding, "expenses:fees:rail"),
  };
}

/** What a fund brings along when its books begin here: the holding +, `equity:opening` − */
export function openingBalance(what: Entry): Draft {
  return {
    kind: "opening",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, "equity:opening", what.holding),
  };
}

/** From one holding to another, a decision: `to` +, the holding − */
export function moved(what: Entry & { to: string }): Draft {
  return {
    kind: "moved",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, what.holding, what.to),
  };
}

/** Money came in that nobody knows: the holding +, `suspense` −, until people have looked. */
export function unknownMoney(what: Entry): Draft {
  return {
    kind: "suspense",
    day: what.day,
    key: keyOf(what.entryId),
    postings: fromTo(what.amount, "suspense", what.holding),
  };
}
