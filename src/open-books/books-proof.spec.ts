import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import { Voice } from "../pages/words.js";
import { formatCheckpoint } from "../tlog/checkpoint.js";
import { EMPTY_ROOT } from "../tlog/merkle.js";
import { formatNote, sign, signingKey, type Signature } from "../tlog/note.js";
import { Standing } from "./books-proof.js";
import type { BooksView } from "./books-view.js";

const ORIGIN = "pot.example.org/elm/log";
const text = formatCheckpoint({ origin: ORIGIN, size: 0, root: EMPTY_ROOT });
const by = (name: string): Signature => sign(text, signingKey(name, new Uint8Array(32).fill(1)));
const said = (names: string[], unwitnessedSince: string | null, halted: BooksView["halted"] = null): string => {
  const log = {
    fundId: "",
    origin: ORIGIN,
    vkey: "",
    size: 0,
    note: formatNote({ text, signatures: names.map(by) }),
    unwitnessedSince,
  };
  const view = { voice: new Voice("en", "usd"), log, halted } as unknown as BooksView;
  return renderToString(h(Standing, { view }));
};

test("the books say whether others have seen them, since when nobody has, and why they stand still", () => {
  expect(said([ORIGIN], null)).toBe("");
  expect(said([ORIGIN, "sister.example.org"], null)).toContain("Other organizations have seen the same books");
  expect(said([ORIGIN], "2026-11-25")).toContain("Not witnessed since Wednesday, 25 November 2026");
  const stopped = said([ORIGIN, "sister.example.org"], null, { reason: "rollback detected", day: "2026-11-25" });
  expect(stopped).toContain("Nothing new is published since");
  expect(stopped).not.toContain("Other organizations");
});
