import { decimalString, exponentOf } from "../../kernel/money.js";
import { BREAK_REASONS, type BreakReason } from "../../publication/entry.js";
import type { Booked } from "./book.js";
import { chainBreaks } from "./chain.js";
import type { ImportError } from "./csv-rows.js";
import { netOf, type MovedFile } from "./moved-file.js";
import type { LedgerFile } from "./open-collective.js";

/** 568829n, "usd" -> "5,688.29" */
export function groupedAmount(amount: bigint, currency: string): string {
  return decimalString(amount, exponentOf(currency)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
}

/** How many rows were read, and what became of them. */
export function countLines(read: number, { booked, already, empty }: Booked): string[] {
  const notes = [
    ...(already > 0 ? [`   (${already} were there already)`] : []),
    ...(empty > 0 ? [`   (${empty} move no money)`] : []),
  ];
  return [`rows read      ${read}`, `booked         ${booked}${notes.join("")}`];
}

/** What the open books will say of it. */
export function sectionLine({ section, booked, fund }: Booked): string {
  if (section !== null)
    return `open books     a section of ${section.booked} lines, ${section.from} to ${section.to}, goes out with the next publication`;
  return booked === 0
    ? "open books     nothing new to say"
    : `open books     fewer than ${fund.charter.publication.k} lines are new: they are told of with the next import`;
}

const WHY: Readonly<Record<BreakReason, string>> = {
  "leaves-out-fee": "the balance leaves out this row's own processor fee",
  "catches-up": "the balance takes in what the row before left out",
  unknown: "nothing in the file says why",
};

/** The report that ends an import, as lines of text. */
export function openCollectiveReport(file: LedgerFile, done: Booked): string[] {
  const grouped = (amount: bigint): string => groupedAmount(amount, file.currency);
  const net = netOf(file.rows);
  const last = file.rows.at(-1)?.balance ?? 0n;
  const breaks = chainBreaks(file.rows);
  const lines = [
    ...countLines(file.rows.length, done),
    `balance        ${grouped(net)} ${file.currency.toUpperCase()}   by the rows' own net amounts`,
    `in the books   ${grouped(done.balance)} ${file.currency.toUpperCase()}   on assets:sponsor`,
    `the file says  ${grouped(last)} ${file.currency.toUpperCase()}   in its balance column${last === net ? "" : `: ${grouped(last - net)} apart`}`,
  ];
  if (breaks.length === 0) return [...lines, "", "The balance column follows the net amounts on every row."];
  lines.push("", `The balance column leaves the net amounts on ${breaks.length} rows:`);
  for (const why of BREAK_REASONS) {
    const count = breaks.filter((b) => b.why === why).length;
    if (count > 0) lines.push(`  ${String(count).padStart(5)}   ${WHY[why]}`);
  }
  const from = breaks[0];
  if (from && last !== net) {
    const end = breaks.at(-1);
    if (end?.why === "leaves-out-fee")
      lines.push(
        `So the difference of ${grouped(last - net)} is the fee on line ${end.line}, which no later row has taken in yet.`,
      );
  }
  lines.push("", "line    day          difference   why");
  for (const b of breaks)
    lines.push(`${String(b.line).padEnd(7)} ${b.day}   ${grouped(b.difference).padStart(10)}   ${WHY[b.why]}`);
  return lines;
}

/** As many lines of a file are shown in full as fit on a screen. */
const LINES_SHOWN_MAX = 20;

/** What was booked of a mapped file, by account; after a dry run, its first lines as they would be booked too. */
export function mappedReport(file: MovedFile, done: Booked, dry = false): string[] {
  const unit = file.currency.toUpperCase();
  const sums = new Map<string, bigint>();
  for (const { account, amount } of file.lines.flatMap((line) => line.postings))
    sums.set(account, (sums.get(account) ?? 0n) + amount);
  return [
    ...countLines(file.lines.length, done),
    `balance        ${groupedAmount(netOf(file.lines), file.currency)} ${unit}   by the file's rows`,
    `in the books   ${groupedAmount(done.balance, file.currency)} ${unit}   on ${file.holding}`,
    sectionLine(done),
    "",
    ...[...sums].sort().map(([account, sum]) => `${groupedAmount(sum, file.currency).padStart(16)}   ${account}`),
    ...(dry ? ["", ...bookings(file)] : []),
  ];
}

/** A dry run that met a line which cannot be booked. */
export function refusedLines(file: MovedFile, refused: ImportError): string[] {
  return [
    ...bookings(file),
    "",
    `rows read      ${file.lines.length}, and then one that is refused`,
    `balance        ${groupedAmount(netOf(file.lines), file.currency)} ${file.currency.toUpperCase()}   by the rows before it`,
    `refused        ${refused.message}`,
  ];
}

function bookings(file: MovedFile): string[] {
  const shown = file.lines.slice(0, LINES_SHOWN_MAX).map(({ line, day, postings }) => {
    const legs = postings.map((p) => `${p.account} ${groupedAmount(p.amount, file.currency)}`).join("   ");
    return `line ${String(line).padEnd(6)} ${postings.length === 0 ? "moves no money" : `${day}   ${legs}`}`;
  });
  const more = file.lines.length - shown.length;
  return more > 0 ? [...shown, `… and ${more} more`] : shown;
}
