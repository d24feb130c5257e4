#!/usr/bin/env node
import { ConfigError, configOrExit, EXIT_CONFIG } from "../platform/config/config.js";
import { EmbeddedPostgresError } from "../platform/database/postgres-process.js";
import { MigrationError } from "../platform/database/migrate.js";
import { Refusal } from "../kernel/refusal.js";
import { auditVerb } from "./audit/audit.js";
import { CliError, usage, type Verb } from "./command.js";
import { fundVerb } from "./fund.js";
import { FileError } from "./import/csv-rows.js";
import { importVerb } from "./import/import.js";
import { logVerb } from "./log.js";
import { migrateVerb } from "./migrate.js";
import { verifyVerb } from "./verify/verify.js";
import { witnessVerb } from "./witness.js";
import { sentenceFor } from "./sentences.js";

const VERBS: Readonly<Record<string, Verb>> = {
  fund: fundVerb,
  import: importVerb,
  audit: auditVerb,
  migrate: migrateVerb,
  verify: verifyVerb,
  log: logVerb,
  witness: witnessVerb,
};

async function main(): Promise<number> {
  const [name = "help", ...rest] = process.argv.slice(2);
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb) {
    const asked = ["help", "--help", "-h"].includes(name);
    (asked ? process.stdout : process.stderr).write(
      asked ? usage(VERBS) : `commonpot: there is no verb "${name}"\n\n${usage(VERBS)}`,
    );
    return asked ? 0 : 1;
  }
  return verb.run(rest, configOrExit());
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof Refusal) process.stderr.write(`commonpot: ${sentenceFor(error)}\n`);
  else if (
    error instanceof CliError ||
    error instanceof FileError ||
    error instanceof EmbeddedPostgresError ||
    error instanceof MigrationError ||
    error instanceof ConfigError
  ) {
    process.stderr.write(`commonpot: ${error.message}\n`);
  } else throw error;
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1;
}
