import type { Json } from "../kernel/canonical-json.js";
import { isDay, type Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { isHolding } from "../ledger/account.js";
import { bailApplied, bailForfeited, bailReinstated, bailReturned } from "../ledger/flows/aid.js";
import {
  duesPaid, feeByHand, giftByHand, levyPaid, moved, openingBalance, refundByHand, unknownMoney,
} from "../ledger/flows/by-hand.js"; // prettier-ignore
import { cleared, type Clearing } from "../ledger/flows/corrections.js";
import type { Draft } from "../ledger/transaction.js";

/** What people enter by hand. `undo` and `custody` have doors of their own. */
export const WHATS = [
  "gift", "dues", "levy", "moved", "fee", "refund", "unknown", "opening", "clear-gift", "clear-given-back", "clear-came-back", "clear-aid", "clear-fee",
  "bail-returned", "bail-applied", "bail-forfeited", "bail-reinstated",
] as const; // prettier-ignore
export type What = (typeof WHATS)[number];

/** The fields of an entry, in minor units; which of them are needed depends on `what`. */
export interface Entered {
  readonly what: What;
  readonly day: Day;
  readonly amount: bigint;
  readonly holding?: string | undefined;
  /** For `moved`. */
  readonly to?: string | undefined;
  /** For `clear-aid` and `bail-applied`. */
  readonly category?: string | undefined;
  /** For bail. */
  readonly deposit?: string | undefined;
  readonly courtFee?: bigint | undefined;
}

/** The transaction that an entry becomes when another treasurer says yes. Refuses `invalid` with the field that is missing or cannot be. */
export function draftOf(entryId: string, entered: Entered, accounts: ReadonlySet<string>): Draft {
  const { what, day, amount } = entered;
  if (!isDay(day)) throw new Refusal("invalid", { field: "day" });
  const holding = (): string => holdingAt("holding", entered.holding, accounts);
  const deposit = (): string => entered.deposit ?? missing("deposit");
  const category = (): string => categoryOf(entered.category, accounts);
  const byHand = (): { entryId: string; day: Day; amount: bigint; holding: string } => ({
    entryId,
    day,
    amount,
    holding: holding(),
  });
  const bail = (): { depositId: string; actId: string; day: Day; amount: bigint } => ({
    depositId: deposit(),
    actId: entryId,
    day,
    amount,
  });
  switch (what) {
    case "gift":
      return giftByHand(byHand());
    case "refund":
      return refundByHand(byHand());
    case "dues":
      return duesPaid(byHand());
    case "levy":
      return levyPaid(byHand());
    case "fee":
      return feeByHand(byHand());
    case "opening":
      return openingBalance(byHand());
    case "unknown":
      return unknownMoney(byHand());
    case "moved":
      return moved({ ...byHand(), to: differentHolding(entered, accounts) });
    case "clear-given-back":
    case "clear-came-back":
      return cleared({ clearingId: entryId, day, amount, as: clearingOf(what), holding: holding() });
    case "clear-aid":
      return cleared({ clearingId: entryId, day, amount, as: "aid", category: category() });
    case "clear-gift":
    case "clear-fee":
      return cleared({ clearingId: entryId, day, amount, as: clearingOf(what) });
    case "bail-returned":
      return bailReturned({ ...bail(), courtFee: courtFeeOf(entered), holding: holding() });
    case "bail-applied":
      return bailApplied({ ...bail(), category: category() });
    case "bail-forfeited":
      return bailForfeited(bail());
    case "bail-reinstated":
      return bailReinstated(bail());
  }
}

/** May this transaction be undone by hand? What people entered by hand may; what Stripe or a payout did has ways of its own. */
export function isUndoable(key: string): boolean {
  return /^(hand|cleared|deposit-(returned|applied|forfeited|reinstated)):/.test(key);
}

/** A draft as it is stored beside its entry; amounts as JSON integers. */
export function draftToJson(draft: Draft): Json {
  return {
    kind: draft.kind,
    key: draft.key,
    postings: draft.postings.map((p) => ({ account: p.account, amount: toJsonAmount(p.amount) })),
    ...(draft.about === undefined ? {} : { about: draft.about }),
    ...(draft.undoes === undefined
      ? {}
      : { undoes: { seq: toJsonAmount(draft.undoes.seq), reason: draft.undoes.reason } }),
  };
}

export function draftFromJson(stored: object, day: Day): Draft {
  const json = stored as Omit<Draft, "postings" | "undoes" | "day"> & {
    postings: { account: string; amount: number }[];
    undoes?: { seq: number; reason: NonNullable<Draft["undoes"]>["reason"] };
  };
  const { postings, undoes, ...rest } = json;
  return {
    ...rest,
    day,
    postings: postings.map((p) => ({ account: p.account, amount: BigInt(p.amount) })),
    ...(undoes === undefined ? {} : { undoes: { seq: BigInt(undoes.seq), reason: undoes.reason } }),
  };
}

function clearingOf(what: `clear-${Clearing}`): Clearing {
  return what.slice("clear-".length) as Clearing;
}

function holdingAt(field: string, code: string | undefined, accounts: ReadonlySet<string>): string {
  // What is at Stripe is told by Stripe.
  if (code === undefined || !accounts.has(code) || !isHolding(code) || code === "assets:stripe") return missing(field);
  return code;
}

function differentHolding(entered: Entered, accounts: ReadonlySet<string>): string {
  const to = holdingAt("to", entered.to, accounts);
  return to === entered.holding ? missing("to") : to;
}

function categoryOf(category: string | undefined, accounts: ReadonlySet<string>): string {
  const name = category ?? "other";
  return accounts.has(`expenses:aid:${name}`) ? name : missing("category");
}

function courtFeeOf(entered: Entered): bigint {
  const fee = entered.courtFee ?? 0n;
  if (fee < 0n || fee > entered.amount) throw new Refusal("invalid", { field: "courtFee" });
  return fee;
}

function missing(field: string): never {
  throw new Refusal("invalid", { field });
}
