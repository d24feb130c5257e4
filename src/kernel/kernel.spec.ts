import fc from "fast-check";
import { addDays, dayIn, daysBetween, isDay, mondayOf } from "./clock.js";
import { canonicalJson, type Json } from "./canonical-json.js";
import { decimalString, formatMoney, mulDivRound, parseDecimal, parseTypedAmount } from "./money.js";
import { fromBase64Url, toBase64Url } from "./ids.js";

describe("money", () => {
  test.each([
    ["25", "usd", "en", 2500n],
    ["$1,234.50", "usd", "en", 123450n],
    ["1.234,50 €", "eur", "es", 123450n],
    ["20,50", "usd", "en", 2050n],
    ["20.50", "usd", "es", 2050n],
    ["1,000", "usd", "en", 100000n],
    ["1.000", "eur", "es", 100000n],
    ["１００", "usd", "en", 10000n],
    ["٢٥", "usd", "ar", 2500n],
    ["500", "jpy", "en", 500n],
    ["25 USD", "usd", "en", 2500n],
  ])("%s in %s, typed by a person who reads %s", (text, currency, locale, minor) => {
    expect(parseTypedAmount(text, currency, locale)).toBe(minor);
  });

  test.each([
    "",
    "0",
    "-5",
    "1e3",
    "0x10",
    "Infinity",
    "1.234.5",
    "12.345",
    "1 2 3 4 x",
    "9".repeat(13),
    "5.5.5",
    "--5",
  ])("%s is no amount of dollars", (text) => {
    expect(parseTypedAmount(text, "usd", "en")).toBeNull();
  });

  test("decimal strings come back as they went", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n }), fc.constantFrom(0, 2, 3), (amount, digits) => {
        expect(parseDecimal(decimalString(amount, digits), digits)).toBe(amount);
      }),
    );
  });

  test("is formatted to the last cent, whatever its size", () => {
    expect(formatMoney(123456789012345678n, "usd", "en")).toBe("$1,234,567,890,123,456.78");
    expect(formatMoney(-500n, "jpy", "en")).toBe("-¥500");
    expect(formatMoney(1500n, "kwd", "en")).toContain("1.500");
  });

  test("2.9 % of 25.00 is 0.73, rounded half away from zero", () => {
    expect(mulDivRound(2500n, 29n, 1000n)).toBe(73n);
    expect(mulDivRound(-2500n, 29n, 1000n)).toBe(-73n);
    expect(mulDivRound(50n, 1n, 100n)).toBe(1n);
  });
});

describe("days", () => {
  test("belong to the fund's time zone, also where the clocks change", () => {
    expect(dayIn("America/Chicago", new Date("2026-11-24T05:59:00Z"))).toBe("2026-11-23");
    expect(dayIn("America/Chicago", new Date("2026-11-24T06:00:00Z"))).toBe("2026-11-24");
    expect(dayIn("UTC", new Date("2027-12-31T23:59:59.999Z"))).toBe("2027-12-31");
  });

  test("are counted through leap days and year ends", () => {
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(daysBetween("2028-02-28", "2028-03-01")).toBe(2);
    expect(isDay("2027-02-29")).toBe(false);
    expect(isDay("2026-1-1")).toBe(false);
  });

  test("weeks start on Monday", () => {
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
    expect(mondayOf("2026-11-29")).toBe("2026-11-23");
    expect(mondayOf("2026-11-22")).toBe("2026-11-16");
  });
});

describe("canonical JSON (RFC 8785)", () => {
  test("the example of section 3.2.2", () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    ) as Json;
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("members are sorted by UTF-16 code units (section 3.2.3)", () => {
    const value = { "€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toEqual(expect.arrayContaining([1, 2, 3]));
    expect([...canonicalJson(value).matchAll(/:(\d)/g)].map((m) => m[1])).toEqual(["2", "4", "6", "7", "1", "5", "3"]);
  });

  test("refuses what another reader would read differently", () => {
    expect(() => canonicalJson(Number.NaN)).toThrow(TypeError);
    expect(() => canonicalJson(2 ** 53)).toThrow(TypeError);
    expect(() => canonicalJson("\ud800")).toThrow(TypeError);
    expect(() => canonicalJson(undefined as unknown as Json)).toThrow(TypeError);
  });

  test("any JSON value comes back equal", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        let text: string;
        try {
          text = canonicalJson(value as Json);
        } catch {
          return;
        }
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

test("base64url without padding, both ways", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => expect(fromBase64Url(toBase64Url(bytes))).toEqual(new Uint8Array(bytes))),
  );
});
