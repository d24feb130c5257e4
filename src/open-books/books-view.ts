import type { FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { EntryKind, ImportedEntry } from "../publication/entry.js";
import type { PublishedLog } from "../tlog/log-reads.service.js";
import type { PublicFigures, Week } from "./figures.service.js";
import type { Placed } from "../publication/entry.js";

export interface BooksView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly k: number;
  readonly figures: PublicFigures;
  readonly weeks: readonly Week[];
  readonly entries: readonly Placed[];
  /** What was moved in, oldest first. */
  readonly imported: readonly (Placed & { readonly entry: ImportedEntry })[];
  readonly choices: { readonly kinds: readonly EntryKind[]; readonly months: readonly string[] };
  readonly wanted: { readonly before: number | null; readonly kind: EntryKind | null; readonly month: string | null };
  /** Where people find the fund. */
  readonly address: string;
  readonly log: PublishedLog | null;
  readonly halted: { readonly reason: string; readonly day: string } | null;
}
