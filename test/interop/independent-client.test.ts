import { spawn, spawnSync } from "node:child_process";
import http from "node:http";
import path from "node:path";
import { HandClock } from "../../src/kernel/clock.js";
import { openingBalance } from "../../src/ledger/flows/by-hand.js";
import { Journal } from "../../src/ledger/journal.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { Figures } from "../../src/open-books/figures.service.js";
import { Database } from "../../src/platform/database/database.js";
import { LogFiles } from "../../src/tlog/log-files.js";
import { LogReads } from "../../src/tlog/log-reads.service.js";
import { ENTITIES, makeFund, NOW, TODAY } from "../support/builders.js";
import { cloneDatabase, type TestDatabase } from "../support/database.js";
import { TestPublisher } from "../support/log.js";

const there = spawnSync("python3", ["--version"]).status === 0;
if (!there) process.stderr.write("interop: python3 is absent, so that no independent client reads the log here\n");

(there ? describe : describe.skip)("a client that shares no code with ours", () => {
  let db: TestDatabase;
  let database: Database;
  let worker: Database;
  let fund: Fund;
  let server: http.Server;
  let url = "";
  let publisher: TestPublisher;
  const clock = new HandClock(NOW);
  let booked = 0;

  beforeAll(async () => {
    db = await cloneDatabase();
    database = await db.database(ENTITIES);
    worker = await Database.connect(db.urls.worker, ENTITIES, 4);
    fund = await makeFund(database);
    publisher = new TestPublisher(worker, clock);
    server = http.createServer((_request, response) => response.writeHead(404).end());
    new LogFiles(
      new LogReads(database),
      () => Promise.resolve(fund.fundId),
      () => performance.now(),
    ).attach(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/${fund.slug}/log`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await worker.close();
    await db.drop();
  });

  /** Opening balances stand alone: as many entries as one likes. */
  async function growTo(size: number): Promise<void> {
    const now = (await new LogReads(database).published(fund.fundId))?.size ?? 0;
    // The first tick brings the charter and the line along.
    const wanted = size - now - (now === 0 ? 2 : 0);
    await database.atomically(async (tx) => {
      for (let i = 0; i < wanted; i++)
        await new Journal().post(
          tx,
          fund.fundId,
          openingBalance({ entryId: `o${++booked}`, day: TODAY, amount: 5n, holding: "assets:bank" }),
          NOW,
        );
    });
    clock.set(new Date(clock.now().getTime() + 10_000));
    await publisher.tick(fund);
    // What is asked within a second may still be the checkpoint before.
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
  const read = (...words: string[]): Promise<{ status: number | null; said: string }> =>
    new Promise((resolve) => {
      const child = spawn("python3", [path.resolve("test/interop/independent_client.py"), url, ...words]);
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (said += part.toString()));
      child.once("exit", (status) => resolve({ status, said }));
    });

  test("reads logs of 255, 256, 257, 511 and 600 entries to the same root and balances, each a prefix of the next", async () => {
    let earlier: string[] = [];
    for (const size of [255, 256, 257, 511, 600]) {
      await growTo(size);
      const log = (await new LogReads(database).published(fund.fundId))!;
      const { status, said } = await read(log.vkey, ...earlier);
      expect([status, said]).toEqual([0, expect.stringMatching(/^\{/)]);
      const found = JSON.parse(said) as { size: number; root: string; balances: Record<string, number> };
      expect(found.size).toBe(size);
      const figures = await new Figures().of(database.read, fund.fundId);
      expect(found.balances).toEqual(
        Object.fromEntries([...figures.accounts].map(([account, amount]) => [account, Number(amount)])),
      );
      earlier = [`${found.size}:${found.root}`];
    }
  });

  test("and notices another history and another key", async () => {
    const log = (await new LogReads(database).published(fund.fundId))!;
    expect((await read(log.vkey, `300:${Buffer.alloc(32).toString("base64")}`)).said).toContain(
      "WRONG: the earlier checkpoint",
    );
    expect((await read(log.vkey.replace(/\+[0-9a-f]{8}\+/, "+00000000+"))).said).toContain("WRONG: the key's id");
  });
});
