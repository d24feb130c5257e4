import { decodeEntry } from "../publication/entry-format.js";
import { parseCheckpoint, type Checkpoint } from "../tlog/checkpoint.js";
import { append, EMPTY_RANGE, leafHash, rootOfRange, sameHash, type CompactRange, type Hash } from "../tlog/merkle.js";
import { NoteError, parseNote, parseVerifierKey, verifyNote, type Note } from "../tlog/note.js";
import { decodeBundle, encodeTile, hashesAt, tilePath, TILE_WIDTH, type Tile } from "../tlog/tile.js";
import { alarm, note, type Finding } from "./finding.js";
import { Replay } from "./replay.js";

/** Gives the bytes of a file below the log's prefix, or null where there is none. Throws when it cannot be reached. */
export type Fetch = (path: string) => Promise<Uint8Array | null>;

/** A checkpoint that somebody has seen before. */
export interface Seen {
  readonly size: number;
  readonly root: Hash;
}

/** What the verifier may rely on. It has to come from elsewhere than from the log. */
export interface Trust {
  /** Verifier keys of this log. */
  readonly vkeys: readonly string[];
  readonly seen: readonly Seen[];
  /** Checks the witnesses of a policy; a verifier without one relies on the fund alone. */
  readonly witnesses?: (note: Note) => readonly Finding[];
}

export interface Verified {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** The keys that sign from now on, as the log announced them. */
  readonly vkeys: readonly string[];
  readonly findings: readonly Finding[];
  /** Balance by public account, minor units. */
  readonly balances: ReadonlyMap<string, number>;
  readonly currency: string | null;
  readonly entries: number;
}

export type Progress = (done: number, of: number) => void;

/** Bundles that are fetched ahead. */
const AHEAD = 8;

/**
 * Reads a whole log and checks all that can be checked without believing anybody: signature, every entry against the root, tiles, earlier checkpoints, the grammar
 * and sums of entries, quorum and governance from the first entry on. Returns null for `verified` when the checkpoint itself cannot be read.
 */
export async function verify(
  fetch: Fetch,
  trust: Trust,
  progress: Progress = () => undefined,
): Promise<{ findings: readonly Finding[]; verified: Verified | null }> {
  const opened = await openCheckpoint(fetch, trust);
  if ("level" in opened) return { findings: [opened], verified: null };
  const { checkpoint, note: signed } = opened;
  const findings: Finding[] = [...(trust.witnesses?.(signed) ?? [note("nobody-else")])];
  const shorter = trust.seen.find((seen) => seen.size > checkpoint.size);
  if (shorter) findings.push(alarm("shorter", { detail: String(shorter.size) }));
  const reading = new Reading(fetch, trust, checkpoint, findings);
  const verified = await reading.whole(progress);
  return { findings: verified.findings, verified };
}

