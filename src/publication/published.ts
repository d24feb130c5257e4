import type { PublicationClock } from "./clock.js";

/** What publication needs to know of a fund. */
export interface Published {
  readonly fundId: string;
  readonly slug: string;
  readonly state: string;
  readonly currency: string;
  readonly charter: {
    readonly timeZone: string;
    readonly approvals: "published" | "sealed";
    readonly publication: { readonly clock: PublicationClock; readonly k: number };
  };
}

/** Counts that upper rooms hand down; publication knows nothing of the people behind them. */
export interface HandedDown {
  readonly waiting: bigint;
  readonly asked: bigint;
  readonly paid: bigint;
  readonly confirmed: bigint;
  /** Payouts that the quorum let go before the line. */
  readonly outOfTurn?: bigint;
}
