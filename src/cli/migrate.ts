import { migrate } from "../platform/database/migrate.js";
import { openDatabase } from "../platform/database/open.js";
import type { Verb } from "./command.js";

export const migrateVerb: Verb = {
  help: ["migrate                              brings the database's schema up to date"],
  async run(_words, config) {
    const open = await openDatabase(config, { join: true });
    try {
      const ran = await migrate(open.urls.owner);
      process.stdout.write(
        ran.length === 0 ? "The schema is up to date.\n" : ran.map((name) => `ran ${name}\n`).join(""),
      );
    } finally {
      await open.stop();
    }
    return 0;
  },
};
