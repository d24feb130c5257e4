import { createHash } from "node:crypto";
import fc from "fast-check";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.js";
import { cosign, cosignaturesOf } from "./cosignature.js";
import {
  append, consistencyProof, EMPTY_RANGE, EMPTY_ROOT, inclusionPath, isConsistent, leafHash, rootFromInclusion, rootOf, rootOfRange, sameHash, type Hash,
} from "./merkle.js"; // prettier-ignore
import {
  COSIGNATURE, formatNote, formatVerifierKey, parseNote, parseVerifierKey, sign, signingKey, verifyNote, type Note,
} from "./note.js"; // prettier-ignore
import { formatProof, parseProof } from "./proof.js";
import { bundlesBetween, decodeBundle, decodeTile, encodeBundle, encodeTile, hashesAt, parseTilePath, tilePath, tileRoot, tilesBetween } from "./tile.js"; // prettier-ignore

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const leaves = (n: number): Hash[] => Array.from({ length: n }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

/** A second implementation, as slow and as literal as the text of RFC 6962 section 2.1, with another library's SHA-256. */
const slow = {
  hash: (...parts: Uint8Array[]): Uint8Array => createHash("sha256").update(Buffer.concat(parts)).digest(),
  k: (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1),
  mth: (d: readonly Uint8Array[]): Uint8Array =>
    d.length === 0
      ? slow.hash()
      : d.length === 1
        ? slow.hash(Uint8Array.of(0), d[0]!)
        : slow.hash(Uint8Array.of(1), slow.mth(d.slice(0, slow.k(d.length))), slow.mth(d.slice(slow.k(d.length)))),
  path: (m: number, d: readonly Uint8Array[]): Uint8Array[] => {
    if (d.length === 1) return [];
    const k = slow.k(d.length);
    return m < k
      ? [...slow.path(m, d.slice(0, k)), slow.mth(d.slice(k))]
      : [...slow.path(m - k, d.slice(k)), slow.mth(d.slice(0, k))];
  },
  sub: (m: number, d: readonly Uint8Array[], b: boolean): Uint8Array[] => {
    if (m === d.length) return b ? [] : [slow.mth(d)];
    const k = slow.k(d.length);
    return m <= k
      ? [...slow.sub(m, d.slice(0, k), b), slow.mth(d.slice(k))]
      : [...slow.sub(m - k, d.slice(k), false), slow.mth(d.slice(0, k))];
  },
};

describe("the tree", () => {
  test("has the roots of the published vectors", () => {
    const entries = [
      "",
      "00",
      "10",
      "2021",
      "3031",
      "40414243",
      "5051525354555657",
      "606162636465666768696a6b6c6d6e6f",
    ];
    const roots = [
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]; // prettier-ignore
    const hashes = entries.map((entry) => leafHash(Buffer.from(entry, "hex")));
    expect(roots.map((_, n) => hex(rootOf(hashes.slice(0, n))))).toEqual(roots);
  });

  test("gives the same proofs as a second implementation for all (m, n) up to 130, and each of them verifies, and no other does", () => {
    const N = 130;
    const entries = Array.from({ length: N }, (_, i) => Buffer.from(`leaf ${i}`));
    const all = leaves(N);
    const known = new Map<number, Hash>();
    const subtree = (from: number, to: number): Hash => {
      const root = known.get(from * 1000 + to) ?? rootOf(all, from, to);
      known.set(from * 1000 + to, root);
      return root;
    };
    const roots = Array.from({ length: N + 1 }, (_, n) => rootOf(all, 0, n));
    const wrong = leafHash(Buffer.from("wrong"));
    for (let n = 0; n <= N; n++) {
      expect(hex(roots[n]!)).toBe(hex(slow.mth(entries.slice(0, n))));
      for (let m = 0; m <= n; m++) {
        const proof = consistencyProof(m, n, subtree);
        if (n % 13 === 0 && m > 0) expect(proof.map(hex)).toEqual(slow.sub(m, entries.slice(0, n), true).map(hex));
        expect(isConsistent(m, n, roots[m]!, roots[n]!, proof)).toBe(true);
        if (m > 0 && m < n) {
          expect(isConsistent(m, n, wrong, roots[n]!, proof)).toBe(false);
          expect(isConsistent(m, n, roots[m]!, wrong, proof)).toBe(false);
          expect(isConsistent(m, n, roots[m]!, roots[n]!, proof.slice(1))).toBe(false);
          expect(isConsistent(m, n, roots[m]!, roots[n]!, [...proof, wrong])).toBe(false);
        }
        if (m === n) continue;
        const path = inclusionPath(m, n, subtree);
        if (n % 13 === 0) expect(path.map(hex)).toEqual(slow.path(m, entries.slice(0, n)).map(hex));
        const reached = rootFromInclusion(all[m]!, m, n, path);
        expect(reached !== null && sameHash(reached, roots[n]!)).toBe(true);
        expect(rootFromInclusion(all[m]!, m, n, [...path, wrong])).toBeNull();
        const elsewhere = rootFromInclusion(wrong, m, n, path);
        expect(elsewhere !== null && sameHash(elsewhere, roots[n]!)).toBe(false);
      }
    }
  });

  test("grows by its compact range alone", () => {
    let range = EMPTY_RANGE;
    expect(hex(rootOfRange(range))).toBe(hex(EMPTY_ROOT));
    const all = leaves(600);
    all.forEach((leaf, i) => {
      range = append(range, leaf);
      if (i % 37 === 0 || i > 595) expect(hex(rootOfRange(range))).toBe(hex(rootOf(all, 0, i + 1)));
    });
  });
});

describe("tiles", () => {
  test.each<[number, [number, number, number][]]>([
    [0, []],
    [1, [[0, 0, 1]]],
    [255, [[0, 0, 255]]],
    [256, [[0, 0, 256], [1, 0, 1]]],
    [257, [[0, 0, 256], [0, 1, 1], [1, 0, 1]]],
    [511, [[0, 0, 256], [0, 1, 255], [1, 0, 1]]],
  ])("of a tree of %d", (size, expected) => {
    expect(tilesBetween(0, size).map((t) => [t.level, t.index, t.width])).toEqual(expected);
  }); // prettier-ignore

  test.each([65_535, 65_536, 65_537, 70_000, 2 ** 33 + 1])(
    "of a tree of %d have each level's last width, also beyond 2^32",
    (size) => {
      const last = tilesBetween(Math.max(0, size - 300), size);
      for (let level = 0; hashesAt(level, size) > 0; level++) {
        const n = hashesAt(level, size);
        const tile = last.filter((t) => t.level === level).at(-1);
        if (tile) expect([tile.index, tile.width]).toEqual([Math.floor((n - 1) / 256), n % 256 === 0 ? 256 : n % 256]);
      }
    },
  );

  test("of 65,537 leaves add up to the root, level by level", () => {
    const all = leaves(65_537);
    const level1 = Array.from({ length: 256 }, (_, i) => tileRoot(all.slice(i * 256, i * 256 + 256)));
    const level2 = tileRoot(level1);
    expect(hex(level2)).toBe(hex(rootOf(all, 0, 65_536)));
    expect(tilesBetween(0, 65_537).filter((t) => t.level === 2)).toEqual([{ level: 2, index: 0, width: 1 }]);
  });

  test("are found by their paths, and by no other spelling", () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
    expect(tilePath({ level: "entries", index: 5, width: 44 })).toBe("tile/entries/005.p/44");
    const tile = fc.record({
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant("entries" as const)),
      index: fc.oneof(fc.nat(2000), fc.integer({ min: 0, max: 2 ** 45 })),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(fc.property(tile, (t) => expect(parseTilePath(tilePath(t))).toEqual(t)));
    for (const path of [
      "tile/0/1",
      "tile/0/0001",
      "tile/00/001",
      "tile/0/001.p/0",
      "tile/0/001.p/256",
      "tile/0/001.p/01",
      "tile/64/001",
      "tile/0/x000/001",
      "tile/-1/001",
      "tile/entries/001.p/",
      "tile/0/001/",
      "tile/0/001\n",
    ])
      expect([path, parseTilePath(path)]).toEqual([path, null]);
  });

  test("carry hashes and entries; a full one may stand where a partial one was asked for", () => {
    const all = leaves(256);
    expect(decodeTile(encodeTile(all), 44)?.map(hex)).toEqual(all.slice(0, 44).map(hex));
    expect(decodeTile(encodeTile(all.slice(0, 3)), 4)).toBeNull();
    const entries = [Buffer.from(""), Buffer.alloc(65_535, 7), Buffer.from("x")];
    expect(decodeBundle(encodeBundle(entries), 3)?.map(hex)).toEqual(entries.map(hex));
    expect(decodeBundle(encodeBundle(entries), 2)).toHaveLength(2);
    expect(decodeBundle(encodeBundle(entries).slice(0, -1), 3)).toBeNull();
    expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow(RangeError);
    expect(bundlesBetween(256, 300)).toEqual([{ level: "entries", index: 1, width: 44 }]);
  });
});

describe("notes", () => {
  const VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  const EXAMPLE =
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
  const key = signingKey("example.org/fund/rent", new Uint8Array(32).fill(7));
  const witness = signingKey("witness.example", new Uint8Array(32).fill(9), COSIGNATURE);
  const text = "example.org/fund/rent\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

  test("the example of the specification verifies under its key, and not when a letter is another", () => {
    const known = parseVerifierKey(VKEY);
    expect(formatVerifierKey(known)).toBe(VKEY);
    expect(verifyNote(parseNote(EXAMPLE), [known])).toEqual([known]);
    expect(formatNote(parseNote(EXAMPLE))).toBe(EXAMPLE);
    expect(() => verifyNote(parseNote(EXAMPLE.replace("example message", "example massage")), [known])).toThrow(
      "does not fit",
    );
  });

  test("unknown signatures are passed over; one bad signature of a known key spoils the note; nobody known is nobody", () => {
    const note: Note = {
      text,
      signatures: [
        sign(text, signingKey("other", new Uint8Array(32).fill(1))),
        sign(text, key),
        cosign(text, witness, 1_764_000_000),
      ],
    };
    const read = parseNote(formatNote(note));
    expect(verifyNote(read, [key])).toEqual([key]);
    expect(cosignaturesOf(read, [witness])).toEqual([{ key: witness, time: 1_764_000_000 }]);
    expect(() => verifyNote(read, [witness])).toThrow("nobody");
    const spoiled = { ...note, signatures: [...note.signatures, { ...sign("other\n", key) }] };
    expect(() => verifyNote(spoiled, [key])).toThrow("does not fit");
    const late = {
      ...note,
      signatures: [{ ...cosign(text, witness, 5), bytes: cosign(text, witness, 6).bytes.slice().fill(0, 0, 8) }],
    };
    expect(() => cosignaturesOf(late, [witness])).toThrow("does not fit");
  });

  test.each([
    ["no signatures", "text\n\n"],
    ["no empty line", "text\n— a AAAAAAA=\n"],
    ["a tab", "te\txt\n\n— a AAAAAAA=\n"],
    ["a hyphen for the dash", "text\n\n- a AAAAAAA=\n"],
    ["base64 that is not canonical", "text\n\n— a AAAAAAB=\n"],
    ["a name with a plus", "text\n\n— a+b AAAAAAA=\n"],
    ["an end without LF", "text\n\n— a AAAAAAA="],
  ])("refuses %s", (_what, bad) => expect(() => parseNote(bad)).toThrow()); // prettier-ignore

  test("a checkpoint is read exactly as it is written", () => {
    const checkpoint = { origin: "example.org/fund/rent", size: 3, root: new Uint8Array(32) };
    expect(formatCheckpoint(checkpoint)).toBe(text);
    expect(parseCheckpoint(text, "example.org/fund/rent")).toEqual(checkpoint);
    expect(() => parseCheckpoint(text, "example.org/fund/bail")).toThrow("another log");
    for (const bad of [
      text.replace("\n3\n", "\n03\n"),
      text.replace("\n3\n", "\n-3\n"),
      text.replace("\n3\n", "\n9007199254740993\n"),
      text.replace("\n3\n", "\n0\n"),
      text.replace("AA=", "AB="),
      text.replace("AAA=", "A="),
    ])
      expect(() => parseCheckpoint(bad)).toThrow();
  });

  test("a receipt is read again, and leads from its leaf to the signed root", () => {
    const all = leaves(700);
    const subtree = (from: number, to: number): Hash => rootOf(all, from, to);
    const signed = formatCheckpoint({ origin: key.name, size: 700, root: rootOf(all) });
    const proof = parseProof(
      formatProof({
        index: 321,
        path: inclusionPath(321, 700, subtree),
        checkpoint: formatNote({ text: signed, signatures: [sign(signed, key)] }),
      }),
    );
    const note = parseNote(proof.checkpoint);
    verifyNote(note, [key]);
    const { size, root } = parseCheckpoint(note.text, key.name);
    expect(hex(rootFromInclusion(all[321]!, proof.index, size, proof.path)!)).toBe(hex(root));
    expect(() => parseProof(formatProof({ ...proof, index: -1 }))).toThrow();
    expect(parseProof(formatProof(proof).replace("index", "extra AAAA\nindex"))).toEqual(proof);
  });
});
