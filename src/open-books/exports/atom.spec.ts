import { text } from "node:stream/consumers";
import fc from "fast-check";
import type { Entry } from "../../publication/entry.js";
import type { About } from "./about.js";
import type { Placed } from "../../publication/entry.js";
import { FEED_ENTRIES_MAX, toAtom, xmlText } from "./atom.js";

const about: About = {
  fundId: "6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9d",
  slug: "soup",
  name: "Soup & <bread>",
  currency: "usd",
  url: "https://pot.example.org",
};
const gifts = (index: number, day = "2026-11-23"): Placed => ({
  index,
  entry: {
    v: 1,
    kind: "gifts",
    day,
    count: 5,
    sum: 15_000,
    postings: [
      { account: "assets:stripe:pending", amount: 15_000 },
      { account: "income:gifts", amount: -15_000 },
    ],
    commitments: [],
  } satisfies Entry,
});
const feedOf = async (entries: Placed[]): Promise<string> => await text(toAtom(entries, about));
const indices = (feed: string): number[] => [...feed.matchAll(/:entry:(\d+)<\/id>/g)].map((m) => Number(m[1]));

test("says each entry in a sentence, with its own address and an id that has none", async () => {
  const feed = await feedOf([gifts(7)]);
  expect(feed).toContain("<title>Open books of Soup &amp; &lt;bread&gt;</title>");
  expect(feed).toContain(`  <entry>
    <id>urn:commonpot:fund:6f1f4f0e-7d0c-4f43-9b1c-2d5f6a7b8c9d:entry:7</id>
    <title>5 gifts, 150.00 USD together</title>
    <updated>2026-11-23T00:00:00Z</updated>
    <link rel="alternate" type="text/html" href="https://pot.example.org/soup/books/7"/>
    <category term="gifts"/>
    <summary>assets:stripe:pending 150.00 USD; income:gifts -150.00 USD</summary>
  </entry>`);
});

test("shows the newest entries, newest first, whatever the order they come in", async () => {
  const all = Array.from({ length: 120 }, (_, i) => gifts(i));
  const newest = Array.from({ length: FEED_ENTRIES_MAX }, (_, i) => 119 - i);
  expect(indices(await feedOf(all))).toEqual(newest);
  expect(indices(await feedOf(all.reverse()))).toEqual(newest);
});

test("was updated on the latest day, though an import with an older one came last", async () => {
  const feed = await feedOf([gifts(0, "2026-11-23"), gifts(1, "2017-03-01")]);
  expect(/<updated>(.*?)</.exec(feed)?.[1]).toBe("2026-11-23T00:00:00Z");
  expect(/<updated>(.*?)</.exec(await feedOf([]))?.[1]).toBe("1970-01-01T00:00:00Z");
});

test("no text ends its element, and none holds what XML cannot carry", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (given) => {
      const escaped = xmlText(given);
      expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      expect(escaped).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
      expect(escaped.isWellFormed()).toBe(true);
    }),
  );
  expect(xmlText(`a & "b" <c> 'd'`)).toBe("a &amp; &quot;b&quot; &lt;c&gt; &#39;d&#39;");
});
