import type { Database } from "../../src/platform/database/database.js";
import { LogReads } from "../../src/tlog/log-reads.service.js";
import { isTileOf } from "../../src/tlog/log.js";
import { parseTilePath } from "../../src/tlog/tile.js";
import { verify, type Fetch, type Seen, type Verified } from "../../src/verify/verify.js";
import type { Finding } from "../../src/verify/finding.js";

/** A published log as a stranger would fetch it, without the network. */
export function fetchOf(database: Database, fundId: string): Fetch {
  const reads = new LogReads(database);
  return async (path) => {
    const log = await reads.published(fundId);
    if (log === null) return null;
    if (path === "checkpoint") return new TextEncoder().encode(log.note);
    const tile = parseTilePath(path);
    return tile === null || !isTileOf(tile, log.size) ? null : reads.tile(fundId, tile);
  };
}

/** Verifies with what the log itself states as its first key, and with `seen` as memory. */
export async function verified(
  database: Database,
  fundId: string,
  seen: readonly Seen[] = [],
): Promise<{ alarms: Finding[]; verified: Verified | null }> {
  const log = await new LogReads(database).published(fundId);
  const { findings, verified: result } = await verify(fetchOf(database, fundId), { vkeys: [log?.vkey ?? ""], seen });
  return { alarms: findings.filter((f) => f.level === "alarm"), verified: result };
}
