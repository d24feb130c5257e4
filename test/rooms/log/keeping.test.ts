import fs from "node:fs";
import { HandClock } from "../../../src/kernel/clock.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { Database } from "../../../src/platform/database/database.js";
import { isOvertaken } from "../../../src/publication/publisher.service.js";
import { exportLog } from "../../../src/tlog/log-export.js";
import { Halted } from "../../../src/tlog/log-keeper.service.js";
import { LogReads } from "../../../src/tlog/log-reads.service.js";
import { parseNote } from "../../../src/tlog/note.js";
import { LogSigner } from "../../../src/tlog/signer.js";
import { bookGift, ENTITIES, makeFund, NOW } from "../../support/builders.js";
import { cloneDatabase, type TestDatabase } from "../../support/database.js";
import { newKeyFile, TestPublisher } from "../../support/log.js";
import { verified } from "../../support/served-log.js";

let db: TestDatabase;
let database: Database;
let worker: Database;
let fund: Fund;
let keyFile: string;
let clock: HandClock;
let booked = 0;

beforeEach(async () => {
  db = await cloneDatabase();
  database = await db.database(ENTITIES);
  worker = await Database.connect(db.urls.worker, ENTITIES, 6);
  fund = await makeFund(database);
  keyFile = newKeyFile();
  clock = new HandClock(NOW);
});
afterEach(async () => {
  await worker.close();
  await db.drop();
});

const publisher = (file = keyFile, on = worker): TestPublisher => new TestPublisher(on, clock, file);
const later = (): void => clock.set(new Date(clock.now().getTime() + 10_000));
async function gifts(n = 5): Promise<void> {
  for (let i = 0; i < n; i++) await bookGift(database, fund, 1000n, `g${++booked}`);
}
async function grow(by = publisher()): Promise<void> {
  await gifts();
  later();
  await by.tick(fund);
}
/** What a stranger sees must hold, and every checkpoint that was ever signed must be on one line. */
async function holds(): Promise<number> {
  const { rows } = await (
    await db.as("owner")
  ).query<{ size: string; root: Buffer }>("select size, root from checkpoint where fund_id = $1", [fund.fundId]);
  const published = (await new LogReads(database).published(fund.fundId))?.size ?? 0;
  const seen = rows
    .map((r) => ({ size: Number(r.size), root: new Uint8Array(r.root) }))
    .filter((s) => s.size <= published);
  const { alarms, verified: result } = await verified(database, fund.fundId, seen);
  expect(alarms).toEqual([]);
  return result?.entries ?? 0;
}

describe("a publisher that dies", () => {
  test("before the commit leaves nothing; the next one publishes the same", async () => {
    await gifts();
    later();
    const dying = publisher();
    await expect(
      worker.atomically(async (tx) => {
        await dying.publisher.tick(tx, fund, { waiting: 0n, asked: 0n, paid: 0n, confirmed: 0n });
        throw new Error("killed");
      }),
    ).rejects.toThrow("killed");
    expect((await (await db.as("owner")).query("select from log_entry")).rowCount).toBe(0);
    await publisher().tick(fund);
    expect(await holds()).toBeGreaterThan(0);
  });

  test.each(["before the signer's head is written", "after the head, before the checkpoint is shown"])(
    "%s: the next one shows the same checkpoint",
    async (when) => {
      await gifts();
      later();
      const dying = publisher();
      await worker.atomically((tx) =>
        dying.publisher.tick(tx, fund, { waiting: 0n, asked: 0n, paid: 0n, confirmed: 0n }),
      );
      const {
        rows: [signed],
      } = await (
        await db.as("owner")
      ).query("select size, root, note from checkpoint where fund_id = $1", [fund.fundId]);
      if (when.startsWith("after"))
        LogSigner.open(keyFile).remember("localhost:1/" + fund.slug + "/log", {
          size: Number(signed.size),
          root: new Uint8Array(signed.root),
        });
      expect(await new LogReads(database).published(fund.fundId)).toBeNull();
      expect(await publisher().tick(fund)).toBeNull();
      expect((await new LogReads(database).published(fund.fundId))?.note).toBe(signed.note);
      await grow();
      await holds();
    },
  );
});

test("two publishers at once: one grows the log, the other stands by, and it never forks", async () => {
  for (let round = 0; round < 10; round++) {
    await gifts();
    later();
    const both = await Promise.allSettled([publisher().tick(fund), publisher().tick(fund)]);
    expect(both.filter((b) => b.status === "fulfilled" && b.value !== null)).toHaveLength(1);
    for (const b of both) if (b.status === "rejected") expect(isOvertaken(b.reason)).toBe(true);
    await holds();
  }
});

