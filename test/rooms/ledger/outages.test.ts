import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { CharterRow, FundRow } from "../../../src/funds/fund.entity.js";
import { audit } from "../../../src/cli/audit/run.js";
import { cardGift } from "../../../src/ledger/flows/card.js";
import { GroupCommit } from "../../../src/ledger/group-commit.service.js";
import { Journal } from "../../../src/ledger/journal.service.js";
import { Database } from "../../../src/platform/database/database.js";
import { launchEmbeddedPostgres, type EmbeddedPostgres } from "../../../src/platform/database/embedded-postgres.js";
import { migrate } from "../../../src/platform/database/migrate.js";
import { openTestBooks } from "../../support/books.js";
import { makeFund, NOW, TODAY } from "../../support/builders.js";
import { until } from "../../support/commonpot.js";
import { refusalOf } from "../../support/outcomes.js";
import { CuttingProxy, type Cut } from "../../support/proxy.js";

jest.setTimeout(3_600_000);

const gift = (id: string) => cardGift({ donationId: id, day: TODAY, amount: 100n, fee: 0n });
const nothingWrong = async (database: Database) =>
  expect((await database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);

describe("when connections are cut", () => {
  /** 150 here; `CUTS=500` is the whole. */
  const CUTS = Number(process.env["CUTS"] ?? 150);

  test(`${CUTS} cuts, most of them after COMMIT was sent: nothing is booked twice, and nothing that was answered is lost`, async () => {
    const test_ = await openTestBooks();
    const url = new URL(test_.urls.app);
    let n = 0;
    const decide = (): Cut => (++n % 3 === 0 ? "none" : n % 3 === 1 ? "after" : n % 2 === 0 ? "before" : "after");
    const proxy = await CuttingProxy.start({ port: Number(url.port) }, "journal_append", decide);
    const database = await Database.connect(
      Object.assign(new URL(url), { port: String(proxy.port) }).toString(),
      [FundRow, CharterRow],
      8,
    );
    try {
      const fund = await makeFund(test_.books);
      const groups = new GroupCommit(database);
      const answered: string[] = [];
      const unknown: string[] = [];
      let next = 0;
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          while (proxy.cuts < CUTS) {
            const id = `g${next++}`;
            const outcome = await refusalOf(groups.post(fund.fundId, gift(id), NOW));
            if (outcome === "done") answered.push(id);
            else {
              expect(["outcome-unknown", "busy"]).toContain(outcome);
              unknown.push(id);
            }
          }
        }),
      );
      const { rows } = await test_.owner.query<{ key: string }>("select key from transaction where fund_id = $1", [
        fund.fundId,
      ]);
      const booked = rows.map((r) => r.key.slice(5));
      expect(new Set(booked).size).toBe(booked.length);
      expect(answered.filter((id) => !booked.includes(id))).toEqual([]);
      // Whoever was told that nobody knows asks again with the same key, and then everybody knows.
      for (const id of unknown) await new GroupCommit(test_.books).post(fund.fundId, gift(id), NOW);
      await nothingWrong(test_.books);
    } finally {
      await database.close();
      await proxy.stop();
      await test_.drop();
    }
  });

  test("a caller's own SQL transaction that loses its connection is not half done", async () => {
    const test_ = await openTestBooks();
    const url = new URL(test_.urls.app);
    const proxy = await CuttingProxy.start({ port: Number(url.port) }, "journal_append", () => "after");
    const database = await Database.connect(
      Object.assign(new URL(url), { port: String(proxy.port) }).toString(),
      [FundRow, CharterRow],
      2,
    );
    try {
      const fund = await makeFund(test_.books);
      const act = database.atomically(async (tx) => {
        await new Journal().openAccounts(tx, fund.fundId, ["assets:cash:new"]);
        await new Journal().post(tx, fund.fundId, gift("a"), NOW);
      });
      expect(await refusalOf(act)).toBe("busy");
      const { rows } = await test_.owner.query(
        "select (select count(*)::int from transaction) as n, (select count(*)::int from account where code = 'assets:cash:new') as accounts",
      );
      expect(rows).toEqual([{ n: 0, accounts: 0 }]);
    } finally {
      await database.close();
      await proxy.stop();
      await test_.drop();
    }
  });

  test("when it is COMMIT's own answer that is lost, nobody claims to know", async () => {
    const test_ = await openTestBooks();
    const url = new URL(test_.urls.app);
    const proxy = await CuttingProxy.start({ port: Number(url.port) }, "COMMIT\0", () => "after");
    const database = await Database.connect(
      Object.assign(new URL(url), { port: String(proxy.port) }).toString(),
      [FundRow, CharterRow],
      2,
    );
    try {
      const fund = await makeFund(test_.books);
      const act = () => database.atomically((tx) => new Journal().post(tx, fund.fundId, gift("a"), NOW));
      expect(await refusalOf(act())).toBe("outcome-unknown");
      const { rows } = await test_.owner.query("select count(*)::int as n from transaction");
      expect(rows).toEqual([{ n: 1 }]);
      const again = test_.books.atomically((tx) => new Journal().post(tx, fund.fundId, gift("a"), NOW));
      expect(await again).toEqual({ seq: 1n, replayed: true });
    } finally {
      await database.close();
      await proxy.stop();
      await test_.drop();
    }
  });
});

