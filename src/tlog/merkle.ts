import { sha256 } from "@noble/hashes/sha2.js";

/** RFC 6962 section 2.1: SHA-256 hashes of 32 bytes. Sizes and indices are whole numbers below 2^53, so halves are taken by division and never by bit operators (those stop at 2^32). */
export type Hash = Uint8Array;

/** The root of the tree without leaves. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

/** SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Hash {
  return sha256.create().update(Uint8Array.of(0)).update(entry).digest();
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256.create().update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** The largest power of two strictly below n; n is 2 or more. */
export function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** MTH(D[from:to]) over leaf hashes. */
export function rootOf(leaves: readonly Hash[], from = 0, to = leaves.length): Hash {
  const n = to - from;
  if (n === 0) return EMPTY_ROOT;
  if (n === 1) return leaves[from] ?? EMPTY_ROOT;
  const k = splitPoint(n);
  return nodeHash(rootOf(leaves, from, from + k), rootOf(leaves, from + k, to));
}

/** MTH(D[from:to]) of some tree, whoever keeps it: in memory, or in tiles. `from` is a multiple of the power of two that covers the range. */
export type SubtreeRoot = (from: number, to: number) => Hash;

/** PATH(m, D[n]): the leaf's sibling first, the root's child last. Throws a RangeError unless 0 <= m < n. */
export function inclusionPath(m: number, n: number, subtree: SubtreeRoot): Hash[] {
  if (!(m >= 0 && m < n)) throw new RangeError("the leaf is not in the tree");
  const path = (from: number, to: number): Hash[] => {
    if (to - from === 1) return [];
    const k = splitPoint(to - from);
    return m < from + k
      ? [...path(from, from + k), subtree(from + k, to)]
      : [...path(from + k, to), subtree(from, from + k)];
  };
  return path(0, n);
}

/** PROOF(m, D[n]). Empty for m = 0 and m = n. Throws a RangeError unless 0 <= m <= n. */
export function consistencyProof(m: number, n: number, subtree: SubtreeRoot): Hash[] {
  if (!(m >= 0 && m <= n)) throw new RangeError("the older tree is not the smaller one");
  const sub = (from: number, to: number, whole: boolean): Hash[] => {
    if (m === to) return whole ? [] : [subtree(from, to)];
    const k = splitPoint(to - from);
    return m <= from + k
      ? [...sub(from, from + k, whole), subtree(from + k, to)]
      : [...sub(from + k, to, false), subtree(from, from + k)];
  };
  return m === 0 || m === n ? [] : sub(0, n, true);
}

/** The root that a leaf and its path add up to, or null when the path has the wrong length for this place in this tree (RFC 9162 section 2.1.3.2 says the same). */
export function rootFromInclusion(leaf: Hash, m: number, n: number, path: readonly Hash[]): Hash | null {
  if (!(m >= 0 && m < n)) return null;
  const climb = (from: number, to: number, left: number): Hash | null => {
    if (to - from === 1) return left === 0 ? leaf : null;
    const sibling = path[left - 1];
    if (sibling === undefined) return null;
    const k = splitPoint(to - from);
    const below = m < from + k ? climb(from, from + k, left - 1) : climb(from + k, to, left - 1);
    if (below === null) return null;
    return m < from + k ? nodeHash(below, sibling) : nodeHash(sibling, below);
  };
  return climb(0, n, path.length);
}

/** Does the proof show that the tree of size m with `older` as its root is a prefix of the tree of size n with `newer`? */
export function isConsistent(m: number, n: number, older: Hash, newer: Hash, proof: readonly Hash[]): boolean {
  if (!(m >= 0 && m <= n)) return false;
  if (m === n) return proof.length === 0 && sameHash(older, newer);
  if (m === 0) return proof.length === 0 && sameHash(older, EMPTY_ROOT);
  /** Both roots of a range, from the end of the proof to its beginning. */
  const climb = (from: number, to: number, whole: boolean, left: number): { older: Hash; newer: Hash } | null => {
    if (m === to) {
      const same = whole ? older : proof[0];
      return left === (whole ? 0 : 1) && same !== undefined ? { older: same, newer: same } : null;
    }
    const sibling = proof[left - 1];
    if (sibling === undefined) return null;
    const k = splitPoint(to - from);
    if (m <= from + k) {
      const below = climb(from, from + k, whole, left - 1);
      return below && { older: below.older, newer: nodeHash(below.newer, sibling) };
    }
    const below = climb(from + k, to, false, left - 1);
    return below && { older: nodeHash(sibling, below.older), newer: nodeHash(sibling, below.newer) };
  };
  const both = climb(0, n, true, proof.length);
  return both !== null && sameHash(both.older, older) && sameHash(both.newer, newer);
}

export function sameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The roots of the full subtrees that make up a tree, largest first: at most 53 hashes, and all that is needed to append. */
export interface CompactRange {
  readonly size: number;
  readonly hashes: readonly Hash[];
}

export const EMPTY_RANGE: CompactRange = { size: 0, hashes: [] };

/** `whenFull` hears of every subtree that this leaf completes, with its width; the leaf itself is left out. */
export function append(range: CompactRange, leaf: Hash, whenFull?: (width: number, root: Hash) => void): CompactRange {
  const hashes = [...range.hashes];
  let right = leaf;
  let width = 1;
  // As in binary addition: each trailing one of the size is a subtree as large as what is carried.
  for (let size = range.size; size % 2 === 1; size = Math.floor(size / 2)) {
    const left = hashes.pop();
    if (left === undefined) throw new RangeError("this compact range has too few hashes for its size");
    right = nodeHash(left, right);
    width *= 2;
    whenFull?.(width, right);
  }
  return { size: range.size + 1, hashes: [...hashes, right] };
}

export function rootOfRange(range: CompactRange): Hash {
  return range.hashes.length === 0 ? EMPTY_ROOT : range.hashes.reduceRight((right, left) => nodeHash(left, right));
}
