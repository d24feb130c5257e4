import type { ComponentChildren, JSX } from "preact";
import type { Day } from "../kernel/clock.js";
import { holdingName } from "../holdings/holdings-view.js";
import type { FormState } from "../pages/fields.js";
import { link, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { Seat } from "../treasurers/seats.service.js";
import type { Option } from "./match.js";
import type { Move } from "./moves.js";
import type { Opened } from "./statement-lines.service.js";
import type { Reading } from "./statement-file.js";
import type { Board, ShownLine } from "./statement-reads.service.js";

interface AnyView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly holding: string;
  readonly form: FormState;
  readonly newKey: () => string;
}

/** What of one holding's statements is proposed, left over and matched. */
export interface StatementsView extends AnyView {
  /** Holdings that have statements at all. */
  readonly codes: readonly string[];
  readonly open: ReadonlyMap<string, number>;
  /** Where else money can be, for what was moved. */
  readonly elsewhere: readonly string[];
  readonly board: Board;
  readonly seats: readonly Seat[];
  readonly matchedFrom: number;
  readonly done?: string;
}

/** A file before anything of it is kept. `text` is what was sent; it goes back with the page and is stored nowhere. */
export interface PreviewView extends AnyView {
  readonly text: string;
  readonly opened: Opened;
  /** Null while something must be said before the lines can be read. */
  readonly reading: Reading | null;
  /** The mapping is not the one that the person had seen when they pressed. */
  readonly changed: boolean;
}

export function statementsPath(view: { voice: Voice; frame: FundFrame }, holding?: string): string {
  const path = link(view.voice.language, `/${view.frame.slug}/desk/statements`);
  return holding === undefined ? path : `${path}&holding=${encodeURIComponent(holding)}`;
}

/** One form of the page that does something with kept lines. */
export function LineAct({
  view,
  act,
  id,
  children,
}: {
  view: StatementsView;
  act: string;
  id?: string;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <form method="post" action={statementsPath(view)} id={id}>
      <input type="hidden" name="act" value={act} />
      <input type="hidden" name="holding" value={view.holding} />
      <input type="hidden" name="key" value={view.newKey()} />
      {children}
    </form>
  );
}

/** "4 Mar 2026": shorter than a sentence's day, and no puzzle of which number is the month. */
export function shortDay(voice: Voice, day: Day): string {
  return new Intl.DateTimeFormat(voice.language === "en" ? "en-GB" : voice.language, {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  }).format(new Date(`${day}T00:00:00Z`));
}

export function signed(voice: Voice, amount: bigint): string {
  return amount > 0n ? `+${voice.money(amount)}` : voice.money(amount).replace("-", "−");
}

/** Where a line stands in the file that people keep themselves. */
export function place(voice: Voice, line: ShownLine): string {
  return voice.say("statements.place", {
    line: String(line.fileLine),
    from: shortDay(voice, line.firstDay),
    to: shortDay(voice, line.lastDay),
  });
}

export function sayTransaction(voice: Voice, t: Move): string {
  return `${voice.say(`money.kind.${t.kind}`)} · ${shortDay(voice, t.day)} · ${voice.say("money.seq")} ${t.seq.toString()}`;
}

/** All transactions of one way to explain a line. */
export function sayOption({ voice, board }: StatementsView, option: Option): string {
  const found = option.flatMap((seq) => board.transactions.get(seq) ?? []);
  const said = found.map((t) =>
    option.length === 1 ? sayTransaction(voice, t) : `${signed(voice, t.amount)} ${sayTransaction(voice, t)}`,
  );
  return said.length === 0 ? option.map((seq) => `${voice.say("money.seq")} ${seq}`).join(" + ") : said.join(" + ");
}

export const optionValue = (option: Option): string => option.map((seq) => seq.toString()).join("-");

export { holdingName };
