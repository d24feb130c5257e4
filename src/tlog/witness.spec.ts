import {
  COSIGNATURE,
  formatNote,
  formatVerifierKey,
  parseSignature,
  sign,
  signingKey,
  type SigningKey,
} from "./note.js";
import { formatCheckpoint } from "./checkpoint.js";
import { consistencyProof, EMPTY_ROOT, leafHash, rootOf, type Hash } from "./merkle.js";
import { parsePolicy, quorumSatisfied } from "./policy.js";
import { answer, formatAddCheckpoint, parseAddCheckpoint, type Cosigned, type WitnessAnswer } from "./witness.js";

const ORIGIN = "pot.example.org/elm/log";
const key = (name: string, fill: number, type?: number): SigningKey =>
  signingKey(name, new Uint8Array(32).fill(fill), type);
const log = key(ORIGIN, 1);
const witness = key("sister.example.org", 2, COSIGNATURE);
const leaves = Array.from({ length: 40 }, (_, i) => leafHash(new TextEncoder().encode(`entry ${i}`)));
const forked = leaves.map((leaf, i) => (i === 5 ? leafHash(new Uint8Array(1)) : leaf));
const noteOf = (size: number, from = leaves, by = log, origin = ORIGIN, root = rootOf(from, 0, size)): string => {
  const text = formatCheckpoint({ origin, size, root });
  return formatNote({ text, signatures: [sign(text, by)] });
};
const proofOf = (old: number, size: number): Hash[] =>
  consistencyProof(old, size, (from, to) => rootOf(leaves, from, to));
const at = (size: number, from = leaves): Cosigned => ({ size, root: rootOf(from, 0, size) });
const ask = (body: string, remembered: Cosigned | null): WitnessAnswer =>
  answer(
    body,
    { keysOf: (origin) => (origin === ORIGIN ? [log] : []), remembered: () => remembered },
    witness,
    1_795_000_000,
  );
const request = (old: number, size: number, more: { proof?: Hash[]; checkpoint?: string } = {}): string =>
  formatAddCheckpoint({ old, proof: more.proof ?? proofOf(old, size), checkpoint: more.checkpoint ?? noteOf(size) });

describe("a witness", () => {
  test("cosigns a first checkpoint, one that grew, and the same one again", () => {
    for (const [remembered, old, size] of [
      [null, 0, 7],
      [at(7), 7, 20],
      [at(20), 20, 20],
      [null, 0, 0],
    ] as const) {
      const said = ask(request(old, size), remembered);
      expect(said.status).toBe(200);
      expect(parseSignature(said.body.trimEnd()).name).toBe("sister.example.org");
      expect(said.remember?.size).toBe(size);
    }
  });

  test.each<[string, number, string, Cosigned | null]>([
    [
      "a log that it does not know",
      404,
      request(0, 7, { checkpoint: noteOf(7, leaves, key("x/log", 1), "x/log") }),
      null,
    ],
    [
      "a checkpoint that the log did not sign",
      403,
      request(0, 7, { checkpoint: noteOf(7, leaves, key(ORIGIN, 9)) }),
      null,
    ],
    ["nonsense", 400, "old x\n\n", null],
    ["an old size with a leading zero", 400, request(0, 7).replace("old 0", "old 00"), null],
    ["an old size beyond the new one", 400, request(7, 7).replace("old 7", "old 8"), at(8)],
    ["an old size that is not the one it remembers", 409, request(7, 20), at(9)],
    ["a proof that does not hold", 422, request(7, 20, { proof: [EMPTY_ROOT] }), at(7)],
    ["a fork of the same size", 422, request(20, 20, { checkpoint: noteOf(20, forked) }), at(20)],
    ["a fork that grew", 422, request(7, 20, { checkpoint: noteOf(20, forked) }), at(7)],
    ["a proof from nothing", 422, request(0, 7, { proof: [EMPTY_ROOT] }), null],
    ["an empty log with a root", 422, request(0, 0, { checkpoint: noteOf(0, leaves, log, ORIGIN, leaves[0]) }), null],
    ["64 lines of proof", 400, request(0, 7, { proof: Array.from({ length: 64 }, () => EMPTY_ROOT) }), null],
  ])("refuses %s with %i, and remembers nothing", (_what, status, body, remembered) => {
    const said = ask(body, remembered);
    expect(said.status).toBe(status);
    expect(said.remember).toBeUndefined();
    if (status === 409) expect(said).toMatchObject({ contentType: "text/x.tlog.size", body: "9\n" });
  });

  test("reads what it writes", () => {
    const asked = parseAddCheckpoint(request(7, 20));
    expect(asked).toEqual({ old: 7, proof: proofOf(7, 20).map((h) => new Uint8Array(h)), checkpoint: noteOf(20) });
  });
});

describe("a policy", () => {
  const vkeys = [3, 4, 5].map((fill) => formatVerifierKey(key(`w${fill}.example`, fill, COSIGNATURE)));
  const text = `# whom we ask\nlog ${formatVerifierKey(log)}\n${vkeys.map((v, i) => `witness w${i} ${v} https://w${i}.example/\n`).join("")}group two 2 w0 w1 w2\nquorum two\n`;

  test("wants as many as it says", () => {
    const policy = parsePolicy(text);
    const signedBy = (...names: string[]) => new Set(names);
    expect(quorumSatisfied(policy, signedBy("w0"))).toBe(false);
    expect(quorumSatisfied(policy, signedBy("w0", "w2"))).toBe(true);
    expect(quorumSatisfied(parsePolicy(text.replace("quorum two", "quorum none")), new Set())).toBe(true);
    expect(quorumSatisfied(parsePolicy(text.replace("two 2", "two all")), signedBy("w0", "w1"))).toBe(false);
    expect(quorumSatisfied(parsePolicy(text.replace("two 2", "two any")), signedBy("w1"))).toBe(true);
  });

  test.each([
    ["no quorum", text.replace("quorum two\n", "")],
    ["two quorums", `${text}quorum none\n`],
    ["a quorum of strangers", text.replace("quorum two", "quorum three")],
    ["a member that is defined later", text.replace("w0 w1 w2\n", "w0 w1 w9\n")],
    ["a member twice", text.replace("w0 w1 w2\n", "w0 w0 w2\n")],
    ["more than there are", text.replace("two 2", "two 4")],
    ["a name twice", text.replace("witness w1", "witness w0")],
    ["a witness with a log's key", text.replace(vkeys[0] ?? "", formatVerifierKey(log))],
    ["one key under two names", text.replace(vkeys[1] ?? "", vkeys[0] ?? "")],
    ["an unknown word", `${text}mirror x\n`],
  ])("is refused with %s", (_what, broken) => {
    expect(() => parsePolicy(broken)).toThrow();
  });
});
