import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const NOBODY = 65_534;

/** How to run a command. */
export interface Way {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly identity: { readonly uid?: number; readonly gid?: number };
}

/**
 * PostgreSQL refuses to run as root. As root it runs as "nobody" inside a user namespace of its own, so that the files stay ours; where
 * namespaces are not allowed, it runs under the dropped uid and its files are handed over.
 */
export function unprivileged(command: string, arguments_: readonly string[], handOver: readonly string[]): Way {
  if (process.getuid?.() !== 0) return { command, arguments: arguments_, identity: {} };
  const namespace = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  if (spawnSync("unshare", [...namespace, "true"]).status === 0)
    return { command: "unshare", arguments: [...namespace, "--", command, ...arguments_], identity: {} };
  for (const place of handOver) handOverTree(place);
  // "nobody" must be able to walk through the folder above, which is ours, to get there.
  const above = path.dirname(handOver[0] ?? ".");
  fs.chmodSync(above, (fs.statSync(above).mode & 0o777) | 0o011);
  return { command, arguments: arguments_, identity: { uid: NOBODY, gid: NOBODY } };
}

function handOverTree(place: string): void {
  fs.chownSync(place, NOBODY, NOBODY);
  if (!fs.statSync(place).isDirectory()) return;
  for (const name of fs.readdirSync(place)) handOverTree(path.join(place, name));
}
