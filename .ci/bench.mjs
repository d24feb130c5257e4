// `npm run bench -- <name>`: builds bench/ and runs one of them. Progress goes to standard error; the last line on standard output is one JSON object.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const names = fs
  .readdirSync(path.join(root, "bench"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -3));
const [name, ...words] = process.argv.slice(2);
if (!names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- <name>, where <name> is one of ${names.join(", ")}\n`);
  process.exit(1);
}
process.stderr.write("Building … ");
const tsc = path.join(root, "node_modules/typescript/bin/tsc");
const built = spawnSync(process.execPath, [tsc, "-p", "tsconfig.bench.json"], { cwd: root, stdio: ["ignore", 2, 2] });
if (built.status !== 0) process.exit(built.status ?? 1);
process.stderr.write("done\n");
const { run } = await import(pathToFileURL(path.join(root, "dist/bench/bench", `${name}.js`)).href);
process.stdout.write(`${JSON.stringify({ name, ...(await run(words)) })}\n`);
