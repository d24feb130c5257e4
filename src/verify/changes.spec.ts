import type { DecisionStatement } from "../treasurers/statement.js";
import { Changes } from "./changes.js";

const seat = { treasurer: "d", recipient: "age1d", keys: [] };
const said = (kind: string, subject: object, decision = "one"): DecisionStatement =>
  ({ kind, subject, decision }) as unknown as DecisionStatement;
const NOW = { day: "2026-11-25", quorum: 2, seats: 5, waits: true };
const by = (...ids: string[]): Set<string> => new Set(ids);
const CHARTER = said("charter", { version: 2, hash: "h", charter: {} });

test("a change takes the quorum and more than half of the seats", () => {
  expect(new Changes().add(CHARTER, by("a", "b"), NOW)).toBe("too few signed");
  expect(new Changes().add(CHARTER, by("a", "b", "c"), NOW)).toBeNull();
  expect(new Changes().add(CHARTER, by("a", "b", "c"), { ...NOW, quorum: 4 })).toBe("too few signed");
  expect(new Changes().add(said("refund", {}), by("a", "b", "c"), NOW)).toBe("it changes nothing that exists");
});

test("it is due after three days, a new seat after seven, once, and only as it was signed", () => {
  const changes = new Changes();
  changes.add(CHARTER, by("a", "b", "c"), NOW);
  expect(changes.due("charter", 2, "h", "2026-11-27")).toBeNull();
  expect(changes.due("charter", 3, "h", "2026-11-28")).toBeNull();
  expect(changes.due("charter", 2, "other", "2026-11-28")).toBeNull();
  expect(changes.due("roster", 2, "h", "2026-11-28")).toBeNull();
  expect(changes.due("charter", 2, "h", "2026-11-28")).not.toBeNull();
  expect(changes.due("charter", 2, "h", "2026-11-28")).toBeNull();
  const roster = { version: 2, hash: "r", add: seat, remove: null };
  changes.add(said("roster", roster), by("a", "b", "c"), NOW);
  expect(changes.due("roster", 2, "r", "2026-12-01")).toBeNull();
  expect(changes.due("roster", 2, "r", "2026-12-02")).not.toBeNull();
  changes.add(said("roster", { ...roster, add: null, remove: "c" }), by("a", "b", "c"), NOW);
  expect(changes.due("roster", 2, "r", "2026-11-28")).not.toBeNull();
});

test("before the first payout nothing waits", () => {
  const changes = new Changes();
  changes.add(CHARTER, by("a", "b", "c"), { ...NOW, waits: false });
  expect(changes.due("charter", 2, "h", NOW.day)).not.toBeNull();
});

test("so many as sign a payout stop it; whoever is to leave is not counted", () => {
  const changes = new Changes();
  const leaves = said("roster", { version: 2, hash: "r", add: null, remove: "e" });
  const stop = said("stop-change", { change: "one" }, "two");
  expect(changes.add(stop, by("a", "b"), NOW)).toBe("it stops nothing");
  changes.add(leaves, by("a", "b", "c"), NOW);
  expect(changes.add(stop, by("a", "e"), NOW)).toBe("too few signed");
  expect(changes.add(stop, by("a", "b"), NOW)).toBeNull();
  expect(changes.due("roster", 2, "r", "2027-01-01")).toBeNull();
});
