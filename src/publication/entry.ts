import type { Day } from "../kernel/clock.js";
import type { TransactionKind } from "../ledger/transaction.js";

/**
 * The public log's entries: a closed list of kinds, each with a closed list of fields. There is no free text, and days are as fine as time gets. What is
 * not written here never reaches the public; publisher and verifier both ask `entryFault` (entry-format.ts).
 */
export const MONEY_KINDS = [
  "gifts", "dues", "levies", "available", "refunds", "dispute", "bank", "fees", "import", "payouts", "reimbursements", "deposits", "deposits-closed", "moved", "correction",
] as const; // prettier-ignore
/** Money between funds, and what a fund brings along: nobody's in particular, so that they stand alone. */
export const SINGLE_KINDS = ["transfer", "opening"] as const;
export const ENTRY_KINDS = [
  "genesis", "charter", "roster", "change", "draw", "drawn", "key", "approval", ...MONEY_KINDS, ...SINGLE_KINDS, "queue", "confirmations", "statement", "imported",
] as const; // prettier-ignore
export type EntryKind = (typeof ENTRY_KINDS)[number];
export type MoneyKind = (typeof MONEY_KINDS)[number];
export type SingleKind = (typeof SINGLE_KINDS)[number];

/** Where each kind of journal transaction is published. Rare kinds share a batch, so that k of them come together sooner. */
export const PUBLIC_KIND: Readonly<Record<TransactionKind, MoneyKind | SingleKind>> = {
  gift: "gifts", dues: "dues", levy: "levies", available: "available", refund: "refunds", dispute: "dispute", "dispute-won": "dispute", "dispute-lost": "dispute",
  bank: "bank", fee: "fees", import: "import", payout: "payouts", reimbursement: "reimbursements", deposit: "deposits", "deposit-returned": "deposits-closed",
  "deposit-applied": "deposits-closed", "deposit-forfeited": "deposits-closed", "deposit-reinstated": "deposits-closed", moved: "moved", suspense: "correction",
  cleared: "correction", "payout-returned": "correction", reversal: "correction", "transfer-in": "transfer", "transfer-out": "transfer", opening: "opening",
}; // prettier-ignore

/** An entry with its place in the log. */
export interface Placed {
  readonly index: number;
  readonly entry: Entry;
}

export interface PublicPosting {
  readonly account: string;
  /** Minor units, debit positive. */
  readonly amount: number;
}

/** A batch of at least k journal transactions. */
export interface MoneyEntry {
  readonly v: 1;
  readonly kind: MoneyKind;
  readonly day: Day;
  readonly count: number;
  /** What the batch is about, in minor units: given, paid out, refunded, moved. */
  readonly sum: number;
  /** The sums by public account; empty where all that moved is one account in public. */
  readonly postings: readonly PublicPosting[];
  /** Hex, sorted: one per item. */
  readonly commitments: readonly string[];
  /** Indices of the approvals that stand behind a batch of payouts. */
  readonly approvals?: readonly number[];
}

export interface SingleEntry {
  readonly v: 1;
  readonly kind: SingleKind;
  readonly day: Day;
  readonly postings: readonly PublicPosting[];
  /** The id that both funds' logs carry. */
  readonly transfer?: string;
}

/** The fund itself, signed by every seat: the first entry of a fund that opened before money came. */
export interface GenesisEntry {
  readonly v: 1;
  readonly kind: "genesis";
  readonly day: Day;
  readonly fund: string;
  readonly slug: string;
  readonly practice: boolean;
  readonly template: string;
  readonly currency: string;
  /** SHA-256 of the charter and of the roster, hex. */
  readonly charter: string;
  readonly roster: string;
  readonly signatures: readonly Signed[];
}

/** A statement word for word, and the passkey's assertion over it. */
export interface Signed {
  readonly treasurer: string;
  readonly statement: string;
  readonly assertion: Assertion;
}

/** base64url, as WebAuthn gives them. */
export interface Assertion {
  readonly credential: string;
  readonly authenticatorData: string;
  readonly clientData: string;
  readonly signature: string;
}

/** A version of the charter: its hash, and what a verifier needs of it. The prose is at /<fund>/charter/<version>. */
export interface CharterEntry {
  readonly v: 1;
  readonly kind: "charter";
  readonly day: Day;
  readonly version: number;
  readonly hash: string;
  readonly currency: string;
  readonly quorum: number;
  readonly k: number;
  readonly clock: string;
  readonly approvals: "published" | "sealed";
}

/** Who may sign: signing keys and age recipients, no names. `hash` in statements is SHA-256 of the canonical `roster`. */
export interface RosterEntry {
  readonly v: 1;
  readonly kind: "roster";
  readonly day: Day;
  readonly version: number;
  readonly roster: Roster;
}

