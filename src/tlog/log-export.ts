import fs from "node:fs";
import path from "node:path";
import type { LogReads, PublishedLog } from "./log-reads.service.js";
import { writeDurably } from "./signer.js";
import { bundlesBetween, tilePath, tilesBetween } from "./tile.js";

/**
 * Writes a published log as static files (C2SP tlog-tiles), tiles first and the checkpoint last, so that whoever mirrors meanwhile never sees a checkpoint without its
 * tiles. A file that is there must be the same, or this log is another one. Never puts a smaller checkpoint in place of a larger one. Returns how many files were written.
 */
export async function exportLog(
  reads: LogReads,
  log: PublishedLog,
  folder: string,
  progress: (done: number, of: number) => void,
): Promise<number> {
  const checkpoint = path.join(folder, "checkpoint");
  const before = fs.existsSync(checkpoint) ? Number(fs.readFileSync(checkpoint, "utf8").split("\n")[1]) : 0;
  if (before > log.size) throw new Error(`${checkpoint} is of a larger log: this one was rolled back`);
  const tiles = [...tilesBetween(0, log.size), ...bundlesBetween(0, log.size)];
  let written = 0;
  for (const [i, tile] of tiles.entries()) {
    const bytes = await reads.tile(log.fundId, tile);
    if (bytes === null) throw new Error(`the log has no ${tilePath(tile)}`);
    written += put(path.join(folder, ...tilePath(tile).split("/")), bytes) ? 1 : 0;
    progress(i + 1, tiles.length);
  }
  writeDurably(checkpoint, log.note);
  return written + 1;
}

function put(file: string, bytes: Uint8Array): boolean {
  if (fs.existsSync(file)) {
    if (Buffer.compare(fs.readFileSync(file), bytes) !== 0) throw new Error(`${file} is there, and is of another log`);
    return false;
  }
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeDurably(file, bytes);
  return true;
}
