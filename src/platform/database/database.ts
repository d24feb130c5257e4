import "reflect-metadata";
import type pg from "pg";
import { DataSource, type EntityManager, type EntityTarget } from "typeorm";
import { Refusal } from "../../kernel/refusal.js";
import { SnakeCaseNames } from "./naming.js";

/** One SQL transaction. Whatever belongs to one act is handed the same `tx`. */
export type Tx = EntityManager;

const RETRIES_MAX = 5;
/** serialization_failure, deadlock_detected */
const TRY_AGAIN = new Set(["40001", "40P01"]);
/** Connection trouble, a server that is going down, a full disk, a lock that did not come: nothing was done, and later it may go. */
const BUSY = /^(08|53|57P0|55P03|57014)/;

export function sqlState(error: unknown): string | undefined {
  const from = error as { code?: unknown; driverError?: { code?: unknown } };
  const code = from.driverError?.code ?? from.code;
  return typeof code === "string" ? code : undefined;
}

const CONNECTION_LOST =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed/;

/**
 * Was the connection lost when a COMMIT may have been on its way? Then nobody knows whether it was done: ask again with the same key. (Measured: a connection that
 * is cut after COMMIT was sent leaves an error with the client and the row in the table, every time.)
 */
export function isUnknown(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08|57P0|ECONNRESET|EPIPE|ETIMEDOUT)/.test(state);
  return error instanceof Error && /Connection terminated|Query read timeout|connection error/.test(error.message);
}

/** Is it the database's trouble of the moment, so that the same may go later? */
export function isBusy(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return TRY_AGAIN.has(state) || BUSY.test(state) || /^(ECONN|EPIPE|ETIMEDOUT)/.test(state);
  return error instanceof Error && CONNECTION_LOST.test(error.message);
}

export class Database {
  private constructor(
    readonly source: DataSource,
    private readonly pool: pg.Pool,
  ) {}

  static async connect(
    url: string,
    entities: readonly EntityTarget<object>[] = [],
    poolSize = 10,
    queryTimeoutMs = 30_000,
  ): Promise<Database> {
    const source = new DataSource({
      type: "postgres",
      url,
      entities: entities as never[],
      namingStrategy: new SnakeCaseNames(),
      synchronize: false,
      migrationsRun: false,
      installExtensions: false,
      logging: false,
      poolSize,
      extra: { connectionTimeoutMillis: 5000, query_timeout: queryTimeoutMs },
    });
    await source.initialize();
    return new Database(source, (source.driver as unknown as { master: pg.Pool }).master);
  }

  /** Reads outside any transaction. */
  get read(): Tx {
    return this.source.manager;
  }

  /** One statement that is a transaction by itself, past TypeORM: the hot path. Values travel as parameters, and no query has a name (PgBouncer). */
  async plain<T extends object>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return (await this.pool.query(sql, values as unknown[])).rows as T[];
  }

  /**
   * One act: all of it, or nothing. Deadlocks and serialization failures are tried again, at most five times. Refuses `busy` (nothing was done) and `outcome-unknown`
   * (the connection went while COMMIT was on its way).
   */
  async atomically<T>(act: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const progress = { acted: false };
      try {
        return await this.source.transaction("READ COMMITTED", async (tx) => {
          const done = await act(tx);
          progress.acted = true;
          return done;
        });
      } catch (error) {
        if (progress.acted && isUnknown(error)) throw new Refusal("outcome-unknown");
        const state = sqlState(error);
        if (state !== undefined && TRY_AGAIN.has(state) && attempt < RETRIES_MAX) {
          await new Promise((resolve) => setTimeout(resolve, attempt * 10 + (process.hrtime()[1] % 20)));
          continue;
        }
        if (isBusy(error)) throw new Refusal("busy");
        throw error;
      }
    }
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }
}

/** Rows of a plain query. Values travel as parameters, always. */
export function rows<T extends object>(tx: Tx, sql: string, values: readonly unknown[] = []): Promise<T[]> {
  return tx.query<T[]>(sql, values as unknown[]);
}

export async function row<T extends object>(tx: Tx, sql: string, values: readonly unknown[] = []): Promise<T | null> {
  return (await rows<T>(tx, sql, values))[0] ?? null;
}

/** Runs an INSERT, UPDATE or DELETE … RETURNING. TypeORM answers these with [rows, count]. */
export async function changed<T extends object>(tx: Tx, sql: string, values: readonly unknown[] = []): Promise<T[]> {
  const answer = await tx.query<T[] | [T[], number]>(sql, values as unknown[]);
  return Array.isArray(answer[0]) && answer.length === 2 && typeof answer[1] === "number" ? answer[0] : (answer as T[]);
}
