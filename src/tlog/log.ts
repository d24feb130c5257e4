import {
  append,
  EMPTY_ROOT,
  leafHash,
  nodeHash,
  rootOf,
  rootOfRange,
  splitPoint,
  type CompactRange,
  type Hash,
} from "./merkle.js";
import { hashesAt, TILE_WIDTH, type Tile } from "./tile.js";

/** The root of a full subtree of 256^level entries: a hash of a tile above the lowest. */
export interface LogNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/** What a log becomes when entries are added to it. */
export interface Extension {
  readonly range: CompactRange;
  readonly root: Hash;
  readonly hashes: readonly Hash[];
  readonly nodes: readonly LogNode[];
}

/** Adds entries to a log of which only the compact range is known. */
export function extend(before: CompactRange, bodies: readonly Uint8Array[]): Extension {
  const hashes = bodies.map(leafHash);
  const nodes: LogNode[] = [];
  let range = before;
  for (const hash of hashes) {
    const size = range.size + 1;
    range = append(range, hash, (width, root) => {
      const level = LEVEL_OF_WIDTH.get(width);
      if (level !== undefined) nodes.push({ level, index: size / width - 1, hash: root });
    });
  }
  return { range, root: rootOfRange(range), hashes, nodes };
}

/** 256 → 1, 65,536 → 2, … up to 2^48; a log never has more entries. */
const LEVEL_OF_WIDTH = new Map([1, 2, 3, 4, 5, 6].map((level) => [TILE_WIDTH ** level, level]));

export function encodeRange(range: CompactRange): Buffer {
  return Buffer.concat(range.hashes);
}

export function decodeRange(size: number, bytes: Uint8Array): CompactRange {
  return { size, hashes: Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(i * 32, i * 32 + 32)) };
}

/** Reads hashes of one level of the tiles: level 0 are the entries' own. */
export type HashesOf = (level: number, from: number, to: number) => Promise<readonly Hash[]>;

/** MTH(D[from:to]) out of the hashes of tiles; `from` is a multiple of the power of two that covers the range. */
export async function subtreeRoot(hashesOf: HashesOf, from: number, to: number): Promise<Hash> {
  const size = to - from;
  let [level, width] = [0, 1];
  while (size % (width * TILE_WIDTH) === 0 && from % (width * TILE_WIDTH) === 0) {
    level++;
    width *= TILE_WIDTH;
  }
  if (size / width <= TILE_WIDTH) return rootOf(await hashesOf(level, from / width, to / width));
  const middle = from + splitPoint(size);
  return nodeHash(await subtreeRoot(hashesOf, from, middle), await subtreeRoot(hashesOf, middle, to));
}

/** Runs a proof of merkle.ts whose subtrees have to be fetched: it is asked twice, once to hear which it wants. */
export async function proofFrom(
  hashesOf: HashesOf,
  proof: (subtree: (from: number, to: number) => Hash) => Hash[],
): Promise<Hash[]> {
  const wanted: [number, number][] = [];
  proof((from, to) => {
    wanted.push([from, to]);
    return EMPTY_ROOT;
  });
  const roots = new Map<string, Hash>();
  for (const [from, to] of wanted) roots.set(`${from} ${to}`, await subtreeRoot(hashesOf, from, to));
  return proof((from, to) => roots.get(`${from} ${to}`) ?? EMPTY_ROOT);
}

/** Is this a tile of a tree of this size: a full one, or the partial one at its edge or before it (it was there when the tree was that large)? */
export function isTileOf(tile: Tile, size: number): boolean {
  const level = tile.level === "entries" ? 0 : tile.level;
  return tile.index * TILE_WIDTH + tile.width <= hashesAt(level, size);
}
