// jest maps no module names here, so this runs on what `npm test` has just built.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { launchEmbeddedPostgres } from "../../dist/platform/database/embedded-postgres.js";
import { migrate } from "../../dist/platform/database/migrate.js";

/** One real PostgreSQL for the whole run; its database is migrated once and each test file clones it. */
export default async function globalSetup() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-test-"));
  const postgres = await launchEmbeddedPostgres({ dir: path.join(dir, "postgres"), durable: false });
  await migrate(postgres.urls.owner);
  process.env.TEST_DATABASE_URLS = JSON.stringify(postgres.urls);
  globalThis.started = { postgres, dir };
}
