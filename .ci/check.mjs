// What CI runs, as a readable list. Each step says how long it took; the first that fails ends the list.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => path.join(root, "node_modules", ".bin", name);

const STEPS = [
  ["format", bin("prettier"), "--check", "--log-level", "warn", "."],
  ["lint", bin("eslint"), "src", "test", "bench", "--no-error-on-unmatched-pattern"],
  ["types", bin("tsc"), "--noEmit"],
  ["floors", bin("depcruise"), "--config", ".dependency-cruiser.cjs", "src"],
  ["build", "npm", "run", "-s", "build"],
  ["interop", "npm", "run", "-s", "test:interop"],
  ["specs, rooms, journeys", "npm", "-s", "test"],
];

for (const [name, command, ...words] of STEPS) {
  const started = Date.now();
  process.stdout.write(`\n── ${name}\n`);
  const { status } = spawnSync(command, words, { cwd: root, stdio: "inherit" });
  process.stdout.write(
    `── ${name}: ${status === 0 ? "good" : "FAILED"}, ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  );
  if (status !== 0) process.exit(1);
}
