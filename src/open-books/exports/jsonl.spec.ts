import { text } from "node:stream/consumers";
import { decodeEntry, encodeEntry } from "../../publication/entry-format.js";
import type { Entry } from "../../publication/entry.js";
import { toJsonLines } from "./jsonl.js";

const entries: Entry[] = [
  { v: 1, kind: "queue", day: "2026-11-23", asked: null, waiting: 7, held: 4000 },
  { v: 1, kind: "confirmations", day: "2026-11-24", paid: 12, confirmed: 9 },
];

test("each line carries the leaf of the log byte for byte", async () => {
  const file = await text(toJsonLines(entries.map((entry, i) => ({ index: i + 40, entry }))));
  expect(file.endsWith("\n")).toBe(true);
  const lines = file.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).index)).toEqual([40, 41]);
  for (const [i, line] of lines.entries()) {
    const leaf = Buffer.from(line.slice(line.indexOf('"entry":') + '"entry":'.length, -1));
    expect(leaf).toEqual(Buffer.from(encodeEntry(entries[i]!)));
    expect(decodeEntry(leaf)).toEqual(entries[i]);
  }
});
