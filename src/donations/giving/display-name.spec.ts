import fc from "fast-check";
import { DISPLAY_NAME_MAX, displayNameFrom, inAlphabet } from "./display-name.js";

test("nothing typed, or only spaces, is no name", () => {
  expect([undefined, "", "  \t "].map(displayNameFrom)).toEqual([null, null, null]);
});

test("a name comes out as one line without spaces around it", () => {
  expect(displayNameFrom("  Ana \n Ruiz ")).toBe("Ana Ruiz");
  expect(displayNameFrom("Jose\u0301")).toBe("José");
  expect(displayNameFrom("🌻 Block 7 tenants")).toBe("🌻 Block 7 tenants");
});

test.each([
  "x".repeat(61),
  "a\u0000b",
  "\u202Egnol",
  "a\uD800",
  "🌻",
  "\u200B",
  "https://buy.example",
  "WWW.buy.example",
])("%p is no name", (typed) => {
  expect(displayNameFrom(typed)).toBe(false);
});

test("whatever comes out is accepted again, unchanged, and fits the column", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (typed) => {
      const name = displayNameFrom(typed);
      if (name === null || name === false) return;
      expect(Array.from(name).length).toBeLessThanOrEqual(DISPLAY_NAME_MAX);
      expect(displayNameFrom(name)).toBe(name);
    }),
  );
});

test("names stand in the order of the alphabet, each once, whoever came first", () => {
  expect(inAlphabet(["Zoe", "ana", "Ñoño", "Ana", "Noor", "Zoe", "Block 10", "Block 9"], "es")).toEqual([
    "Ana",
    "ana",
    "Block 9",
    "Block 10",
    "Noor",
    "Ñoño",
    "Zoe",
  ]);
});