describe("when the database is in trouble", () => {
  test("a holder of the fund's lock that stopped: the others wait a little, then hear 503, and nothing is half done", async () => {
    const test_ = await openTestBooks();
    try {
      const [fund, other] = [await makeFund(test_.books), await makeFund(test_.books)];
      await test_.owner.query("begin");
      await test_.owner.query("select from book where fund_id = $1 for update", [fund.fundId]);
      const groups = new GroupCommit(test_.books);
      const stuck = Promise.all(["a", "b"].map((id) => refusalOf(groups.post(fund.fundId, gift(id), NOW))));
      // Another fund is not held up.
      const first = await Promise.race([stuck, refusalOf(groups.post(other.fundId, gift("a"), NOW))]);
      expect(first).toBe("done");
      expect(await stuck).toEqual(["busy", "busy"]);
      await test_.owner.query("rollback");
      expect((await groups.post(fund.fundId, gift("a"), NOW)).seq).toBe(1n);
    } finally {
      await test_.drop();
    }
  });

  test.each(["40001", "40P01"])("SQLSTATE %s is tried again a few times, then told as 503", async (state) => {
    const test_ = await openTestBooks();
    try {
      const fund = await makeFund(test_.books);
      // Sequences do not roll back, so the first three tries fail and the fourth goes.
      await test_.owner.query(`create sequence tries; grant usage on sequence tries to public;
        create function in_trouble() returns trigger security definer language plpgsql as $$ begin if nextval('tries') <= 3 then raise exception 'test' using errcode = '${state}'; end if; return null; end $$;
        create trigger in_trouble after insert on transaction for each statement execute function in_trouble()`);
      const groups = new GroupCommit(test_.books);
      expect(await groups.post(fund.fundId, gift("a"), NOW)).toEqual({ seq: 1n, replayed: false });
      await test_.owner.query("select setval('tries', 1, false)");
      await test_.books.atomically((tx) => new Journal().post(tx, fund.fundId, gift("b"), NOW));
      await test_.owner.query(
        "select setval('tries', 1, false); alter sequence tries minvalue -1000; select setval('tries', -1000)",
      );
      expect(await refusalOf(groups.post(fund.fundId, gift("c"), NOW))).toBe("busy");
      expect(await refusalOf(test_.books.atomically((tx) => new Journal().post(tx, fund.fundId, gift("c"), NOW)))).toBe(
        "busy",
      );
      const { rows } = await test_.owner.query("select count(*)::int as n from transaction");
      expect(rows).toEqual([{ n: 2 }]);
      await nothingWrong(test_.books);
    } finally {
      await test_.drop();
    }
  });
});

describe("when PostgreSQL is killed under load", () => {
  /** 10 in CI; `KILLS=200` by hand. */
  const KILLS = Number(process.env["KILLS"] ?? 10);

  let dir: string;
  let postgres: EmbeddedPostgres;
  let database: Database;

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-outage-"));
    postgres = await launchEmbeddedPostgres({ dir, durable: true });
    await migrate(postgres.urls.owner);
    database = await Database.connect(postgres.urls.app, [FundRow, CharterRow], 8);
  });
  afterAll(async () => {
    await database.close();
    await postgres.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  /** All of its processes at once, as a power cut takes them but for what the kernel still holds. */
  function killAll(): void {
    const postmaster = Number(fs.readFileSync(path.join(dir, "data", "postmaster.pid"), "utf8").split("\n")[0]);
    const children = fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => parentOf(pid) === postmaster);
    for (const pid of [postmaster, ...children]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It went with the others.
      }
    }
  }

  function parentOf(pid: number): number {
    try {
      return Number(fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1]);
    } catch {
      return -1;
    }
  }

  /** Posts all the time while the server is killed again and again. Returns how many answered postings are not there afterwards. */
  async function lostIn(
    kills: number,
    slug: string,
  ): Promise<{ answered: number; lost: number; doubled: number; fundId: string }> {
    const fund = await makeFund(database, {}, slug);
    // In the control the fund itself could be lost: by now it has been written out.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const groups = new GroupCommit(database);
    const answered: string[] = [];
    const unexpected: string[] = [];
    let running = true;
    let next = 0;
    const writers = Array.from({ length: 8 }, async () => {
      while (running) {
        const id = `${slug}-${next++}`;
        const outcome = await refusalOf(groups.post(fund.fundId, gift(id), NOW));
        if (outcome === "done") answered.push(id);
        else if (!["busy", "outcome-unknown"].includes(outcome)) unexpected.push(outcome);
      }
    });
    for (let i = 0; i < kills; i++) {
      const before = answered.length;
      await until(
        "it answers again",
        () => Promise.resolve(answered.length >= before + 50 || unexpected.length > 0),
        30,
      );
      killAll();
    }
    running = false;
    await Promise.all(writers);
    expect(unexpected).toEqual([]);
    await until("PostgreSQL is back", async () => (await refusalOf(database.plain("select 1", []))) === "done");
    const rows = await database.plain<{ key: string }>("select key from transaction where fund_id = $1", [fund.fundId]);
    const booked = new Set(rows.map((r) => r.key.slice(5)));
    return {
      answered: answered.length,
      lost: answered.filter((id) => !booked.has(id)).length,
      doubled: rows.length - booked.size,
      fundId: fund.fundId,
    };
  }

  test(`${KILLS} times: nothing that was answered is lost or doubled`, async () => {
    const { answered, lost, doubled } = await lostIn(KILLS, "killed");
    expect(answered).toBeGreaterThan(KILLS * 50);
    expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
    await nothingWrong(database);
  });

  test("the control: with synchronous_commit off, some is lost", async () => {
    const owner = await Database.connect(postgres.urls.superuser, [], 1);
    await owner.plain("alter role commonpot_app set synchronous_commit = 'off'", []);
    await owner.close();
    const loose = await Database.connect(postgres.urls.app, [FundRow, CharterRow], 8);
    const kept = database;
    database = loose;
    let lost = 0;
    for (let i = 0; i < 5 && lost === 0; i++) lost += (await lostIn(2, `loose-${i}`)).lost;
    database = kept;
    await loose.close();
    expect(lost).toBeGreaterThan(0);
  });
});
