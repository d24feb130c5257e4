import type { CharterEntry, ImportedEntry, MoneyEntry } from "../publication/entry.js";
import { entryFault } from "../publication/entry-format.js";
import { Replay } from "./replay.js";

const day = "2026-11-23";
const charter: CharterEntry = {
  v: 1,
  kind: "charter",
  day,
  version: 1,
  hash: "0".repeat(64),
  currency: "usd",
  quorum: 2,
  k: 5,
  clock: "day",
  approvals: "published",
};
const section = (booked: number, sum: number, more: Partial<ImportedEntry> = {}): ImportedEntry => ({
  v: 1,
  kind: "imported",
  day,
  source: "open-collective",
  file: "1".repeat(64),
  rows: booked,
  empty: 0,
  booked,
  from: "2017-01-01",
  to: "2026-07-01",
  sum,
  stated: sum,
  difference: 0,
  breaks: { "leaves-out-fee": 0, "catches-up": 0, unknown: 0 },
  ...more,
});
let made = 0;
const batch = (count: number, sum: number): MoneyEntry => ({
  v: 1,
  kind: "import",
  day: "2017-03-01",
  count,
  sum,
  postings: [
    { account: "assets:holdings", amount: sum },
    { account: "income:gifts", amount: -sum },
  ],
  commitments: Array.from({ length: count }, () => (++made).toString(16).padStart(64, "0")),
});
async function alarms(...entries: (ImportedEntry | MoneyEntry)[]): Promise<string[]> {
  const replay = new Replay("x.test/log+0123abcd+key");
  const found = [];
  for (const [index, entry] of [charter, ...entries].entries()) {
    expect(entryFault(entry)).toBeNull();
    found.push(...(await replay.read(entry, index)));
  }
  return found.filter((f) => f.level === "alarm").map((f) => `${f.code} ${f.index} ${f.detail}`);
}

test("batches that hold what their sections tell of raise no alarm, in part or whole", async () => {
  expect(await alarms(section(10, 500))).toEqual([]);
  expect(await alarms(section(10, 500), batch(5, 800), batch(5, -300), section(6, 60), batch(6, 60))).toEqual([]);
});

test("lines that no section told of", async () => {
  expect(await alarms(batch(5, 100))).toEqual(["imported 1 5 > 0"]);
  expect(await alarms(section(5, 100), batch(5, 100), batch(5, 1))).toEqual(["imported 3 10 > 5"]);
});

test("another sum than the section's, once all its lines are out", async () => {
  expect(await alarms(section(10, 500), batch(5, 300), batch(5, 201))).toEqual(["imported 3 501 ≠ 500"]);
});

test("a section of fewer lines than the charter's k", async () => {
  expect(await alarms(section(4, 100))).toEqual(["below-k 1 5"]);
});

test.each<[string, object]>([
  ["free text", { note: "from our old bank" }],
  ["another source", { source: "somewhere" }],
  ["a file that is no hash", { file: "ledger.csv" }],
  ["no lines", { booked: 0 }],
  ["a period that ends before it begins", { from: "2026-07-02" }],
  ["more rows without money than rows", { empty: 11 }],
  ["a difference to a balance that the file does not state", { stated: null, difference: 5 }],
  ["breaks of a balance that the file does not state", { stated: null, breaks: { "leaves-out-fee": 1, "catches-up": 0, unknown: 0 } }],
  ["another reason for a break", { breaks: { "leaves-out-fee": 0, "catches-up": 0, unknown: 0, rounding: 1 } }],
])("the log's grammar takes no section with %s", (_what, change) => {
  expect(entryFault(section(10, 500))).toBeNull();
  expect(entryFault({ ...section(10, 500), ...change })).not.toBeNull();
}); // prettier-ignore
