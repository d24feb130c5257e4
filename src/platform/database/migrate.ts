import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { projectRoot } from "../config/root.js";

/** A schema that this program cannot go on from, in one line. */
export class MigrationError extends Error {}

const FOLDER = path.join(projectRoot, "migrations");
/** Any constant of our own: two migrators of one database wait for each other. */
const LOCK = 7_263_001;

export interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  readonly sum: string;
}

export function migrationFiles(folder: string = FOLDER): MigrationFile[] {
  return fs
    .readdirSync(folder)
    .filter((name) => /^\d{13}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = fs.readFileSync(path.join(folder, name), "utf8");
      return { name, sql, sum: createHash("sha256").update(sql).digest("hex") };
    });
}

/**
 * Brings the schema up to date: graphile-worker's own migrations first, then ours in order, each in one transaction. Returns the names of
 * those that ran now. Throws a MigrationError when a file that ran before is gone or changed.
 */
export async function migrate(ownerUrl: string, files: readonly MigrationFile[] = migrationFiles()): Promise<string[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await runMigrations({ connectionString: ownerUrl, logger: undefined });
    await client.query(`create table if not exists schema_migration (name text primary key, sum text not null)`);
    const { rows } = await client.query<{ name: string; sum: string }>(
      "select name, sum from schema_migration order by name",
    );
    refuseOtherHistory(rows, files);
    const ran: string[] = [];
    for (const file of files.slice(rows.length)) {
      await runOne(client, file);
      ran.push(file.name);
    }
    return ran;
  } finally {
    await client.end();
  }
}

/** Before version 1.0 the baseline may be rewritten: then an older database is refused, and nothing in it is touched. */
function refuseOtherHistory(done: readonly { name: string; sum: string }[], files: readonly MigrationFile[]): void {
  done.forEach((row, i) => {
    const file = files[i];
    if (file?.name !== row.name || file.sum !== row.sum) {
      throw new MigrationError(
        `this database was made by another version of Commonpot (its migration ${row.name} is not ours). Use that version, or set DATA_DIR (practice) or DATABASE_URL to another place.`,
      );
    }
  });
}

async function runOne(client: pg.Client, file: MigrationFile): Promise<void> {
  await client.query("begin");
  try {
    await client.query(file.sql);
    await client.query("insert into schema_migration (name, sum) values ($1, $2)", [file.name, file.sum]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw new Error(`migration ${file.name}: ${(error as Error).message}`, { cause: error });
  }
}
