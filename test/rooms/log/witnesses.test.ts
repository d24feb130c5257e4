import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import type { Fund } from "../../../src/funds/funds.service.js";
import { HandClock } from "../../../src/kernel/clock.js";
import { Database } from "../../../src/platform/database/database.js";
import { formatCheckpoint } from "../../../src/tlog/checkpoint.js";
import { append, consistencyProof, EMPTY_RANGE, leafHash, rootOf, rootOfRange } from "../../../src/tlog/merkle.js";
import { LogSigner } from "../../../src/tlog/signer.js";
import { formatAddCheckpoint } from "../../../src/tlog/witness.js";
import { LogReads } from "../../../src/tlog/log-reads.service.js";
import {
  COSIGNATURE,
  formatNote,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  sign,
  signingKey,
  type SigningKey,
} from "../../../src/tlog/note.js";
import { parsePolicy, type Policy } from "../../../src/tlog/policy.js";
import { witnessServer } from "../../../src/tlog/witness-server.js";
import { holdFolder } from "../../../src/tlog/only-process.js";
import { WitnessStore } from "../../../src/tlog/witness-store.js";
import { verify } from "../../../src/verify/verify.js";
import { witnessesOf } from "../../../src/verify/witnesses.js";
import { bookGift, ENTITIES, makeFund, NOW } from "../../support/builders.js";
import { cloneDatabase, type TestDatabase } from "../../support/database.js";
import { newKeyFile, TestPublisher } from "../../support/log.js";
import { fetchOf } from "../../support/served-log.js";

let db: TestDatabase;
let database: Database;
let worker: Database;
let fund: Fund;
let keyFile: string;
const clock = new HandClock(NOW);
const servers: http.Server[] = [];
const folders: string[] = [];
let booked = 0;

beforeEach(async () => {
  db = await cloneDatabase();
  database = await db.database(ENTITIES);
  worker = await Database.connect(db.urls.worker, ENTITIES, 4);
  fund = await makeFund(database);
  keyFile = newKeyFile();
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true });
  await worker.close();
  await db.drop();
});

const witnessKey = (name: string, fill: number): SigningKey =>
  signingKey(name, new Uint8Array(32).fill(fill), COSIGNATURE);
