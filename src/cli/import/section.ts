import { invariant } from "../../kernel/invariant.js";
import { newId } from "../../kernel/ids.js";
import { toJsonAmount } from "../../kernel/money.js";
import type { Fund } from "../../funds/funds.service.js";
import { row, rows, type Tx } from "../../platform/database/database.js";
import { entryFault } from "../../publication/entry-format.js";
import { BREAK_REASONS, type BreakReason, type ImportedEntry } from "../../publication/entry.js";
import type { Submissions } from "../../publication/submissions.service.js";
import { netOf, type MovedFile } from "./moved-file.js";

type Section = Omit<ImportedEntry, "day">;

/** Imported lines of the journal that no section told of yet. */
interface Untold {
  readonly key: string;
  readonly day: string;
  readonly net: string;
}

/**
 * Hands the import's section down to the open books, in the SQL transaction that booked it: what is in the journal and was not told of before, so that twice is once and
 * a longer export says what it adds. Fewer than k lines wait for the next import, whatever its source: a section of three lines would publish the sum of three.
 * Returns null when nothing was handed down.
 */
export async function handDown(tx: Tx, submissions: Submissions, fund: Fund, file: MovedFile): Promise<Section | null> {
  const told = await row<{ booked: string }>(
    tx,
    "select coalesce(sum((entry ->> 'booked')::bigint), 0)::text as booked from submission where fund_id = $1 and entry ->> 'kind' = 'imported'",
    [fund.fundId],
  );
  // Each section tells of all that was booked before it, so that the first so many lines in the journal's order are the ones that were told of.
  const untold = await rows<Untold>(
    tx,
    `select t.key, t.day::text as day, coalesce(sum(p.amount) filter (where a.bucket = 'settled'), 0)::text as net
     from (select fund_id, seq, key, day from transaction where fund_id = $1 and kind = 'import' order by seq offset $2) t
     join posting p on p.fund_id = t.fund_id and p.seq = t.seq join account a on a.fund_id = p.fund_id and a.account_no = p.account_no
     group by t.seq, t.key, t.day order by t.seq`,
    [fund.fundId, told?.booked ?? "0"],
  );
  if (untold.length < fund.charter.publication.k) return null;
  const section = sectionOf(file, untold);
  // A section that the log's grammar refuses would stop the fund's publishing: better no import.
  const fault = entryFault({ ...section, day: section.to });
  invariant(fault === null, `a section fits the grammar of the log: ${fault ?? ""}`);
  await submissions.submit(tx, fund.fundId, newId(), section);
  return section;
}

function sectionOf(file: MovedFile, untold: readonly Untold[]): Section {
  const days = untold.map((t) => t.day).sort();
  const new_ = new Set(untold.map((t) => t.key));
  const whys = [...file.breaks].filter(([key]) => new_.has(key)).map(([, why]) => why);
  const countOf = (why: BreakReason): number => whys.filter((w) => w === why).length;
  return {
    v: 1,
    kind: "imported",
    source: file.source,
    file: file.hash,
    rows: file.lines.length,
    empty: file.lines.filter((line) => line.postings.length === 0).length,
    booked: untold.length,
    from: days[0] ?? "",
    to: days.at(-1) ?? "",
    sum: toJsonAmount(untold.reduce((sum, t) => sum + BigInt(t.net), 0n)),
    stated: file.stated === null ? null : toJsonAmount(file.stated),
    difference: file.stated === null ? 0 : toJsonAmount(file.stated - netOf(file.lines)),
    breaks: Object.fromEntries(BREAK_REASONS.map((why) => [why, countOf(why)])) as Record<BreakReason, number>,
  };
}
