import type { Day } from "../../kernel/clock.js";
import { fromTo, type Draft, type TransactionKind } from "../transaction.js";

/** What people enter by hand: one enters it, another says yes, and then it is booked. `entryId` is the hand entry's. */
interface Entry {
  readonly entryId: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly holding: string;
}

const draft = (kind: TransactionKind, what: Entry, from: string, to: string): Draft => ({
  kind,
  day: what.day,
  key: `hand:${what.entryId}`,
  postings: fromTo(what.amount, from, to),
});

/** Cash, Venmo, a cheque, one sheet for each hat: the holding +, `income:gifts` − */
export const giftByHand = (what: Entry): Draft => draft("gift", what, "income:gifts", what.holding);

/** A gift by hand goes back to its donor: `income:gifts` +, the holding − */
export const refundByHand = (what: Entry): Draft => draft("refund", what, what.holding, "income:gifts");

/** Members pay what they owe as members: the holding +, `income:dues` − */
export const duesPaid = (what: Entry): Draft => draft("dues", what, "income:dues", what.holding);

/** Everybody pays the same, after a death for instance: the holding +, `income:levies` − */
export const levyPaid = (what: Entry): Draft => draft("levy", what, "income:levies", what.holding);

/** What a rail or a bank took: `expenses:fees:rail` +, the holding − */
export const feeByHand = (what: Entry): Draft => draft("fee", what, what.holding, "expenses:fees:rail");

/** What a fund brings along when its books begin here: the holding +, `equity:opening` − */
export const openingBalance = (what: Entry): Draft => draft("opening", what, "equity:opening", what.holding);

/** From one holding to another, a decision: `to` +, the holding − */
export const moved = (what: Entry & { to: string }): Draft => draft("moved", what, what.holding, what.to);

/** Money came in that nobody knows: the holding +, `suspense` −, until people have looked. */
export const unknownMoney = (what: Entry): Draft => draft("suspense", what, "suspense", what.holding);
