import { canonicalJson, type Json } from "../../kernel/canonical-json.js";
import type { Entries } from "./about.js";

/**
 * The books for a program: one line for each entry. What stands between `"entry":` and the line's last brace is byte for byte the leaf of the log,
 * so that whoever keeps this file can compute the root of the tree from it.
 */
export async function* toJsonLines(entries: Entries): AsyncGenerator<string, void, undefined> {
  for await (const { index, entry } of entries) {
    yield `{"index":${index},"entry":${canonicalJson(entry as unknown as Json)}}\n`;
  }
}
