import { Injectable } from "@nestjs/common";
import { Database, row, rows, type Tx } from "../platform/database/database.js";
import { proofFrom, type HashesOf } from "./log.js";
import { consistencyProof, inclusionPath, type Hash } from "./merkle.js";
import { formatProof } from "./proof.js";
import { encodeBundle, encodeTile, TILE_WIDTH, type Tile } from "./tile.js";

/** A log as everybody is shown it. */
export interface PublishedLog {
  readonly fundId: string;
  readonly origin: string;
  /** The key that it began with; entries of kind "key" announce others. */
  readonly vkey: string;
  readonly size: number;
  /** The signed note, with cosignatures. */
  readonly note: string;
  readonly unwitnessedSince: string | null;
}

/** Reading a log: its tiles and bundles are views of rows that never change. */
@Injectable()
export class LogReads {
  constructor(private readonly database: Database) {}

  /** Null until the first checkpoint is published. */
  async published(fundId: string, tx: Tx = this.database.read): Promise<PublishedLog | null> {
    const found = await row<{
      origin: string;
      vkey: string;
      size: string;
      note: string;
      unwitnessed_since: string | null;
    }>(
      tx,
      "select l.origin, l.vkey, p.size, p.note, p.unwitnessed_since::text as unwitnessed_since from published p join log l using (fund_id) where fund_id = $1",
      [fundId],
    );
    if (found === null) return null;
    const { origin, vkey, note } = found;
    return { fundId, origin, vkey, note, size: Number(found.size), unwitnessedSince: found.unwitnessed_since };
  }

  /** Why the log stands still, and since when; null when it goes on. */
  async halted(fundId: string): Promise<{ reason: string; day: string } | null> {
    return row(this.database.read, "select reason, day::text as day from halted where fund_id = $1", [fundId]);
  }

  async bodies(fundId: string, from: number, to: number): Promise<Buffer[]> {
    const found = await this.database.plain<{ body: Buffer }>(
      "select body from log_entry where fund_id = $1 and idx >= $2 and idx < $3 order by idx",
      [fundId, from, to],
    );
    return found.map((entry) => entry.body);
  }

  hashesOf(fundId: string, tx: Tx = this.database.read): HashesOf {
    return async (level, from, to): Promise<Hash[]> => {
      const sql =
        level === 0
          ? "select hash from log_entry where fund_id = $1 and idx >= $2 and idx < $3 order by idx"
          : "select hash from log_node where fund_id = $1 and idx >= $2 and idx < $3 and level = $4 order by idx";
      const found = await rows<{ hash: Buffer }>(tx, sql, [fundId, from, to, ...(level === 0 ? [] : [level])]);
      return found.map(({ hash }) => new Uint8Array(hash));
    };
  }

  /** The bytes of a tile or a bundle; null when the log has not that much. */
  async tile(fundId: string, tile: Tile): Promise<Uint8Array | null> {
    const from = tile.index * TILE_WIDTH;
    if (tile.level === "entries") {
      const bodies = await this.bodies(fundId, from, from + tile.width);
      return bodies.length === tile.width ? encodeBundle(bodies) : null;
    }
    const hashes = await this.hashesOf(fundId)(tile.level, from, from + tile.width);
    return hashes.length === tile.width ? encodeTile(hashes) : null;
  }

  consistency(fundId: string, from: number, to: number, tx?: Tx): Promise<Hash[]> {
    return proofFrom(this.hashesOf(fundId, tx), (subtree) => consistencyProof(from, to, subtree));
  }

  /** An entry's tlog-proof against the published checkpoint; null when it is not under it yet. */
  async proof(log: PublishedLog, index: number): Promise<string | null> {
    if (index >= log.size) return null;
    const path = await proofFrom(this.hashesOf(log.fundId), (subtree) => inclusionPath(index, log.size, subtree));
    return formatProof({ index, path, checkpoint: log.note });
  }
}
