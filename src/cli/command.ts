import { parseArgs } from "node:util";
import { Journal } from "../ledger/journal.service.js";
import { Submissions } from "../publication/submissions.service.js";
import { Funds } from "../funds/funds.service.js";
import type { Config } from "../platform/config/config.js";
import { Database } from "../platform/database/database.js";
import { migrate } from "../platform/database/migrate.js";
import { openDatabase } from "../platform/database/open.js";
import { CharterRow, FundRow } from "../funds/fund.entity.js";
import { InvitationRow } from "../treasurers/treasurer.entity.js";

export interface Verb {
  /** One line or more for `commonpot help`. */
  readonly help: readonly string[];
  /** Returns the exit status. */
  run(words: readonly string[], config: Config): Promise<number>;
}

/** A wrong command line, in one line. */
export class CliError extends Error {}

export function usage(verbs: Readonly<Record<string, Verb>>): string {
  return `usage: npm run -s commonpot -- <verb> …\n\n${Object.values(verbs)
    .flatMap((v) => v.help)
    .map((line) => `  ${line}\n`)
    .join("")}`;
}

export interface Given {
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Those of the flags that were given. */
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

/** Parses `--name value` options and `--name` flags; throws a CliError that says what was wrong. */
export function given(words: readonly string[], options: readonly string[], flags: readonly string[] = []): Given {
  const config: Record<string, { type: "string" | "boolean" }> = {};
  for (const name of options) config[name] = { type: "string" };
  for (const name of flags) config[name] = { type: "boolean" };
  try {
    const parsed = parseArgs({ args: [...words], options: config, allowPositionals: true });
    const all = Object.entries(parsed.values);
    return {
      values: Object.fromEntries(all.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []))),
      flags: new Set(all.filter(([, value]) => value === true).map(([name]) => name)),
      words: parsed.positionals,
    };
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

export interface Tools {
  readonly database: Database;
  readonly journal: Journal;
  readonly funds: Funds;
  readonly submissions: Submissions;
}

/** A check of a large book or an import takes longer than any page may wait. */
const NO_TIMEOUT = 0;

/** Opens the database (beside a running server, or on its own), brings the schema up to date, and closes both at the end. */
export async function withDatabase<T>(config: Config, act: (tools: Tools) => Promise<T>): Promise<T> {
  const open = await openDatabase(config, { join: true });
  try {
    await migrate(open.urls.owner);
    const database = await Database.connect(open.urls.app, [FundRow, CharterRow, InvitationRow], 2, NO_TIMEOUT);
    try {
      const journal = new Journal();
      const submissions = new Submissions();
      const funds = new Funds(journal, submissions);
      if (config.practice && (await funds.hasRealFund(database.read))) {
        throw new CliError(
          "PRACTICE is on, and this database holds a real fund. Unset PRACTICE, or use another database.",
        );
      }
      return await act({ database, journal, funds, submissions });
    } finally {
      await database.close();
    }
  } finally {
    await open.stop();
  }
}