describe("a restored backup", () => {
  test("is not signed on top of: the log stands still, and says why", async () => {
    await grow();
    const backup = await (await db.as("owner")).query("select size from log where fund_id = $1", [fund.fundId]);
    const size = Number(backup.rows[0].size);
    await grow();
    // The database as it was before the last publication, with the guards out of the way.
    const superuser = await db.as("superuser");
    for (const table of ["log_entry", "checkpoint", "batch_member", "log"])
      await superuser.query(`alter table ${table} disable trigger all`);
    await superuser.query("delete from published");
    await superuser.query(
      "delete from batch_salt s using batch_member m where m.fund_id = s.fund_id and m.seq = s.seq and m.idx >= $1",
      [size],
    );
    await superuser.query("delete from batch_member where idx >= $1", [size]);
    await superuser.query("delete from log_entry where idx >= $1", [size]);
    await superuser.query("delete from checkpoint where size > $1", [size]);
    await superuser.query("update log set size = $1", [size]);
    for (const table of ["log_entry", "checkpoint", "batch_member", "log"])
      await superuser.query(`alter table ${table} enable always trigger all`).catch(() => undefined);
    later();
    await expect(publisher().tick(fund)).rejects.toThrow(/rollback detected/);
    await expect(publisher().keeper.publish(worker.read, fund.fundId, "2026-11-25", true)).rejects.toThrow(Halted);
  });

  test("the signer's memory is what tells: without it the head is missing, and only a person takes it on", async () => {
    await grow();
    fs.rmSync(`${keyFile}.head`);
    later();
    await expect(publisher().tick(fund)).rejects.toThrow(/head file is missing/);
    const {
      rows: [head],
    } = await (
      await db.as("owner")
    ).query("select l.origin, l.size, c.root from log l join checkpoint c using (fund_id, size)");
    LogSigner.open(keyFile).remember(head.origin, { size: Number(head.size), root: new Uint8Array(head.root) });
    await grow();
    await holds();
  });

  test("another history of the same size is noticed by its root", async () => {
    await grow();
    const {
      rows: [head],
    } = await (await db.as("owner")).query("select l.origin, l.size from log l");
    LogSigner.open(keyFile).remember(head.origin, { size: Number(head.size), root: new Uint8Array(32) });
    later();
    await expect(publisher().tick(fund)).rejects.toThrow(/another log of this size/);
  });
});

test("a key that is not this log's signs nothing", async () => {
  await grow();
  const other = newKeyFile();
  fs.copyFileSync(`${keyFile}.head`, `${other}.head`);
  later();
  await expect(publisher(other).tick(fund)).rejects.toThrow(/none of this log's keys/);
});

test("a key is rotated: announced, both sign, the old one goes; whoever knew only the old one follows", async () => {
  await grow();
  const signatures = async (): Promise<number> =>
    parseNote((await new LogReads(database).published(fund.fundId))?.note ?? "").signatures.length;
  expect(await signatures()).toBe(1);
  LogSigner.addKey(keyFile);
  await grow();
  expect(await signatures()).toBe(2);
  const followed = await verified(database, fund.fundId);
  expect(followed.alarms).toEqual([]);
  expect(followed.verified?.vkeys).toHaveLength(2);
  LogSigner.retireKey(keyFile);
  await grow();
  expect(await signatures()).toBe(1);
  const log = await new LogReads(database).published(fund.fundId);
  expect((await verified(database, fund.fundId)).alarms.map((a) => a.code)).toEqual(["not-signed"]);
  const { verify } = await import("../../../src/verify/verify.js");
  const { fetchOf } = await import("../../support/served-log.js");
  const now = await verify(fetchOf(database, fund.fundId), { vkeys: followed.verified?.vkeys ?? [], seen: [] });
  expect(now.findings.filter((f) => f.level === "alarm")).toEqual([]);
  expect(log?.size).toBeGreaterThan(0);
  expect(() => LogSigner.retireKey(keyFile)).toThrow(/only key/);
});

test("a change of address does not change the log's name", async () => {
  await grow();
  await gifts();
  later();
  await new TestPublisher(worker, clock, keyFile, null, "https://elsewhere.example").tick(fund);
  expect((await new LogReads(database).published(fund.fundId))?.origin).toBe(`localhost:1/${fund.slug}/log`);
  await holds();
});

describe("the static export", () => {
  test("is the log, file for file; a full disk leaves no checkpoint, and the next run ends it", async () => {
    await grow();
    const reads = new LogReads(database);
    const log = (await reads.published(fund.fundId))!;
    const folder = fs.mkdtempSync("/tmp/commonpot-export-");
    let files = 0;
    await expect(
      exportLog(reads, log, folder, () => {
        if (++files === 1) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      }),
    ).rejects.toThrow("no space");
    expect(fs.existsSync(`${folder}/checkpoint`)).toBe(false);
    await exportLog(reads, log, folder, () => undefined);
    const { verify } = await import("../../../src/verify/verify.js");
    const { findings } = await verify(
      (path) =>
        Promise.resolve(
          fs.existsSync(`${folder}/${path}`) ? new Uint8Array(fs.readFileSync(`${folder}/${path}`)) : null,
        ),
      { vkeys: [log.vkey], seen: [] },
    );
    expect(findings.filter((f) => f.level === "alarm")).toEqual([]);
    await grow();
    await exportLog(reads, (await reads.published(fund.fundId))!, folder, () => undefined);
    await expect(exportLog(reads, log, folder, () => undefined)).rejects.toThrow(/rolled back/);
    fs.rmSync(folder, { recursive: true });
  });
});
