import { EMPTY_ROOT, nodeHash, type Hash } from "./merkle.js";

/** C2SP tlog-tiles: paths and contents. A tile holds up to 256 hashes of its level, an entry bundle up to 256 entries. */
export const TILE_WIDTH = 256;
const HASH_SIZE = 32;
/** An entry's length travels in two bytes. */
const ENTRY_SIZE_MAX = 65_535;

/** `level` is "entries" for a bundle; `width` is 256 for a full one. */
export interface Tile {
  readonly level: number | "entries";
  readonly index: number;
  readonly width: number;
}

/** Groups of three digits, all but the last with an x before them: 1234067 -> x001/x234/067. */
function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** `tile/0/x001/067`, `tile/entries/000.p/44`; without the log's prefix. */
export function tilePath(tile: Tile): string {
  return `tile/${tile.level}/${indexPath(tile.index)}${tile.width === TILE_WIDTH ? "" : `.p/${tile.width}`}`;
}

/** Reads a path as strictly as it is written; null for any other spelling of it. */
export function parseTilePath(path: string): Tile | null {
  const match = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!match) return null;
  const [, level = "", groups = "", width] = match;
  const index = Number(groups.replace(/[x/]/g, ""));
  const tile: Tile = {
    level: level === "entries" ? level : Number(level),
    index,
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const possible =
    Number.isSafeInteger(index) && tile.width <= TILE_WIDTH && (level === "entries" || Number(level) <= 63);
  return possible && tilePath(tile) === path && !(width !== undefined && tile.width === TILE_WIDTH) ? tile : null;
}

/** How many hashes of a level a tree of this size has: floor(size / 256^level). */
export function hashesAt(level: number, size: number): number {
  let n = size;
  for (let i = 0; i < level; i++) n = Math.floor(n / TILE_WIDTH);
  return n;
}

/** The tiles of all levels that differ between two sizes of a tree, the rightmost one of each level partial where it is. With `from` 0: all tiles of the tree. */
export function tilesBetween(from: number, to: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; hashesAt(level, to) > 0; level++) {
    const [old, now] = [hashesAt(level, from), hashesAt(level, to)];
    if (old === now) continue;
    for (let index = Math.floor(old / TILE_WIDTH); index * TILE_WIDTH < now; index++)
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, now - index * TILE_WIDTH) });
  }
  return tiles;
}

/** The same for entry bundles. */
export function bundlesBetween(from: number, to: number): Tile[] {
  return from === to
    ? []
    : tilesBetween(from, to)
        .filter((tile) => tile.level === 0)
        .map((tile) => ({ ...tile, level: "entries" }));
}

/** The hash that a full tile contributes to the level above. */
export function tileRoot(hashes: readonly Hash[]): Hash {
  if (hashes.length !== TILE_WIDTH) throw new RangeError("only a full tile is hashed into the level above");
  const climb = (level: readonly Hash[]): Hash => {
    const [left, right, ...more] = level;
    if (left === undefined || right === undefined) return left ?? EMPTY_ROOT;
    return more.length === 0 ? nodeHash(left, right) : climb(pairs(level));
  };
  return climb(hashes);
}

function pairs(level: readonly Hash[]): Hash[] {
  const above: Hash[] = [];
  level.forEach((right, i) => {
    const left = level[i - 1];
    if (i % 2 === 1 && left !== undefined) above.push(nodeHash(left, right));
  });
  return above;
}

export function encodeTile(hashes: readonly Hash[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_SIZE);
  hashes.forEach((hash, i) => bytes.set(hash, i * HASH_SIZE));
  return bytes;
}

/** The hashes of a tile of a known width; a wider one (the full one in place of a partial one) is cut. Null when it is too short or no tile at all. */
export function decodeTile(bytes: Uint8Array, width: number): Hash[] | null {
  if (bytes.length % HASH_SIZE !== 0 || bytes.length < width * HASH_SIZE || bytes.length > TILE_WIDTH * HASH_SIZE)
    return null;
  return Array.from({ length: width }, (_, i) => bytes.slice(i * HASH_SIZE, (i + 1) * HASH_SIZE));
}

/** Throws a RangeError for an entry beyond 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((size, entry) => size + 2 + entry.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > ENTRY_SIZE_MAX) throw new RangeError("an entry has at most 65,535 bytes");
    view.setUint16(at, entry.length);
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** The first `width` entries of a bundle; null when there are fewer, when one is cut off, or when the bundle of this width has bytes to spare. */
export function decodeBundle(bytes: Uint8Array, width: number): Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return null;
    const end = at + 2 + view.getUint16(at);
    if (end > bytes.length) return null;
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  return entries.length < width || entries.length > TILE_WIDTH ? null : entries.slice(0, width);
}
