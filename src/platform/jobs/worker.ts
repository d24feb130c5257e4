import { EventEmitter } from "node:events";
import { Logger, run, type Runner, type TaskList, type WorkerEvents } from "graphile-worker";
import pg from "pg";
import type { Task } from "./jobs.js";

/** Runs jobs until it is stopped. Errors are reported by the task's name alone: payloads and messages may speak of people. */
export async function startJobs(
  workerUrl: string,
  tasks: readonly Task[],
  report: (line: string) => void,
): Promise<Runner> {
  const life = await SignsOfLife.begin(workerUrl);
  await life.unlockDead();
  const timer = setInterval(
    () => void life.unlockDead().catch(() => report("jobs of dead workers could not be looked for")),
    UNLOCK_EVERY_MS,
  );
  const events = new EventEmitter() as WorkerEvents;
  events.on(
    "worker:create",
    ({ worker }) => void life.show(worker.workerId).catch(() => report("a worker could not show that it lives")),
  );
  // What waits in the local queue is locked in the pool's own name.
  events.on(
    "pool:create",
    ({ workerPool }) => void life.show(workerPool.id).catch(() => report("a worker could not show that it lives")),
  );
  events.on("stop", () => {
    clearInterval(timer);
    void life.end();
  });
  const silent = new Logger(() => () => undefined);
  const taskList: TaskList = Object.fromEntries(tasks.map((task) => [task.name, handler(task, report)]));
  return run({
    connectionString: workerUrl,
    taskList,
    events,
    concurrency: AT_ONCE_MAX,
    maxPoolSize: 6,
    preset: {
      worker: { localQueue: { size: LOCAL_QUEUE_SIZE }, completeJobBatchDelay: BATCH_MS, failJobBatchDelay: BATCH_MS },
    },
    pollInterval: 1000,
    noHandleSignals: true,
    logger: silent,
  });
}

/** Most of a job is waiting for Stripe, and what comes back at once is posted at once (bench `webhooks`). */
const AT_ONCE_MAX = 64;
const LOCAL_QUEUE_SIZE = 128;
const BATCH_MS = 5;
const UNLOCK_EVERY_MS = 30_000;

function handler(task: Task, report: (line: string) => void) {
  return async (payload: unknown): Promise<void> => {
    try {
      await task.run(payload as Record<string, string>);
    } catch (error) {
      report(
        `job ${task.name} will be tried again: ${error instanceof Error ? `${error.name} (${codeOf(error)})` : "unknown error"}`,
      );
      throw error;
    }
  };
}

function codeOf(error: Error): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : "no code";
}

/**
 * A worker that is killed leaves its jobs locked, and graphile-worker frees them after four hours: far too long for a gift. So each worker
 * holds an advisory lock that goes with its connection, and jobs whose worker holds none are freed at once.
 */
class SignsOfLife {
  /** A session's own locks never stand in its way, so it has to know its own workers. */
  private readonly own = new Set<string>();

  private constructor(private readonly client: pg.Client) {}

  static async begin(url: string): Promise<SignsOfLife> {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    return new SignsOfLife(client);
  }

  /** Workers are born several at once; one connection takes one query at a time. */
  show(workerId: string): Promise<void> {
    this.own.add(workerId);
    this.shown = this.shown.then(() => this.lock(workerId));
    return this.shown;
  }

  private shown: Promise<void> = Promise.resolve();

  private async lock(workerId: string): Promise<void> {
    await this.client.query("select pg_advisory_lock_shared(hashtextextended($1, 3))", [workerId]);
  }

  async unlockDead(): Promise<void> {
    const { rows } = await this.client.query<{ id: string }>(
      "select distinct locked_by as id from graphile_worker.jobs where locked_by is not null",
    );
    for (const { id } of rows.filter((row) => !this.own.has(row.id))) {
      // A lock that can be had for oneself alone is held by nobody: this worker is gone.
      const { rowCount } = await this.client.query("select 1 where pg_try_advisory_lock(hashtextextended($1, 3))", [
        id,
      ]);
      if (rowCount === 0) continue;
      await this.client.query("select graphile_worker.force_unlock_workers(array[$1])", [id]);
      await this.client.query("select pg_advisory_unlock(hashtextextended($1, 3))", [id]);
    }
  }

  async end(): Promise<void> {
    await this.client.end();
  }
}
