import fs from "node:fs";
import { SystemClock } from "../../kernel/clock.js";
import { isCurrency } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { charterFromTemplate } from "../../funds/templates.js";
import type { Tx } from "../../platform/database/database.js";
import { CliError, given, withDatabase, type Tools, type Verb } from "../command.js";
import { importReport, readOpenCollective, type LedgerFile } from "./open-collective.js";

export const importVerb: Verb = {
  help: ["import open-collective <csv> --fund <slug>   books a public ledger, row by row; twice is once"],
  async run(words, config) {
    const { values, words: rest } = given(words, ["fund"]);
    const [source, path] = rest;
    const slug = values["fund"];
    if (source !== "open-collective" || path === undefined || slug === undefined)
      throw new CliError("import open-collective <csv> --fund <slug>");
    if (!fs.existsSync(path)) throw new CliError(`there is no file ${path}`);
    const file = readOpenCollective(fs.readFileSync(path, "utf8"));
    if (!isCurrency(file.currency)) throw new CliError(`the file's currency ${file.currency} is unknown`);
    const report = await withDatabase(config, (tools) =>
      tools.database.atomically((tx) => book(tools, tx, slug, file, config.practice)),
    );
    process.stdout.write(`${report.join("\n")}\n`);
    return 0;
  },
};

/** Books the whole file in one act: all of it, or nothing. Returns the report. */
export async function book(
  tools: Pick<Tools, "funds" | "journal">,
  tx: Tx,
  slug: string,
  file: LedgerFile,
  practice: boolean,
): Promise<string[]> {
  const now = new SystemClock().now();
  const fund = await fundFor(tools, tx, slug, file.currency, practice, now);
  if (fund.currency !== file.currency)
    throw new CliError(`the fund ${slug} is kept in ${fund.currency} and the file in ${file.currency}`);
  let booked = 0;
  let already = 0;
  let empty = 0;
  for (const [i, row] of file.rows.entries()) {
    if (i % 250 === 0) process.stderr.write(`\rbooking ${i} of ${file.rows.length} rows`);
    if (row.postings.length === 0) {
      empty++;
      continue;
    }
    const posted = await tools.journal.post(
      tx,
      fund.fundId,
      { kind: "import", day: row.day, key: `import:open-collective:${row.id}`, postings: row.postings },
      now,
    );
    if (posted.replayed) already++;
    else booked++;
  }
  process.stderr.write(`\rbooking ${file.rows.length} of ${file.rows.length} rows\n`);
  const accounts = await tools.journal.accounts(tx, fund.fundId);
  return importReport(file, { read: file.rows.length, booked, already, empty }, accounts.get("assets:sponsor") ?? 0n);
}

async function fundFor(
  tools: Pick<Tools, "funds">,
  tx: Tx,
  slug: string,
  currency: string,
  practice: boolean,
  now: Date,
): Promise<Fund> {
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
