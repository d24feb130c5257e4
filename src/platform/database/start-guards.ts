import pg from "pg";
import { ConfigError } from "../config/config.js";

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
