import fc from "fast-check";
import { decodeRange, encodeRange, extend, isTileOf, proofFrom, subtreeRoot } from "./log.js";
import { consistencyProof, EMPTY_RANGE, inclusionPath, leafHash, rootOf, sameHash, type Hash } from "./merkle.js";

const bodies = (n: number): Uint8Array[] => Array.from({ length: n }, (_, i) => new TextEncoder().encode(`entry ${i}`));

describe("a log that is extended", () => {
  const all = bodies(66_000);
  const leaves = all.map(leafHash);
  const whole = extend(EMPTY_RANGE, all);
  const level = (l: number): readonly Hash[] =>
    l === 0 ? whole.hashes : whole.nodes.filter((node) => node.level === l).map((node) => node.hash);
  const hashesOf = (l: number, from: number, to: number): Promise<readonly Hash[]> =>
    Promise.resolve(level(l).slice(from, to));

  test.each([0, 1, 2, 255, 256, 257, 511, 65_537])(
    "at %i entries has the root and the nodes of the whole tree",
    (n) => {
      const { root, range, nodes } = extend(EMPTY_RANGE, all.slice(0, n));
      expect(sameHash(root, rootOf(leaves, 0, n))).toBe(true);
      expect(nodes.filter((node) => node.level === 1)).toHaveLength(Math.floor(n / 256));
      expect(nodes.filter((node) => node.level === 2)).toHaveLength(Math.floor(n / 65_536));
      for (const { level: l, index, hash } of nodes)
        expect(sameHash(hash, rootOf(leaves, index * 256 ** l, (index + 1) * 256 ** l))).toBe(true);
      expect(decodeRange(n, encodeRange(range))).toEqual({ size: n, hashes: range.hashes.map((h) => Buffer.from(h)) });
    },
  );

  test("is the same in however many steps it grew", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 8 }), (steps) => {
        let [range, at] = [EMPTY_RANGE, 0];
        const nodes = [];
        for (const step of steps) {
          const grown = extend(range, all.slice(at, at + step));
          nodes.push(...grown.nodes);
          [range, at] = [grown.range, at + step];
        }
        const once = extend(EMPTY_RANGE, all.slice(0, at));
        expect(range).toEqual(once.range);
        expect(nodes).toEqual(once.nodes);
      }),
      { numRuns: 50 },
    );
  });

  test("gives proofs out of tiles that are those of the tree in memory", async () => {
    const subtree = (from: number, to: number): Hash => rootOf(leaves, from, to);
    for (const [m, n] of [
      [0, 1],
      [5, 9],
      [255, 256],
      [256, 257],
      [300, 66_000],
      [65_535, 65_536],
      [65_536, 66_000],
    ] as const) {
      expect(await proofFrom(hashesOf, (s) => inclusionPath(m, n, s))).toEqual(inclusionPath(m, n, subtree));
      expect(await proofFrom(hashesOf, (s) => consistencyProof(m, n, s))).toEqual(consistencyProof(m, n, subtree));
    }
    expect(await subtreeRoot(hashesOf, 0, 66_000)).toEqual(whole.root);
  });
});

test("a tile belongs to a tree that is large enough for it", () => {
  expect(isTileOf({ level: 0, index: 0, width: 256 }, 255)).toBe(false);
  expect(isTileOf({ level: 0, index: 0, width: 255 }, 256)).toBe(true);
  expect(isTileOf({ level: "entries", index: 1, width: 1 }, 257)).toBe(true);
  expect(isTileOf({ level: 1, index: 0, width: 1 }, 256)).toBe(true);
  expect(isTileOf({ level: 1, index: 0, width: 1 }, 255)).toBe(false);
});
