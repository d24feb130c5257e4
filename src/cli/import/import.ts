import fs from "node:fs";
import { SystemClock } from "../../kernel/clock.js";
import type { Config } from "../../platform/config/config.js";
import { CliError, given, withDatabase, type Verb } from "../command.js";
import { book, type Booked } from "./book.js";
import { continueCsv, continueText, type GoOn } from "./continue.js";
import { allOrNothing, DRY } from "./dry-run.js";
import { readFile } from "./file.js";
import { importCsv } from "./import-csv.js";
import { monthlyDonors, type MonthlyDonor } from "./monthly.js";
import { movedFrom, readOpenCollective } from "./open-collective.js";
import { openCollectiveReport, sectionLine } from "./report.js";

export const importVerb: Verb = {
  help: [
    "import open-collective <csv> --fund <slug> [--continue <new.csv>] [--dry-run]   books a public ledger, row by row; twice is once; and links for monthly donors",
    "import csv <csv> --fund <slug> --map <mapping.json | {…} | hcb | givebutter | spreadsheet> [--dry-run]   books any other ledger",
    "import csv <csv> --guess             prints a mapping to begin with",
  ],
  async run(words, config) {
    const [source, ...rest] = words;
    if (source === "open-collective") return importOpenCollective(rest, config);
    if (source === "csv") return importCsv(rest, config);
    throw new CliError("import what? open-collective or csv");
  },
};

async function importOpenCollective(words: readonly string[], config: Config): Promise<number> {
  const { values, flags, words: rest } = given(words, ["fund", "continue"], ["dry-run"]);
  const [path] = rest;
  const { fund: slug, continue: listPath } = values;
  if (path === undefined || slug === undefined) throw new CliError("import open-collective <csv> --fund <slug>");
  if (listPath !== undefined && fs.existsSync(listPath))
    throw new CliError(`${listPath} is there already: name a file that is not`);
  const { text, hash } = readFile(path);
  const file = readOpenCollective(text);
  const donors = monthlyDonors(text);
  const occasion = { slug, practice: config.practice, now: new SystemClock().now() };
  const moved = movedFrom(file, hash);
  const done = await withDatabase(config, (tools) =>
    allOrNothing(tools.database, flags.has("dry-run"), (tx) => book(tools, tx, moved, occasion)),
  );
  const goOn = goOnTo(done, config);
  if (listPath !== undefined && !flags.has("dry-run"))
    fs.writeFileSync(listPath, continueCsv(goOn, donors), { mode: 0o600, flag: "wx" });
  const lines = [
    ...openCollectiveReport(file, done),
    "",
    sectionLine(done),
    "",
    ...monthlyLines(goOn, donors, listPath),
    ...(flags.has("dry-run") ? ["", DRY] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

function goOnTo({ fund }: Booked, config: Config): GoOn {
  const address = config.publicUrl ?? `http://localhost:${config.port}`;
  const { name, suggested } = fund.charter;
  return { address, slug: fund.slug, name, currency: fund.currency, suggested };
}

/** What there is to do for those who gave every month. */
function monthlyLines(fund: GoOn, donors: readonly MonthlyDonor[], listPath: string | undefined): string[] {
  const current = donors.filter((d) => d.current).length;
  const seen = `monthly        ${donors.length} gave every month at some time, and ${current} still did when the file ends`;
  if (donors.length === 0) return [seen];
  return [
    seen,
    listPath === undefined
      ? "               --continue <new.csv> writes a link with the amount for each of them"
      : `               ${listPath} holds a link with the amount for each of them; nothing of it is in the database`,
    "",
    'Send this with Open Collective\'s own "contact contributors":',
    "",
    ...continueText(fund, "en"),
    "",
    "— — —",
    "",
    ...continueText(fund, "es"),
  ];
}
