import fc from "fast-check";
import { drawable, fitText, textWidth, xmlText } from "./card-text.js";

const SIZES = [92, 78, 66, 56, 46];

test("a short name is large, a long one smaller, and both keep all their letters", () => {
  expect(fitText("Elm Street Pot", 1060, SIZES, 3)).toEqual({ size: 92, lines: ["Elm Street Pot"] });
  const long = fitText("The Neighbours of Saint Mary’s Road Mutual Aid and Strike Fund", 1060, SIZES, 3);
  expect(long.lines.join(" ")).toBe("The Neighbours of Saint Mary’s Road Mutual Aid and Strike Fund");
  expect(long.size).toBeLessThan(92);
});

test("a word that is wider than the card is broken, in the smallest size only", () => {
  expect(fitText("W".repeat(60), 1060, SIZES, 3)).toEqual({
    size: 46,
    lines: ["W".repeat(20), "W".repeat(20), "W".repeat(20)],
  });
});

test("no name of at most 60 letters is wider or higher than its room, and none of it is lost", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 2, maxLength: 60 }), (typed) => {
      const name = drawable(typed, "the-slug");
      if (Array.from(name).length > 60) return;
      const { size, lines } = fitText(name, 1060, SIZES, 3);
      expect(lines.length).toBeLessThanOrEqual(3);
      for (const line of lines) expect(textWidth(line, size)).toBeLessThanOrEqual(1060);
      expect(lines.join("").replaceAll(" ", "")).toBe(name.replaceAll(" ", ""));
    }),
    { numRuns: 500 },
  );
});

test("a name in letters that the font has is drawn without its pictures; another one gives way to the slug", () => {
  expect(drawable("Elm Street 🌻 Pot 👩🏽‍🌾", "elm")).toBe("Elm Street Pot");
  expect(drawable("صندوق الحي 12", "hay")).toBe("صندوق الحي 12");
  expect(drawable("קופה משותפת", "kupa")).toBe("קופה משותפת");
  expect(drawable("街坊互助", "jiefang")).toBe("jiefang");
  expect(drawable("🌻🌻", "sun")).toBe("sun");
});

test("nothing that XML forbids comes through", () => {
  expect(xmlText("a\u0000b\u202Ec]]>d\uFFFE\n\uD800")).toBe("a b c]] >d \uFFFD");
});
