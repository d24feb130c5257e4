import type { ComponentChildren, JSX } from "preact";
import type { Day } from "../kernel/clock.js";
import type { Outstanding } from "../ledger/journal-reads.service.js";
import type { Transaction } from "../ledger/transaction.js";
import type { FormState } from "../pages/fields.js";
import { link, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { Seat } from "../treasurers/seats.service.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import type { Holding } from "./custody.service.js";
import type { SponsorStand } from "./sponsor-account.service.js";
import type { HandEntryRow } from "./hand-entry.entity.js";

export interface HoldingsView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly me: TreasurerRow;
  readonly seats: readonly Seat[];
  readonly holdings: readonly Holding[];
  readonly waiting: readonly HandEntryRow[];
  readonly deposits: readonly Outstanding[];
  readonly suspense: bigint;
  readonly sponsor: SponsorStand;
  readonly journal: readonly Transaction[];
  readonly categories: readonly string[];
  readonly today: Day;
  readonly form: FormState;
  readonly done?: string;
  readonly newKey: () => string;
}

/** assets:cash:box -> cash · box, as treasurers say it. */
export function holdingName(code: string): string {
  return code.replace(/^(assets|income|expenses|equity):/, "").replaceAll(":", " · ");
}

/** One form of this page: what it does, its key, and its content. */
export function Act({
  view,
  act,
  sentKey,
  children,
}: {
  view: HoldingsView;
  act: string;
  /** The key that this form was sent with before: sent again, it is still the same act. */
  sentKey?: string | undefined;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <form method="post" action={link(view.voice.language, `/${view.frame.slug}/desk/holdings`)}>
      <input type="hidden" name="act" value={act} />
      <input type="hidden" name="key" value={sentKey ?? view.newKey()} />
      {children}
    </form>
  );
}