async function openCheckpoint(fetch: Fetch, trust: Trust): Promise<{ checkpoint: Checkpoint; note: Note } | Finding> {
  try {
    const bytes = await fetch("checkpoint");
    if (bytes === null) return alarm("unreachable", { detail: "there is no checkpoint" });
    const signed = parseNote(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const keys = trust.vkeys.map(parseVerifierKey);
    verifyNote(signed, keys);
    return { checkpoint: parseCheckpoint(signed.text, keys[0]?.name), note: signed };
  } catch (error) {
    return error instanceof NoteError || error instanceof TypeError
      ? alarm("not-signed", { detail: error.message })
      : alarm("unreachable", { detail: error instanceof Error ? error.message : "unknown" });
  }
}

/** Anything that made reading on impossible. */
class Missing extends Error {}

class Reading {
  private range: CompactRange = EMPTY_RANGE;
  /** Hashes by level, as the tiles must have them. Level 0 is checked tile by tile and not kept. */
  private readonly above = new Map<number, Hash[]>();
  private readonly replay: Replay;

  constructor(
    private readonly fetch: Fetch,
    private readonly trust: Trust,
    private readonly checkpoint: Checkpoint,
    private readonly findings: Finding[],
  ) {
    this.replay = new Replay(trust.vkeys[0] ?? "");
  }

  async whole(progress: Progress): Promise<Verified> {
    const { size, origin, root } = this.checkpoint;
    try {
      const tiles = Array.from({ length: Math.ceil(size / TILE_WIDTH) }, (_, index): Tile => ({
        level: 0,
        index,
        width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH),
      }));
      const coming = new Map<number, Promise<[Uint8Array[], Uint8Array]>>();
      for (const tile of tiles) {
        for (let i = tile.index; i < Math.min(tile.index + AHEAD, tiles.length); i++)
          if (!coming.has(i)) coming.set(i, this.pair(tiles[i] ?? tile));
        const pair = coming.get(tile.index);
        coming.delete(tile.index);
        if (pair) await this.bundle(tile, ...(await pair));
        progress(Math.min((tile.index + 1) * TILE_WIDTH, size), size);
      }
      await this.upperTiles(size);
      if (!sameHash(rootOfRange(this.range), root)) this.findings.push(alarm("root"));
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      this.findings.push(alarm("missing", { detail: error.message }));
    }
    this.findings.push(...this.replay.closing());
    const charter = this.replay.governance.charter;
    return {
      origin, size, root, vkeys: [...this.replay.vkeys], findings: this.findings, balances: this.replay.balances, currency: charter?.currency ?? null,
      entries: this.range.size,
    }; // prettier-ignore
  }

  private async pair(tile: Tile): Promise<[Uint8Array[], Uint8Array]> {
    const bundle: Tile = { ...tile, level: "entries" };
    const [bytes, hashes] = await Promise.all([this.file(bundle), this.file(tile)]);
    const bodies = decodeBundle(bytes, tile.width);
    if (bodies === null) throw new Missing(tilePath(bundle));
    return [bodies, hashes];
  }

  /** A partial tile may be gone once the full one is there (C2SP tlog-tiles, partial tiles): then the full one is cut. */
  private async file(tile: Tile): Promise<Uint8Array> {
    try {
      const bytes =
        (await this.fetch(tilePath(tile))) ??
        (tile.width < TILE_WIDTH ? await this.fetch(tilePath({ ...tile, width: TILE_WIDTH })) : null);
      if (bytes === null) throw new Missing(tilePath(tile));
      return bytes;
    } catch (error) {
      throw error instanceof Missing
        ? error
        : new Missing(`${tilePath(tile)} (${error instanceof Error ? error.message : "unknown"})`);
    }
  }

  private async bundle(tile: Tile, bodies: readonly Uint8Array[], served: Uint8Array): Promise<void> {
    const hashes = bodies.map(leafHash);
    this.compare(tile, hashes, served);
    for (const [i, body] of bodies.entries()) {
      const index = tile.index * TILE_WIDTH + i;
      this.grow(hashes[i] ?? leafHash(body));
      const entry = decodeEntry(body);
      if (typeof entry === "string") this.findings.push(alarm("not-an-entry", { index, detail: entry }));
      else this.findings.push(...(await this.replay.read(entry, index)));
    }
  }

  private grow(hash: Hash): void {
    this.range = append(this.range, hash, (width, root) => {
      for (let level = 1, full = TILE_WIDTH; full <= width; level++, full *= TILE_WIDTH)
        if (full === width) this.above.set(level, [...(this.above.get(level) ?? []), root]);
    });
    const seen = this.trust.seen.find((s) => s.size === this.range.size);
    if (seen && !sameHash(seen.root, rootOfRange(this.range)))
      this.findings.push(alarm("rewritten", { detail: String(seen.size) }));
  }

  private async upperTiles(size: number): Promise<void> {
    for (let level = 1; hashesAt(level, size) > 0; level++) {
      const hashes = this.above.get(level) ?? [];
      for (let index = 0; index * TILE_WIDTH < hashes.length; index++) {
        const part = hashes.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
        const tile: Tile = { level, index, width: part.length };
        this.compare(tile, part, await this.file(tile));
      }
    }
  }

  private compare(tile: Tile, hashes: readonly Hash[], served: Uint8Array): void {
    const expected = encodeTile(hashes);
    if (!sameHash(expected, served.slice(0, expected.length)) || served.length % 32 !== 0)
      this.findings.push(alarm("tile", { detail: tilePath(tile) }));
  }
}
