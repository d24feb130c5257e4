// What `npm run test:interop` needs beside npm's packages: the real programs that read the exports. They are Debian packages; on a fresh machine they are
// installed here, and where that cannot be, a line says so and the tests that need them are skipped.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const TOOLS = ["hledger", "bean-check", "bean-query"];
const PACKAGES = ["hledger", "beancount"];
const INSTALL_MINUTES_MAX = 5;

const isThere = (name) =>
  (process.env.PATH ?? "").split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, name)));
const missing = () => TOOLS.filter((name) => !isThere(name));

function apt(...words) {
  // Another apt at work is waited for. Only errors are shown.
  const { status } = spawnSync("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=60", ...words], {
    stdio: ["ignore", "ignore", 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    timeout: INSTALL_MINUTES_MAX * 60_000,
  });
  return status === 0;
}

/** Why they cannot be installed, or null when they have been. */
function install() {
  if (!isThere("apt-get")) return "there is no apt-get here";
  if (process.getuid?.() !== 0) return "only root may install them";
  process.stderr.write(`interop: installing ${PACKAGES.join(" and ")} …\n`);
  const packages = () => apt("install", "-y", "--no-install-recommends", ...PACKAGES);
  if (packages()) return null;
  // A fresh image has no package lists, or old ones that name files which are gone.
  process.stderr.write("interop: asking for newer package lists …\n");
  return apt("update") && packages() ? null : "apt-get failed";
}

if (missing().length > 0) {
  const why = install();
  if (missing().length > 0) {
    process.stderr.write(
      `interop: ${missing().join(", ")} missing (${why ?? "the packages did not bring them"}), so the exports are not checked ` +
        `by the programs that read them. Install ${PACKAGES.join(" and ")} (Debian: apt-get install ${PACKAGES.join(" ")}) and run this again.\n`,
    );
  }
}
