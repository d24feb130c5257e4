import { HOURS_BETWEEN, mayBeTold } from "./notice.js";

const at = (iso: string): Date => new Date(iso);
const noon = at("2026-11-26T18:00:00Z");

test("the first letter goes by day, in the fund's own time zone", () => {
  const who = { nights: false, toldAt: null, visited: true };
  expect(mayBeTold(who, noon, "America/Chicago")).toBe(true);
  expect(mayBeTold(who, at("2026-11-27T04:00:00Z"), "America/Chicago")).toBe(false);
  expect(mayBeTold(who, at("2026-11-27T12:59:00Z"), "America/Chicago")).toBe(false);
  expect(mayBeTold(who, at("2026-11-27T13:00:00Z"), "America/Chicago")).toBe(true);
  expect(mayBeTold({ ...who, nights: true }, at("2026-11-27T04:00:00Z"), "America/Chicago")).toBe(true);
});

test("the next one only after a visit, and not before some hours", () => {
  const told = { nights: true, toldAt: new Date(noon.getTime() - HOURS_BETWEEN * 3_600_000), visited: true };
  expect(mayBeTold(told, noon, "UTC")).toBe(true);
  expect(mayBeTold({ ...told, visited: false }, noon, "UTC")).toBe(false);
  expect(mayBeTold({ ...told, toldAt: new Date(told.toldAt.getTime() + 1) }, noon, "UTC")).toBe(false);
});
