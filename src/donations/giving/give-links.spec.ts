import fc from "fast-check";
import type { Fund } from "../../funds/funds.service.js";
import { charterFromTemplate } from "../../funds/templates.js";
import { escapeHtml, giveLinks, snippets, spoken } from "./give-links.js";

const fund = {
  slug: "elm",
  charter: charterFromTemplate("rent", { name: "Elm", currency: "usd", timeZone: "UTC", practice: false }),
} as Fund;

test("links are absolute, say their purpose, and name no language", () => {
  const links = giveLinks("https://pot.example.org", fund, "0123456789abcdef");
  expect(links).toEqual({
    give: "https://pot.example.org/elm/give?purpose=0123456789abcdef",
    path: "/elm/give?purpose=0123456789abcdef",
    ask: "https://pot.example.org/elm/ask",
    qr: "https://pot.example.org/elm/give/qr.svg?purpose=0123456789abcdef",
    card: "https://pot.example.org/elm/give/card.png",
  });
  expect(spoken(links.ask)).toBe("pot.example.org/elm/ask");
  expect(giveLinks("https://pot.example.org", fund).give).toMatch(/purpose=[0-9a-f]{16}$/);
});

test("a changed word in the charter is another purpose", () => {
  const other = { ...fund, charter: { ...fund.charter, quorum: 3 } };
  expect(giveLinks("https://x.example", other).give).not.toBe(giveLinks("https://x.example", fund).give);
});

test("whatever a fund is called, HTML to copy holds two tags at most and no script", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const html of Object.values(snippets(giveLinks("https://x.example", fund), text))) {
        const inside = html
          .replace(/^<a href="[^"<>]*"( style="[^"<>]*")?>/, "")
          .replace(/<\/a>$/, "")
          .replace(/^<img src="[^"<>]*" alt="[^"<>]*" width="\d+" height="\d+">$/, "");
        expect(inside).not.toMatch(/[<>"]/);
      }
    }),
  );
  expect(escapeHtml(`<a href='x'>"&`)).toBe("&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
});
