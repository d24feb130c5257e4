import fs from "node:fs";
import { dayIn, SystemClock } from "../../kernel/clock.js";
import type { Config } from "../../platform/config/config.js";
import { CliError, given, withDatabase, type Tools } from "../command.js";
import { book, type Occasion } from "./book.js";
import { csvTable } from "./csv-rows.js";
import { allOrNothing, DRY } from "./dry-run.js";
import { EXAMPLES } from "./examples.js";
import { readFile } from "./file.js";
import { guessMapping } from "./guess.js";
import { readMapped, tryMapped, type Mapped } from "./mapped.js";
import { parseMapping } from "./mapping.js";
import { mappedReport, refusedLines } from "./report.js";

export async function importCsv(words: readonly string[], config: Config): Promise<number> {
  const { values, flags, words: rest } = given(words, ["fund", "map", "currency"], ["dry-run", "guess"]);
  const [path] = rest;
  if (path === undefined) throw new CliError("import csv <csv> --fund <slug> --map <mapping>");
  const { text } = readFile(path);
  if (flags.has("guess")) {
    const guessed = guessMapping(csvTable(text), values["currency"] ?? "usd");
    return say([JSON.stringify(guessed, null, 2)]);
  }
  const { fund: slug, map } = values;
  if (slug === undefined || map === undefined)
    throw new CliError(
      "import csv needs --fund <slug> and --map <mapping.json>; --guess prints a mapping to begin with",
    );
  const mapping = parseMapping(mappingText(map));
  const now = new SystemClock().now();
  const occasion = { slug, practice: config.practice, now };
  const today = dayIn("UTC", now);
  if (!flags.has("dry-run")) {
    const file = readMapped(text, mapping, today);
    const done = await withDatabase(config, (tools) =>
      tools.database.atomically((tx) => book(tools, tx, file, occasion)),
    );
    return say(mappedReport(file, done));
  }
  const mapped = tryMapped(text, mapping, today);
  const lines = await withDatabase(config, (tools) => rehearse(tools, mapped, occasion));
  say([...lines, "", DRY]);
  return mapped.refused === null ? 0 : 1;
}

/** What an import of the file would do, or which line stops it; the database does all of it and takes it back. */
export async function rehearse(
  tools: Pick<Tools, "database" | "funds" | "journal" | "submissions">,
  { file, refused }: Mapped,
  occasion: Occasion,
): Promise<string[]> {
  if (refused !== null) return refusedLines(file, refused);
  const done = await allOrNothing(tools.database, true, (tx) => book(tools, tx, file, occasion));
  return mappedReport(file, done, true);
}

/** One of the examples by its name, the mapping itself, or a file that holds it. */
export function mappingText(map: string): string {
  if (Object.hasOwn(EXAMPLES, map)) return JSON.stringify(EXAMPLES[map]);
  if (map.trimStart().startsWith("{")) return map;
  if (!fs.existsSync(map))
    throw new CliError(
      `there is no file ${map}, and no mapping of that name (there are ${Object.keys(EXAMPLES).join(", ")})`,
    );
  return fs.readFileSync(map, "utf8");
}

function say(lines: readonly string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}
