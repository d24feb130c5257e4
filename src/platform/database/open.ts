import path from "node:path";
import type { Config } from "../config/config.js";
import { launchEmbeddedPostgres, type DatabaseUrls } from "./embedded-postgres.js";

export interface OpenDatabase {
  readonly urls: Omit<DatabaseUrls, "superuser">;
  /** Stops the embedded server if we started it; does nothing to your own PostgreSQL. */
  stop(): Promise<void>;
}

/** Your own PostgreSQL when it is configured, else the embedded one of DATA_DIR. */
export async function openDatabase(config: Config, options: { join: boolean }): Promise<OpenDatabase> {
  if (config.databaseUrl !== null && config.databaseOwnerUrl !== null && config.databaseWorkerUrl !== null) {
    const urls = { app: config.databaseUrl, owner: config.databaseOwnerUrl, worker: config.databaseWorkerUrl };
    return { urls, stop: () => Promise.resolve() };
  }
  return launchEmbeddedPostgres({ dir: path.join(config.dataDir, "postgres"), join: options.join });
}
