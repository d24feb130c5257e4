import path from "node:path";
import pg from "pg";
import type { Parts } from "../app.module.js";
import { HandClock } from "../kernel/clock.js";
import type { Instructions } from "../instructions.js";
import { Database } from "../platform/database/database.js";
import { ENTITIES } from "../entities.js";
import { makeWeb } from "../web.js";
import { FundClock } from "../fund-clock.js";
import { ensurePracticeFund } from "./practice-fund.js";
import { PracticeHistory } from "./practice-history.js";

/** Makes the practice fund and says so by returning; its history follows while people may already look around. Returns how to stop. */
export async function fillPracticeFund(
  { config, workerUrl }: Instructions,
  parts: Parts,
  tell: (message: object) => void,
): Promise<() => Promise<void>> {
  const today = parts.clock.now();
  const clock = new HandClock(today);
  // The clock's part of history publishes, and so needs the worker's role.
  const worker = await Database.connect(workerUrl, ENTITIES, 4);
  const app = await makeWeb({ ...parts, clock });
  const fund = await ensurePracticeFund(app, { ...parts, clock });
  // While history is being filled, the worker's clock stands by for this fund.
  const holder = new pg.Client({ connectionString: workerUrl });
  await holder.connect();
  await holder.query("select pg_advisory_lock(hashtextextended($1, 2))", [fund.fundId]);
  const fundClock = app.get(FundClock);
  const history = new PracticeHistory(
    app,
    parts,
    worker,
    clock,
    fund,
    fundClock,
    path.join(config.dataDir, "practice-history.json"),
    today,
  );
  const finished = history
    .fill()
    .then((filled) => filled && tell({ say: "The practice fund has its history." }))
    .catch((error: unknown) =>
      tell({ say: `The practice fund's history stopped: ${error instanceof Error ? error.message : "unknown"}` }),
    )
    .finally(async () => {
      await holder.end();
      await app.close();
      await worker.close();
      await parts.database.close();
    });
  return () =>
    Promise.race([finished.then(() => undefined), new Promise<void>((resolve) => setTimeout(resolve, 1000))]);
}