async function listen(server: http.Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
function folder(): string {
  folders.push(fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-witness-")));
  return folders.at(-1)!;
}
const honest = (key: SigningKey, vkey: () => string, dir = folder()): http.Server =>
  witnessServer(
    new WitnessStore(dir),
    (origin) => (vkey() !== "" && parseVerifierKey(vkey()).name === origin ? [parseVerifierKey(vkey())] : []),
    key,
    () => 1_795_000_000,
  );
const policyOf = (witnesses: [SigningKey, string][], quorum = "w0"): Policy =>
  parsePolicy(
    `${witnesses.map(([key, url], i) => `witness w${i} ${formatVerifierKey(key)} ${url}\n`).join("")}quorum ${quorum}\n`,
  );
let vkey = "";
async function grow(policy: Policy, file = keyFile): Promise<TestPublisher> {
  for (let i = 0; i < 5; i++) await bookGift(database, fund, 1000n, `w${++booked}`);
  clock.set(new Date(clock.now().getTime() + 10_000));
  const publisher = new TestPublisher(worker, clock, file, policy);
  vkey = formatVerifierKey(LogSigner.open(file).keysFor(`localhost:1/${fund.slug}/log`)[0]!);
  await publisher.tick(fund);
  return publisher;
}
const published = async () => (await new LogReads(database).published(fund.fundId))!;

test("an honest witness cosigns what grew; a verifier with the policy wants it, and finds a stripped one", async () => {
  const key = witnessKey("sister.example", 7);
  const policy = policyOf([[key, await listen(honest(key, () => vkey))]]);
  await grow(policy);
  await grow(policy);
  const log = await published();
  expect(parseNote(log.note).signatures).toHaveLength(2);
  expect(log.unwitnessedSince).toBeNull();
  const trust = { vkeys: [log.vkey], seen: [], witnesses: witnessesOf(policy) };
  expect((await verify(fetchOf(database, fund.fundId), trust)).findings.filter((f) => f.level === "alarm")).toEqual([]);
  const stripped = async (path: string) => {
    const bytes = await fetchOf(database, fund.fundId)(path);
    return path === "checkpoint"
      ? new TextEncoder().encode(log.note.split("\n").slice(0, -2).join("\n") + "\n")
      : bytes;
  };
  expect((await verify(stripped, trust)).findings.map((f) => f.code)).toContain("unwitnessed");
});

describe("never stops the ledger, and shows since when nobody witnessed:", () => {
  const answering = (status: number, body: string, type = "text/plain", location?: string) =>
    http.createServer((request, response) => {
      request.resume();
      response.writeHead(status, { "content-type": type, ...(location === undefined ? {} : { location }) });
      response.end(body);
    });
  test.each<[string, () => Promise<string>, string]>([
    ["a witness that is down", () => Promise.resolve("http://127.0.0.1:9"), "down"],
    ["a slow one", () => listen(http.createServer(() => undefined)), "slow"],
    ["one that refuses", () => listen(answering(500, "no")), "refused"],
    ["one that answers with a novel", () => listen(answering(200, "x".repeat(100_000))), "down"],
    ["one that lies", () => listen(answering(200, "— sister.example AAAAAAAAAAAAAAAAAAAA\n")), "lying"],
    ["one that signs with another key", () => listen(honest(witnessKey("sister.example", 8), () => vkey)), "lying"],
    ["one that says 409 without a size", () => listen(answering(409, "no idea", "text/x.tlog.size")), "refused"],
    ["one that sends us elsewhere", () => listen(answering(302, "", "text/plain", "http://127.0.0.1:9")), "down"],
  ])("%s", async (_what, start, said) => {
    const key = witnessKey("sister.example", 7);
    const publisher = await grow(policyOf([[key, await start()]]));
    const log = await published();
    expect(log.size).toBeGreaterThan(0);
    expect(parseNote(log.note).signatures).toHaveLength(1);
    expect(log.unwitnessedSince).toBe("2026-11-25");
    expect(publisher.reported).toEqual([`witness w0: ${said}`]);
  });
});

test("a witness that is behind or ahead of what we remember tells its size, and is asked again from there", async () => {
  const key = witnessKey("sister.example", 7);
  const dir = folder();
  const policy = policyOf([[key, await listen(honest(key, () => vkey, dir))]]);
  await grow(policy);
  await (await db.as("owner")).query("update cosignature set size = 0");
  await grow(policy);
  expect(parseNote((await published()).note).signatures).toHaveLength(2);
  const fresh = policyOf([[key, await listen(honest(key, () => vkey))]]);
  await grow(fresh);
  expect(parseNote((await published()).note).signatures).toHaveLength(2);
});

test("a witness that shows a larger checkpoint of ours stops the signing; one that only says a number does not", async () => {
  const key = witnessKey("sister.example", 7);
  let shown = "";
  const url = await listen(
    http.createServer((request, response) => {
      request.resume();
      response.writeHead(request.method === "GET" ? 200 : 409, { "content-type": "text/x.tlog.size" });
      response.end(request.method === "GET" ? shown : "1000\n");
    }),
  );
  const policy = policyOf([[key, url]]);
  expect((await grow(policy)).reported).toEqual(["witness w0: refused"]);
  const log = await published();
  const text = formatCheckpoint({ origin: log.origin, size: 1000, root: new Uint8Array(32) });
  shown = formatNote({ text, signatures: [sign(text, LogSigner.open(keyFile).keysFor(log.origin)[0]!)] });
  await expect(grow(policy)).rejects.toThrow(/rollback detected/);
});

describe("our own witness", () => {
  test("keeps only the log's signatures: junk below a replayed checkpoint neither fills nor poisons its memory", async () => {
    const key = witnessKey("sister.example", 7);
    const url = await listen(honest(key, () => vkey));
    const policy = policyOf([[key, url]]);
    await grow(policy);
    const log = await published();
    const own = log.note.split("\n").slice(0, 5).join("\n");
    const junk =
      Array.from({ length: 98 }, (_, i) => `— junk${i} AAAAAAAAAAAA\n`).join("") +
      `— sister.example ${Buffer.concat([Buffer.from(key.keyId.toString(16).padStart(8, "0"), "hex"), Buffer.alloc(72)]).toString("base64")}\n`;
    const answer = await fetch(`${url}/add-checkpoint`, {
      method: "POST",
      body: formatAddCheckpoint({ old: log.size, proof: [], checkpoint: `${own}\n${junk}` }),
    });
    expect(answer.status).toBe(200);
    expect((await grow(policy)).reported).toEqual([]);
  });

  test("is refused without its list of logs, and a second one on the same folder as well", async () => {
    const dir = folder();
    const store = new WitnessStore(dir);
    store.keep("x.test/log", "x");
    fs.rmSync(path.join(dir, "logs.json"));
    expect(() => new WitnessStore(dir)).toThrow(/is lost/);
    const held = await holdFolder(dir);
    await expect(holdFolder(dir)).rejects.toThrow(/another witness/);
    held.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    (await holdFolder(dir)).close();
  });

  test("keeps what it signed before it answers, over restarts, and refuses when its memory is lost", async () => {
    const key = witnessKey("sister.example", 7);
    const dir = folder();
    await grow(policyOf([[key, await listen(honest(key, () => vkey, dir))]]));
    const log = await published();
    const again = policyOf([[key, await listen(honest(key, () => vkey, dir))]]);
    await grow(again);
    expect(parseNote((await published()).note).signatures).toHaveLength(2);
    const hash = createHash("sha256").update(log.origin).digest("hex");
    const kept = await (await fetch(`${again.witnesses[0]!.url}/${hash}/checkpoint`)).text();
    expect(kept).toBe((await published()).note);
    fs.rmSync(path.join(dir, `${hash}.checkpoint`));
    const lost = policyOf([[key, await listen(honest(key, () => vkey, dir))]]);
    const publisher = await grow(lost);
    expect(publisher.reported).toEqual(["witness w0: refused"]);
  });

  test("of two forks that race, one is cosigned and the other is not", async () => {
    const key = witnessKey("sister.example", 7);
    const url = await listen(honest(key, () => vkey));
    await grow(policyOf([[key, url]]));
    const log = await published();
    const bodies = await new LogReads(database).bodies(fund.fundId, 0, log.size);
    const range = bodies.reduce((r, b) => append(r, leafHash(b)), EMPTY_RANGE);
    const signer = LogSigner.open(keyFile).keysFor(log.origin)[0]!;
    const fork = (text: string): Promise<Response> => {
      const leaf = leafHash(new TextEncoder().encode(text));
      const grown = append(range, leaf);
      const checkpoint = formatCheckpoint({ origin: log.origin, size: grown.size, root: rootOfRange(grown) });
      const all = [...bodies.map(leafHash), leaf];
      const proof = consistencyProof(log.size, all.length, (from, to) => rootOf(all, from, to));
      return fetch(`${url}/add-checkpoint`, {
        method: "POST",
        body: formatAddCheckpoint({
          old: log.size,
          proof,
          checkpoint: formatNote({ text: checkpoint, signatures: [sign(checkpoint, signer)] }),
        }),
      });
    };
    const said = await Promise.all([fork("one"), fork("two")]);
    expect(said.map((s) => s.status).sort()).toEqual([200, 409]);
  });
});
