import { Tally } from "./tally.js";

const at = (seconds: number): Date => new Date(1_800_000_000_000 + seconds * 1000);

test("counts what happened in the last minute, and forgets it with the next", () => {
  const tally = new Tally(60);
  for (let i = 0; i < 10; i++) tally.add("a", at(30));
  expect(tally.count("a", at(59))).toBe(10);
  expect(tally.count("b", at(59))).toBe(0);
  // Half of the window before still counts in the middle of the next.
  expect(tally.count("a", at(90))).toBe(5);
  expect(tally.count("a", at(119))).toBe(1);
  expect(tally.count("a", at(120))).toBe(0);
});

test("what was taken back does not count, and never below nothing", () => {
  const tally = new Tally(60);
  tally.add("a", at(0));
  tally.add("a", at(0), -1);
  tally.add("a", at(0), -1);
  expect(tally.count("a", at(0))).toBe(0);
});

test("a flood of names does not fill the memory, and the busiest name stays", () => {
  const tally = new Tally(60);
  for (let i = 0; i < 60_000; i++) {
    tally.add(`name ${i}`, at(0));
    tally.add("everybody", at(0));
  }
  expect(tally.count("everybody", at(0))).toBe(60_000);
  expect(tally.count("name 0", at(0))).toBe(0);
  expect(tally.count("name 59999", at(0))).toBe(1);
});
