import { parse } from "csv-parse/sync";
import { continueCsv, continueText, type GoOn } from "./continue.js";

const fund: GoOn = {
  address: "https://pot.example.org",
  slug: "soup",
  name: "Soup Pot",
  currency: "usd",
  suggested: [1000n, 2500n],
};

test.each([
  ["en", "Hello!", "$25.00"],
  ["es", "¡Hola!", "$25.00"],
] as const)("the text in %s holds the pinned link and one for each suggested amount", (language, hello, amount) => {
  const text = continueText(fund, language).join("\n");
  expect(text).toContain(hello);
  expect(text).toContain("Soup Pot");
  expect(text).toContain("\nhttps://pot.example.org/soup/give?frequency=monthly\n");
  expect(text).toContain(`${amount}   https://pot.example.org/soup/give?frequency=monthly&amount=2500`);
});

test("a row for each donor, with the amount in the link, and no handle that a spreadsheet would run", () => {
  const csv = continueCsv(fund, [
    { handle: "ana", amount: 500n, lastDay: "2026-07-01", current: true },
    { handle: '=HYPERLINK("x")', amount: 1050n, lastDay: "2020-01-01", current: false },
  ]);
  const rows: Record<string, string>[] = parse(csv, { columns: true });
  expect(rows).toEqual([
    {
      handle: "ana",
      amount: "5.00",
      currency: "USD",
      frequency: "monthly",
      "last day": "2026-07-01",
      "still gave at the end": "yes",
      link: "https://pot.example.org/soup/give?frequency=monthly&amount=500",
    },
    expect.objectContaining({ handle: '\'=HYPERLINK("x")', amount: "10.50", "still gave at the end": "no" }),
  ]);
});
