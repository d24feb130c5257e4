import type { Database, Tx } from "../../platform/database/database.js";

export const DRY = "This was a dry run: nothing was booked and nothing was written.";

/** Carries what was found out of an SQL transaction that must not stay. */
class Rehearsed<T> extends Error {
  constructor(readonly done: T) {
    super("rolled back");
  }
}

/** One SQL transaction; a dry run does all of it, every check of the database included, and takes it back. */
export async function allOrNothing<T>(database: Database, dry: boolean, act: (tx: Tx) => Promise<T>): Promise<T> {
  if (!dry) return database.atomically(act);
  try {
    return await database.atomically(async (tx) => {
      throw new Rehearsed(await act(tx));
    });
  } catch (error) {
    if (error instanceof Rehearsed) return (error as Rehearsed<T>).done;
    throw error;
  }
}
