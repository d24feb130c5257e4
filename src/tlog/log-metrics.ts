import { Gauge, register } from "prom-client";
import { row, type Database } from "../platform/database/database.js";

const BEHIND = "commonpot_logs_behind";
const HALTED = "commonpot_logs_halted";

/** For whoever watches the server: logs whose newest signed checkpoint nobody is shown yet, and logs that stand still. Either one above 0 for a minute is an alarm (docs/operating.md). */
export function measureLogs(database: Database): void {
  for (const name of [BEHIND, HALTED]) register.removeSingleMetric(name);
  const counted = async (sql: string): Promise<number> => {
    try {
      return Number((await row<{ n: string }>(database.read, sql))?.n ?? 0);
    } catch {
      // The database is away: /readyz says so, and the other metrics are still answered.
      return Number.NaN;
    }
  };
  const gauge = (name: string, help: string, sql: string): Gauge =>
    new Gauge({
      name,
      help,
      async collect() {
        this.set(await counted(sql));
      },
    });
  gauge(
    BEHIND,
    "Logs whose newest signed checkpoint is not published yet",
    "select count(*) as n from log l left join published p using (fund_id) where p.size is distinct from l.size",
  );
  gauge(HALTED, "Logs that nothing may be signed for", "select count(*) as n from halted");
}
