import type { Day } from "../kernel/clock.js";
import type { ChangeEntry, CharterEntry, GenesisEntry, RosterEntry, Signed } from "./entry.js";

/** The entries that say who may sign, and how many must. */
export type RulesEntry = GenesisEntry | CharterEntry | RosterEntry | ChangeEntry;

/** What one approval is about: the item that was signed for, and where the rules are proved. */
export interface ShownEvidence<Details> extends Evidence {
  readonly details: Details;
  /** base64url */
  readonly salt: string;
  /** Null while the log is not published. */
  readonly log: { readonly origin: string; readonly vkey: string } | null;
}

/** What shows that money was approved: everything that is needed to check it again, by anybody who believes nothing else. */
export interface Evidence {
  /** In the order of the log; `index` is null for what was handed down to it and is not published yet. */
  readonly rules: readonly { readonly index: number | null; readonly entry: RulesEntry }[];
  /** Where the log's first payout stands: from then on changes wait. Null while there is none. */
  readonly firstPayout: number | null;
  readonly approvals: readonly Signed[];
  /** The fund's today. */
  readonly day: Day;
}
