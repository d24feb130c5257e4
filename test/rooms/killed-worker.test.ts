import { fork, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { audit } from "../../src/cli/audit/run.js";
import type { Fund } from "../../src/funds/funds.service.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { refusalOf } from "../support/outcomes.js";
import { verified } from "../support/served-log.js";

jest.setTimeout(3_600_000);

/** 12 here; `WORKER_KILLS=200` is the whole. */
const KILLS = Number(process.env["WORKER_KILLS"] ?? 12);
const LIVES_AT_ONCE = 6;

let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk, ben: PersonAtDesk;
let worker: ChildProcess;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-killed-"));

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "killed", { publication: { clock: "ten-seconds", k: 3 }, envelopePerWeek: 100_000_000n, capPerRequest: 100_000n }); // prettier-ignore
  // The worker is another process here, and nothing releases in its place.
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
  for (let i = 0; i < 3; i++) await bookGift(pot.database, fund, 50_000_000n, `gift-${i}`);
});
afterAll(async () => {
  worker.kill("SIGKILL");
  await pot.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

const all = async (sql: string): Promise<any[]> => (await (await pot.db.as("owner")).query(sql, [fund.fundId])).rows;

function startWorker(): Promise<void> {
  worker = fork("test/support/worker-process.mjs", { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [] });
  worker.send({ url: pot.db.urls.worker, origin: pot.origin, logKeyFile: path.join(dir, "log.key"), tickMs: 150 });
  return new Promise((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("exit", () => reject(new Error("the worker ended before it was ready")));
  });
}

const asked: number[] = [];
/** From the asking to the sending, as often as it takes: what the worker did not get to is asked for again. */
async function live(amount: number): Promise<void> {
  await ask(pot, fund.slug, amount);
  asked.push(amount);
  let id = "";
  await until("it is next", async () => {
    [{ id = "" } = {}] = await all(`select disbursement_id as id from disbursement where fund_id = $1 and amount = ${amount} and state <> 'void'`); // prettier-ignore
    return id !== "";
  }, 120); // prettier-ignore
  await ana.approve([id]);
  await ben.approve([id]);
  await until("it is released", async () => (await refusalOf(ana.post("payouts", { disbursement: id }))) === "done", 120); // prettier-ignore
  await ana.sent(id, "cash", "assets:bank");
}

test(`${KILLS} kills of the worker, at any moment of a payout's life: none is lost, and none is released, booked or published twice`, async () => {
  await startWorker();
  let amount = 1000;
  const killing = { over: false };
  const lives = Array.from({ length: LIVES_AT_ONCE }, async () => {
    while (!killing.over) await live(amount++);
  });
  for (let kill = 0; kill < KILLS; kill++) {
    // From its first tick, through the publishing every ten seconds, to a quiet moment.
    await new Promise((resolve) => setTimeout(resolve, (kill * 137) % 1500));
    worker.kill("SIGKILL");
    await startWorker();
  }
  killing.over = true;
  await Promise.all(lives);
  const inTheLog = (): Promise<any[]> =>
    all("select jsonb_array_elements_text(convert_from(body, 'UTF8')::jsonb -> 'commitments') as c from log_entry e join published p using (fund_id) where e.fund_id = $1 and e.kind = 'payouts' and e.idx < p.size"); // prettier-ignore
  await until("all are published, but for fewer than k", async () => (await inTheLog()).length > asked.length - 3, 120);
  const published = (await inTheLog()).map((row) => row.c as string);
  expect(new Set(published).size).toBe(published.length);
  const paid = await all("select amount::int as amount from disbursement where fund_id = $1 and state = 'paid' order by amount"); // prettier-ignore
  expect(paid.map((d) => d.amount)).toEqual([...asked].sort((a, b) => a - b));
  expect(await all("select count(*)::int as n from transaction where fund_id = $1 and kind = 'payout'")).toEqual([{ n: asked.length }]); // prettier-ignore
  expect(await all("select count(*)::int as n, count(distinct disbursement_id)::int as of from release where fund_id = $1")).toEqual([{ n: asked.length, of: asked.length }]); // prettier-ignore
  expect((await pot.database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
  expect((await verified(pot.database, fund.fundId)).alarms).toEqual([]);
  process.stdout.write(`killed ${KILLS} times: ${asked.length} payouts, each once\n`);
});
