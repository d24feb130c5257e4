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
