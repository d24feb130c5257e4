import fs from "node:fs";
import path from "node:path";
import { LogReads } from "../tlog/log-reads.service.js";
import { exportLog } from "../tlog/log-export.js";
import { LogSigner } from "../tlog/signer.js";
import { rows } from "../platform/database/database.js";
import type { Config } from "../platform/config/config.js";
import { CliError, given, withDatabase, type Verb } from "./command.js";

export const logVerb: Verb = {
  help: [
    "log export <dir> [--fund <slug>]     writes the published logs as static files, for mirrors",
    "log adopt-head [--fund <slug>]       makes the signer believe this database: only when it is the newest that ever was",
    "log add-key | log retire-key         key rotation: both sign from the next publication on; then the old one goes",
  ],
  async run(words, config) {
    const [act, ...rest] = words;
    const keyFile = config.logKeyFile ?? path.join(config.dataDir, "log.key");
    switch (act) {
      case "export":
        return exportLogs(rest, config);
      case "adopt-head":
        return adoptHead(rest, config, keyFile);
      case "add-key":
        LogSigner.addKey(keyFile);
        return say("The key is added. Restart the worker: the next publication announces it, signed by both keys.");
      case "retire-key":
        LogSigner.retireKey(keyFile);
        return say("The oldest key is retired. Restart the worker: the next publication says so.");
      default:
        throw new CliError("log what? export, adopt-head, add-key or retire-key");
    }
  },
};

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

async function exportLogs(words: readonly string[], config: Config): Promise<number> {
  const { values, words: rest } = given(words, ["fund"]);
  const [folder] = rest;
  if (folder === undefined) throw new CliError("log export <dir>");
  return withDatabase(config, async ({ database, funds }) => {
    const reads = new LogReads(database);
    const chosen = (await funds.list(database.read)).filter(
      (fund) => values["fund"] === undefined || fund.slug === values["fund"],
    );
    if (chosen.length === 0) throw new CliError("there is no such fund");
    for (const fund of chosen) {
      const log = await reads.published(fund.fundId);
      if (log === null) continue;
      const files = await exportLog(reads, log, path.join(folder, fund.slug, "log"), (done, of) =>
        process.stderr.write(`\r${fund.slug}: ${done} of ${of} files`),
      );
      process.stderr.write("\n");
      say(`${fund.slug}: ${log.size} entries, ${files} files written`);
    }
    return 0;
  });
}

/** The signer takes the database's size and root as what it signed last. */
async function adoptHead(words: readonly string[], config: Config, keyFile: string): Promise<number> {
  const { values } = given(words, ["fund"]);
  if (!fs.existsSync(keyFile)) throw new CliError(`there is no key file ${keyFile}`);
  const signer = LogSigner.open(keyFile);
  return withDatabase(config, async ({ database }) => {
    const logs = await rows<{ slug: string; origin: string; size: string; root: Buffer }>(
      database.read,
      "select f.slug, l.origin, l.size, c.root from log l join fund f using (fund_id) join checkpoint c using (fund_id, size) where $1::text is null or f.slug = $1 order by 1",
      [values["fund"] ?? null],
    );
    if (logs.length === 0) throw new CliError("there is no log to adopt");
    for (const log of logs) {
      signer.remember(log.origin, { size: Number(log.size), root: new Uint8Array(log.root) });
      say(`${log.slug}: the signer goes on from ${log.size} entries`);
    }
    return 0;
  });
}
