import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import pg from "pg";
import { unprivileged } from "./unprivileged.js";

/** A condition that a person can mend, in one line. */
export class EmbeddedPostgresError extends Error {}

/** The server process. When it dies by itself it is started again on the same port, so that everybody's connections come back. */
export class WatchedServer {
  private server: ChildProcess | null = null;
  private port = 0;
  private stopping = false;

  constructor(
    private readonly dir: string,
    private readonly data: string,
    private readonly bin: string,
    private readonly durable: boolean,
  ) {}

  async start(): Promise<number> {
    const started = await start(this.dir, this.data, this.bin, this.durable, this.port);
    this.server = started.server;
    this.port = started.port;
    started.server.once("exit", () => {
      if (this.stopping) return;
      process.stderr.write("PostgreSQL ended by itself; starting it again\n");
      void this.comeBack();
    });
    return this.port;
  }

  /** After a kill, its children and their shared memory may linger for a moment. */
  private async comeBack(): Promise<void> {
    for (let attempt = 1; !this.stopping; attempt++) {
      await pause(500);
      try {
        await this.start();
        return;
      } catch (error) {
        if (attempt === 40) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.server) await stop(this.server);
  }
}

async function start(
  dir: string,
  data: string,
  bin: string,
  durable: boolean,
  wanted: number,
): Promise<{ server: ChildProcess; port: number }> {
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", "max_connections=80", "shared_buffers=32MB", "jit=off",
    // Nothing that a requester wrote may reach a log: no statement text and no parameters, also not on errors.
    "log_statement=none", "log_min_duration_statement=-1", "log_min_error_statement=panic", "log_error_verbosity=terse",
    "log_parameter_max_length=0", "log_parameter_max_length_on_error=0", "log_connections=off"]; // prettier-ignore
  if (!durable) settings.push("fsync=off", "synchronous_commit=off", "full_page_writes=off");
  for (let attempt = 1; ; attempt++) {
    const port = wanted === 0 ? await freePort() : wanted;
    const way = unprivileged(
      path.join(bin, "postgres"),
      ["-D", data, "-p", String(port), ...settings.flatMap((s) => ["-c", s])],
      [dir],
    );
    const log = fs.openSync(path.join(dir, "server.log"), "w", 0o600);
    const server = spawn(way.command, way.arguments, {
      env: serverEnvironment(),
      stdio: ["ignore", log, log],
      detached: true,
      ...way.identity,
    });
    fs.closeSync(log);
    if (await started(server, port)) {
      server.unref();
      return { server, port };
    }
    const said = fs.readFileSync(path.join(dir, "server.log"), "utf8").slice(-2000);
    if (attempt === 5 || !said.includes("Address already in use"))
      throw new EmbeddedPostgresError(`PostgreSQL did not start: ${said}`);
  }
}

async function started(server: ChildProcess, port: number): Promise<boolean> {
  const ended = { yes: false };
  server.once("exit", () => (ended.yes = true));
  server.once("error", () => (ended.yes = true));
  for (let waited = 0; waited < 30_000 && !ended.yes; waited += 20) {
    if (await answers(port)) return true;
    await pause(20);
  }
  return false;
}

/** True when a PostgreSQL answers on the port and is ready: it asks for a password of somebody who is nobody. */
export async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "nobody",
    password: "-",
    database: "postgres",
    connectionTimeoutMillis: 2000,
  });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code;
    return code === "28P01" || code === "28000";
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  server.ref();
  server.kill("SIGINT");
  await ended;
}

/** What the server and initdb see of our environment: nothing. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
