import { GUARDS_MIN, guardsAreAwake } from "../../../src/platform/database/start-guards.js";
import { cloneDatabase } from "../../support/database.js";

test("a start wants as many guards as the migrations make, and refuses a database from which one was taken out with its trigger", async () => {
  const db = await cloneDatabase();
  try {
    const owner = await db.as("owner");
    expect((await owner.query("select count(*)::int as n from guard")).rows).toEqual([{ n: GUARDS_MIN }]);
    await guardsAreAwake(db.urls.app);
    const superuser = await db.as("superuser");
    await superuser.query("drop trigger relocking_guard on relocking");
    await superuser.query("alter table guard disable trigger user");
    await superuser.query("delete from guard where trigger_name = 'relocking_guard'");
    await expect(guardsAreAwake(db.urls.app)).rejects.toThrow("guards of the books are missing");
  } finally {
    await db.drop();
  }
});
