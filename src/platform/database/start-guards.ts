import pg from "pg";
import { ConfigError } from "../config/config.js";
import { migrationFiles } from "./migrate.js";

/** Practice never runs beside real money: refuses a database that holds a fund which is not for practice. */
export async function practiceMayRun(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from fund where not practice limit 1");
    if (rowCount !== 0)
      throw new ConfigError(
        "PRACTICE is on, and this database holds a real fund. Unset PRACTICE, or use another database.",
      );
  } finally {
    await client.end();
  }
}

/**
 * The guards of the books are triggers that no session switches off (ENABLE ALWAYS). Refuses a database in which one of those that the migrations wrote down is gone, asleep, or
 * could be switched off, and one whose schema this program does not know.
 */
export async function guardsAreAwake(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: known } = await client.query<{ name: string; sum: string }>(
      "select name, sum from schema_migration order by name",
    );
    const files = migrationFiles();
    if (
      known.length !== files.length ||
      known.some((row, i) => files[i]?.name !== row.name || files[i].sum !== row.sum)
    )
      throw new ConfigError(
        "this database has a schema that this version of Commonpot does not know; nothing was started.",
      );
    const { rows } = await client.query<{ table_name: string; trigger_name: string }>(
      `select g.table_name, g.trigger_name from guard g
       left join pg_trigger t on t.tgname = g.trigger_name and t.tgrelid = to_regclass(g.table_name) where t.tgenabled is distinct from 'A'`,
    );
    const [asleep] = rows;
    if (asleep)
      throw new ConfigError(
        `the guard ${asleep.trigger_name} on ${asleep.table_name} is not ENABLE ALWAYS: the books could be changed. Run commonpot audit, then restore the schema.`,
      );
    // What is written down could have been taken out together with its trigger; so much at least was there when the schema was made.
    const { rows: count } = await client.query<{ n: number }>("select count(*)::int as n from guard");
    if ((count[0]?.n ?? 0) < GUARDS_MIN) throw new ConfigError("guards of the books are missing from this database.");
  } finally {
    await client.end();
  }
}

/** As many guards as the migrations make (`test/rooms/ledger/start-guards`). */
export const GUARDS_MIN = 67;

/** Real money wants a database that keeps what it acknowledged: refuses one whose durability is switched off. */
export async function isDurable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')",
    );
    const off = rows.find(({ name, setting }) =>
      name === "synchronous_commit" ? !["on", "remote_apply"].includes(setting) : setting !== "on",
    );
    if (off)
      throw new ConfigError(
        `PostgreSQL runs with ${off.name} = ${off.setting}: a power cut would lose gifts that were acknowledged. Switch it on.`,
      );
  } finally {
    await client.end();
  }
}

/**
 * What people wrote is a parameter of a statement, and never its text: refuses a PostgreSQL that would write parameters into its log, of every statement, of slow ones, of some that it
 * picks, or of those that failed (PostgreSQL manual, 20.8.2 and 20.8.3).
 */
export async function logsNoParameters(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings
       where name = 'log_parameter_max_length_on_error' and setting <> '0'
          or current_setting('log_parameter_max_length') <> '0'
             and (name = 'log_statement' and setting in ('mod', 'all') or name in ('log_min_duration_statement', 'log_min_duration_sample') and setting <> '-1'
                  or name = 'log_transaction_sample_rate' and setting <> '0')
       order by name limit 1`,
    );
    const [loud] = rows;
    if (loud)
      throw new ConfigError(
        `PostgreSQL runs with ${loud.name} = ${loud.setting}: what people wrote would stand in its log. Set ${loud.name.endsWith("on_error") ? loud.name : "log_parameter_max_length"} = 0.`,
      );
  } finally {
    await client.end();
  }
}
