import type pg from "pg";
import type { Database } from "../../src/platform/database/database.js";
import { ENTITIES } from "./builders.js";
import { cloneDatabase, type TestDatabase } from "./database.js";

/** Books of a test's own: a fresh database, the program's way in, and plain SQL as two of its roles. */
export interface TestBooks extends TestDatabase {
  readonly books: Database;
  readonly owner: pg.Client;
  readonly app: pg.Client;
}

export async function openTestBooks(poolSize = 32): Promise<TestBooks> {
  const db = await cloneDatabase();
  return { ...db, books: await db.database(ENTITIES, poolSize), owner: await db.as("owner"), app: await db.as("app") };
}