export interface Roster {
  readonly v: 1;
  readonly quorum: number;
  /** Web origins on which passkeys sign. */
  readonly origins: readonly string[];
  readonly seats: readonly {
    readonly treasurer: string;
    readonly recipient: string;
    readonly keys: readonly { readonly credential: string; readonly publicKey: string }[];
  }[];
}

/** A treasurer's signed yes to a list, once; or, where the charter seals approvals, only a salted hash of it. */
export interface ApprovalEntry extends Partial<Signed> {
  readonly v: 1;
  readonly kind: "approval";
  readonly day: Day;
  readonly digest?: string;
}

/** Treasurers decided to change the rules or the seats, or to stop such a change: what they signed, word for word. What follows from it is an entry of its own, later. */
export interface ChangeEntry {
  readonly v: 1;
  readonly kind: "change";
  readonly day: Day;
  readonly signatures: readonly Signed[];
}

/** A lottery is about to be drawn: the list of its tickets and two treasurers' secrets, each as a hash. */
export interface DrawEntry {
  readonly v: 1;
  readonly kind: "draw";
  readonly day: Day;
  readonly draw: string;
  readonly tickets: number;
  readonly list: string;
  readonly secrets: readonly { readonly treasurer: string; readonly hash: string }[];
}

/** It is drawn: the secrets, in the order in which they were announced, and the marks of all tickets, sorted. The order of the draw follows (`draw.ts`). */
export interface DrawnEntry {
  readonly v: 1;
  readonly kind: "drawn";
  readonly day: Day;
  readonly draw: string;
  readonly secrets: readonly string[];
  readonly tickets: readonly string[];
}

/** A key of the log comes or goes. The checkpoint that first covers it is signed by both. */
export interface KeyEntry {
  readonly v: 1;
  readonly kind: "key";
  readonly day: Day;
  readonly vkey: string;
  readonly state: "added" | "retired";
}

/** The line; null where the number is below k. `held` moves only when k promises changed. */
export interface QueueEntry {
  readonly v: 1;
  readonly kind: "queue";
  readonly day: Day;
  readonly asked: number | null;
  readonly waiting: number | null;
  readonly held: number;
  /** How often the quorum let somebody go before the line; left out until it is k times. */
  readonly outOfTurn?: number;
}

/** What people said of payouts: how many were sent, and how many arrived in their words. Both move only when k changed. */
export interface ConfirmationsEntry {
  readonly v: 1;
  readonly kind: "confirmations";
  readonly day: Day;
  readonly paid: number;
  readonly confirmed: number;
}

/** Once a month: how many holdings were counted of how many, and how far the counts were from the book, as one total. */
export interface StatementEntry {
  readonly v: 1;
  readonly kind: "statement";
  readonly day: Day;
  readonly month: string;
  readonly holdings: number;
  readonly counted: number;
  readonly difference: number;
}

/** Where books were moved in from: Open Collective's export of a ledger, or any other file with a mapping. */
export const IMPORT_SOURCES = ["open-collective", "csv"] as const;
export type ImportSource = (typeof IMPORT_SOURCES)[number];

/**
 * What an import brought, ahead of the `import` batches that hold it: how much, from when to when, and what the file says of itself that its rows do not.
 * A section is told of k lines or more; an import of fewer waits for the next one (docs/adr/0012).
 */
export interface ImportedEntry {
  readonly v: 1;
  readonly kind: "imported";
  readonly day: Day;
  readonly source: ImportSource;
  /** SHA-256 of the file, hex, where the file itself is public; null where a bare hash could be guessed at. */
  readonly file: string | null;
  /** Rows in the file, and how many of them move no money. */
  readonly rows: number;
  readonly empty: number;
  /** Lines of the journal that no section told of before, the days of the first and the last, and by how much they moved what the fund holds. */
  readonly booked: number;
  readonly from: Day;
  readonly to: Day;
  readonly sum: number;
  /** The last balance that the file states, and how far it is from the sum of the file's own rows; null and 0 where it states none. */
  readonly stated: number | null;
  readonly difference: number;
  /** Where the file's balance leaves its rows, among the lines that this section tells of, by the reason as far as the file shows one. */
  readonly breaks: Readonly<Record<BreakReason, number>>;
}

export const BREAK_REASONS = ["leaves-out-fee", "catches-up", "unknown"] as const;
export type BreakReason = (typeof BREAK_REASONS)[number];

export type Entry =
  | MoneyEntry | SingleEntry | GenesisEntry | CharterEntry | RosterEntry | ChangeEntry | DrawEntry | DrawnEntry | ApprovalEntry | KeyEntry | QueueEntry | ConfirmationsEntry | StatementEntry | ImportedEntry; // prettier-ignore
