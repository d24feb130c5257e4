import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import pg from "pg";
import { AppModule, type Parts } from "./app.module.js";
import type { INestApplicationContext } from "@nestjs/common";
import { TASKS } from "./donations/booking/stripe-events.js";
import { StripeJobs } from "./donations/booking/stripe-jobs.service.js";
import { bookingTasks } from "./donations/booking/booking.jobs.js";
import { RELEASE_TASK } from "./disbursements/disbursement.js";
import { FundClock } from "./fund-clock.js";
import { Funds, type Fund } from "./funds/funds.service.js";
import { dayIn } from "./kernel/clock.js";
import { ReleaseCheck } from "./release-check.js";
import { Journal } from "./ledger/journal.service.js";
import type { Database } from "./platform/database/database.js";
import type { Task } from "./platform/jobs/jobs.js";
import { startJobs } from "./platform/jobs/worker.js";

/** Any constant of our own: of two workers on one database, one keeps the clock and the other stands by. */
const CLOCK_LOCK = 7_263_002;

/** How often Stripe's lists are looked through for what never came. */
const SWEEP_SECONDS = 3600;
const SWEEP_SECONDS_IN_PRACTICE = 60;

export interface Worker {
  stop(): Promise<void>;
}

/** Whoever holds this lock for longer (practice history) keeps a fund's clock meanwhile. Of two workers, ClockLock lets one run. */
async function fundClockIsFree(database: Database, fundId: string): Promise<boolean> {
  return database.atomically(async (tx) => {
    const [got] = await tx.query<{ got: boolean }[]>(
      "select pg_try_advisory_xact_lock(hashtextextended($1, 2)) as got",
      [fundId],
    );
    return got?.got ?? false;
  });
}

/** The worker process: jobs and the clock. `parts.database` is connected as the worker's role. */
export async function startWorker(parts: Parts, workerUrl: string, tickMs: number): Promise<Worker> {
  const app = await NestFactory.createApplicationContext(AppModule.with(parts), { logger: false, abortOnError: false });
  const jobs = await startJobs(workerUrl, [...bookingTasks(app), releaseTask(app, parts.database)], parts.report);
  const clock = app.get(FundClock);
  const lock = await ClockLock.open(workerUrl);
  let ticking: Promise<void> | null = null;
  const sweeping = setInterval(
    () => sweepSoon(app, parts),
    parts.practice ? SWEEP_SECONDS_IN_PRACTICE * 1000 : SWEEP_SECONDS * 1000,
  );
  sweepSoon(app, parts);
  const timer = setInterval(() => {
    ticking ??= tickAll(parts, { funds: app.get(Funds), journal: app.get(Journal), clock }, lock).finally(
      () => (ticking = null),
    );
  }, tickMs);
  return {
    stop: async () => {
      clearInterval(timer);
      clearInterval(sweeping);
      await ticking;
      await jobs.stop();
      await lock.close();
      await app.close();
    },
  };
}

/** What was just approved is checked at once, not with the next tick. */
function releaseTask(app: INestApplicationContext, database: Database): Task {
  return {
    name: RELEASE_TASK,
    run: async ({ fund = "" }) => {
      const found = await app.get(Funds).byId(database.read, fund);
      await database.atomically((tx) => app.get(ReleaseCheck).run(tx, found));
    },
  };
}

/** Of several workers one sweeps: the job has one key. */
function sweepSoon(app: INestApplicationContext, parts: Parts): void {
  app
    .get(StripeJobs)
    .now({ task: TASKS.sweep, payload: {}, key: "sweep" })
    .catch(() => parts.report("the sweep of Stripe could not be asked for"));
}

interface Ticking {
  readonly funds: Funds;
  readonly journal: Journal;
  readonly clock: FundClock;
}

async function tickAll(parts: Parts, ticking: Ticking, lock: ClockLock): Promise<void> {
  try {
    if (!(await lock.held())) return;
    for (const fund of await ticking.funds.list(parts.database.read)) await tickOne(parts, ticking, fund);
  } catch (error) {
    parts.report(`the clock could not run: ${error instanceof Error ? error.name : "unknown"}`);
  }
}

async function tickOne(parts: Parts, { journal, clock }: Ticking, fund: Fund): Promise<void> {
  try {
    // By itself: it takes the fund's lock, which comes after those of requests and disbursements.
    await journal.keepReserve(parts.database.read, fund.fundId, dayIn(fund.charter.timeZone, parts.clock.now()));
    if (await fundClockIsFree(parts.database, fund.fundId)) await clock.run(parts.database, fund);
  } catch (error) {
    parts.report(
      `the clock of ${fund.slug} could not run: ${error instanceof Error ? error.message.slice(0, 80) : "unknown"}`,
    );
  }
}

/** An advisory lock on a connection of its own: it goes with the connection, so a dead worker never keeps it. */
class ClockLock {
  private constructor(
    private readonly url: string,
    private client: pg.Client | null,
  ) {}

  static async open(url: string): Promise<ClockLock> {
    const lock = new ClockLock(url, null);
    await lock.held();
    return lock;
  }

  private mine = false;

  async held(): Promise<boolean> {
    if (this.client === null) {
      const client = new pg.Client({ connectionString: this.url });
      client.on("error", () => {
        this.client = null;
        this.mine = false;
      });
      await client.connect();
      this.client = client;
    }
    if (!this.mine) {
      const { rows } = await this.client.query<{ got: boolean }>("select pg_try_advisory_lock($1) as got", [
        CLOCK_LOCK,
      ]);
      this.mine = rows[0]?.got ?? false;
    }
    return this.mine;
  }

  async close(): Promise<void> {
    await this.client?.end();
  }
}
