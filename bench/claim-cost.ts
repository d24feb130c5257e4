import fs from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { projectRoot } from "../src/platform/config/root.js";
import { CODE_WORDS, newClaimCode, slowHash } from "../src/requests/claim-code.js";
import { WORD_COUNT } from "../src/requests/code-words.js";
import { rounded, say } from "./support/measure.js";

const ROUNDS = 60;
const GUESSES = 1_000_000;
/** What a rented core costs an hour, rounded up; nobody guesses on one, but so the figure has a unit. */
const CENTS_PER_CORE_HOUR = 4;
const FILE = path.join(projectRoot, "docs/threat-model.md");
const BLOCK = /<!-- claim-cost -->[^]*<!-- \/claim-cost -->/;

/** What guessing codes costs somebody who stole the database: one scrypt each, on one core of this machine. With `write`, the figures go into docs/threat-model.md. */
export async function run(words: readonly string[] = []): Promise<object> {
  const took: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const code = newClaimCode();
    const began = performance.now();
    await slowHash(code);
    took.push(performance.now() - began);
  }
  // Whoever guesses has a quiet machine: what a busy one adds here is not counted for us.
  const ms = took.sort((a, b) => a - b)[Math.floor(ROUNDS / 10)] ?? 0;
  const bits = WORD_COUNT * Math.log2(CODE_WORDS.words.length);
  const coreHours = (ms * GUESSES) / 3_600_000;
  const coreYears = (ms * 2 ** bits) / 2 / (365.25 * 86_400_000);
  const cents = coreHours * CENTS_PER_CORE_HOUR;
  const chance = GUESSES / 2 ** bits;
  const text = `<!-- claim-cost -->

- Guessing codes with a stolen database (\`npm run bench -- claim-cost write\` measures and writes this): one guess is one scrypt, ${rounded(ms, 1)} ms on one core here. A million guesses cost ${rounded(coreHours, 1)} core-hours, about ${rounded(cents / 100)} dollars at ${CENTS_PER_CORE_HOUR} cents an hour, and find a given code with a chance of ${power(chance)}. Half of all ${rounded(bits, 1)} bits cost ${power(coreYears)} core-years, ${power((coreYears * 365.25 * 24 * CENTS_PER_CORE_HOUR) / 100)} dollars. Every guess is tried against all requests at once: with 10,000 of them, divide by 10,000.

<!-- /claim-cost -->`;
  if (words.includes("write")) {
    const before = fs.readFileSync(FILE, "utf8");
    if (!BLOCK.test(before)) throw new Error("docs/threat-model.md has no place for the figures");
    fs.writeFileSync(FILE, before.replace(BLOCK, text));
    say("docs/threat-model.md is written");
  }
  return {
    ratio: rounded(ms),
    scryptMs: rounded(ms),
    bits: rounded(bits, 1),
    coreHoursPerMillion: rounded(coreHours, 1),
    dollarsPerMillion: rounded(cents / 100),
    coreYearsForHalf: Number(coreYears.toPrecision(2)),
  };
}

/** "3 · 10^17", as people read it. */
function power(value: number): string {
  const [digits = "", exponent = ""] = value.toExponential(0).split("e");
  return `${digits} · 10^${Number(exponent)}`;
}
