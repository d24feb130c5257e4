import { isCurrency } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { charterFromTemplate } from "../../funds/templates.js";
import type { Tx } from "../../platform/database/database.js";
import type { ImportedEntry } from "../../publication/entry.js";
import { CliError, type Tools } from "../command.js";
import { ImportError } from "./csv-rows.js";
import type { MovedFile } from "./moved-file.js";
import { handDown } from "./section.js";

/** What became of a file. */
export interface Booked {
  readonly fund: Fund;
  readonly booked: number;
  readonly already: number;
  readonly empty: number;
  /** What the books hold on the file's holding now. */
  readonly balance: bigint;
  /** What the open books will say of it; null when fewer than k lines are new. */
  readonly section: Omit<ImportedEntry, "day"> | null;
}

export interface Occasion {
  readonly slug: string;
  readonly practice: boolean;
  readonly now: Date;
}

const PROGRESS_ROWS = 250;

/** Books the whole file in one act: all of it, or nothing; the fund is made when it is not there. Throws an ImportError that names the line. */
export async function book(
  tools: Pick<Tools, "funds" | "journal" | "submissions">,
  tx: Tx,
  file: MovedFile,
  occasion: Occasion,
): Promise<Booked> {
  const fund = await fundFor(tools, tx, file.currency, occasion);
  if (fund.currency !== file.currency)
    throw new CliError(`the fund ${occasion.slug} is kept in ${fund.currency} and the file in ${file.currency}`);
  checkChart(file, await tools.journal.accounts(tx, fund.fundId));
  const counts = { booked: 0, already: 0, empty: 0 };
  for (const [i, line] of file.lines.entries()) {
    if (i % PROGRESS_ROWS === 0) process.stderr.write(`\rbooking ${i} of ${file.lines.length} rows`);
    if (line.postings.length === 0) counts.empty++;
    else if (await isThere(tools, tx, fund, line, occasion.now)) counts.already++;
    else counts.booked++;
  }
  process.stderr.write(`\rbooking ${file.lines.length} of ${file.lines.length} rows\n`);
  const section = await handDown(tx, tools.submissions, fund, file);
  const accounts = await tools.journal.accounts(tx, fund.fundId);
  return { fund, ...counts, balance: accounts.get(file.holding) ?? 0n, section };
}

/** Books one line; true when it was there already. */
async function isThere(
  tools: Pick<Tools, "journal">,
  tx: Tx,
  fund: Fund,
  { line, day, key, postings }: MovedFile["lines"][number],
  now: Date,
): Promise<boolean> {
  try {
    return (await tools.journal.post(tx, fund.fundId, { kind: "import", day, key, postings }, now)).replayed;
  } catch (error) {
    if (error instanceof Refusal && error.code === "key-used-before")
      throw new ImportError(line, "this row was booked before with other content; nothing was booked now");
    throw error;
  }
}

function checkChart(file: MovedFile, chart: ReadonlyMap<string, bigint>): void {
  for (const { line, postings } of file.lines)
    for (const { account } of postings)
      if (!chart.has(account))
        throw new ImportError(
          line,
          `this fund has no account ${account}; it has ${[...chart.keys()].filter((code) => code.split(":")[0] === account.split(":")[0]).join(", ")}`,
        );
}

async function fundFor(tools: Pick<Tools, "funds">, tx: Tx, currency: string, occasion: Occasion): Promise<Fund> {
  const { slug, practice, now } = occasion;
  if (!isCurrency(currency)) throw new CliError(`the file's currency ${currency} is unknown`);
  try {
    return await tools.funds.bySlug(tx, slug);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "no-such-fund") throw error;
    const name = slug
      .split("-")
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(" ");
    const charter = charterFromTemplate("general", { name, currency, timeZone: "UTC", practice });
    return tools.funds.create(tx, { slug, template: "general", currency, practice, charter }, now);
  }
}
