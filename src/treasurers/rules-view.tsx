import type { JSX } from "preact";
import { newToken } from "../kernel/ids.js";
import type { FormState } from "../pages/fields.js";
import { link, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { Seat } from "./seats.service.js";
import type { TreasurerRow } from "./treasurer.entity.js";
import type { TypedRules } from "./typed-rules.js";

export interface RulesView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  /** What was decided and is not in force yet: what it says, and from when on. */
  readonly waiting: { readonly says: string; readonly from: string; readonly days: number } | null;
  readonly seats: readonly Seat[];
  /** Until when somebody's passkeys are shut, by their seat. */
  readonly suspended: ReadonlyMap<string, { readonly suspensionId: string; readonly until: string }>;
  readonly candidates: readonly { readonly candidateId: string; readonly name: string; readonly day: string }[];
  readonly typed: TypedRules;
  /** So many sign a change. */
  readonly needed: number;
  readonly form?: FormState;
  /** An invitation's link, this once. */
  readonly invitation?: string;
}

/** One of the page's small forms. */
export function Act({
  view,
  act,
  fields = {},
  children,
}: {
  view: RulesView;
  act: string;
  fields?: Readonly<Record<string, string>>;
  children: JSX.Element | (JSX.Element | false)[];
}): JSX.Element {
  return (
    <form method="post" action={actionOf(view)}>
      <input type="hidden" name="key" value={newToken()} />
      <input type="hidden" name="act" value={act} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  );
}

export const actionOf = ({ voice, frame }: RulesView): string => link(voice.language, `/${frame.slug}/desk/rules`);
