import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { configOrExit, ConfigError, EXIT_CONFIG, childEnvironment, type Config } from "./platform/config/config.js";
import type { Instructions } from "./instructions.js";

/** `node dist/main.js` supervises; `node dist/main.js <role>` is one of the processes that it starts, or stands alone. */
const ROLES = ["web", "worker", "practice-stripe"] as const;
type Role = (typeof ROLES)[number];

const self = fileURLToPath(import.meta.url);

async function beRole(role: Role): Promise<void> {
  // When the supervisor is gone, so are we.
  process.on("disconnect", () => process.exit(0));
  const instructions = await new Promise<Instructions>((resolve) =>
    process.once("message", (message) => resolve(message as Instructions)),
  );
  const roles = await import("./roles.js");
  const practice = instructions.config.practice ? await import("./sandbox/practice-roles.js") : null;
  const stop = await roles.start(role, instructions, practice, (message) => process.send?.(message));
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => void stop().finally(() => process.exit(0)));
}

/** Practice shares somebody's laptop: small heaps keep each process tens of megabytes smaller. */
const SMALL = ["--max-semi-space-size=1", "--max-old-space-size=256", "--optimize-for-size"];

class Supervisor {
  private readonly children = new Map<Role, ChildProcess>();
  private readonly told = new Map<Role, object>();
  private stopping = false;

  constructor(
    private readonly config: Config,
    private readonly stopDatabase: () => Promise<void>,
  ) {}

  /** Starts a role and waits for the first message that it sends. A role that ends by itself is started again. */
  async start<T>(role: Role, instructions: Instructions, onMessage?: (message: T) => void): Promise<T> {
    const child = fork(self, [role], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: childEnvironment(this.config.practice),
      execArgv: this.config.practice ? SMALL : [],
    });
    this.children.set(role, child);
    const first = new Promise<T>((resolve, reject) => {
      child.once("message", (message) => resolve(message as T));
      child.once("exit", (code) =>
        reject(new Error(`${role} ended with status ${code ?? "none"} before it was ready`)),
      );
    });
    if (onMessage) child.on("message", (message) => onMessage(message as T));
    // Only the worker speaks as the worker.
    child.send(role === "worker" ? instructions : { ...instructions, workerUrl: "" });
    // Also when it dies before it is ready: nobody waits for it any more.
    child.once("exit", () => this.children.delete(role));
    const answer = await first;
    const told = this.told.get(role);
    if (told !== undefined) child.send(told);
    child.once("exit", () => {
      if (!this.stopping)
        void this.startAgain(
          role,
          { ...instructions, config: this.fixed(role, instructions.config, answer) },
          onMessage,
        );
    });
    return answer;
  }

  /** Until it is up again: its database may be away for a while, too. */
  private async startAgain<T>(role: Role, instructions: Instructions, onMessage?: (message: T) => void): Promise<void> {
    process.stderr.write(`${role} ended by itself; starting it again\n`);
    for (let attempt = 1; !this.stopping; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, attempt < 20 ? attempt * 500 : 10_000));
      try {
        await this.start(role, instructions, onMessage);
        return;
      } catch {
        process.stderr.write(`${role} could not start; trying again\n`);
      }
    }
  }

  /** A role that comes back keeps its port. */
  private fixed(role: Role, config: Config, answer: unknown): Config {
    return role === "web" ? { ...config, port: (answer as { port: number }).port } : config;
  }

  /** Tells a role something more; it hears it again when it has to be started again. */
  tell(role: Role, message: object): void {
    this.told.set(role, message);
    this.children.get(role)?.send(message);
  }

  async stop(status: number): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    const ended = [...this.children.values()].map(
      (child) =>
        new Promise<void>((resolve) => (child.exitCode === null ? child.once("exit", () => resolve()) : resolve())),
    );
    for (const child of this.children.values()) child.kill("SIGTERM");
    const patience = setTimeout(() => this.children.forEach((child) => child.kill("SIGKILL")), 15_000);
    await Promise.all(ended);
    clearTimeout(patience);
    await this.stopDatabase();
    process.exit(status);
  }
}

async function supervise(): Promise<void> {
  const config = configOrExit();
  const { openDatabase } = await import("./platform/database/open.js");
  const { guardsAreAwake, practiceMayRun, isDurable, logsNoParameters } =
    await import("./platform/database/start-guards.js");
  const { migrate } = await import("./platform/database/migrate.js");
  const database = await openDatabase(config, { join: false });
  const supervisor = new Supervisor(config, () => database.stop());
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void supervisor.stop(0));
  try {
    await migrate(database.urls.owner);
    await guardsAreAwake(database.urls.app);
    if (config.practice) await practiceMayRun(database.urls.app);
    else
      for (const url of [database.urls.app, database.urls.worker]) {
        await isDurable(url);
        await logsNoParameters(url);
      }
    await startAll(supervisor, config, database.urls);
  } catch (error) {
    process.stderr.write(`Commonpot can't start: ${(error as Error).message}\n`);
    await supervisor.stop(error instanceof ConfigError ? EXIT_CONFIG : 1);
  }
}

async function startAll(supervisor: Supervisor, config: Config, urls: { app: string; worker: string }): Promise<void> {
  // Each role gets one address of the database, and no other.
  const shared: Config = { ...config, databaseUrl: null, databaseOwnerUrl: null, databaseWorkerUrl: null };
  let instructions: Instructions = {
    config: shared,
    appUrl: urls.app,
    workerUrl: urls.worker,
    practiceStripe: null,
    origin: config.publicUrl ?? `http://localhost:${config.port}`,
  };
  if (config.practice) {
    const webhookSecret = `whsec_${crypto.randomUUID().replaceAll("-", "")}`;
    const { port } = await supervisor.start<{ port: number }>("practice-stripe", {
      ...instructions,
      practiceStripe: { port: 0, webhookSecret },
    });
    instructions = { ...instructions, practiceStripe: { port, webhookSecret } };
  }
  const { port } = await supervisor.start<{ port: number }>("web", instructions);
  if (config.publicUrl === null) instructions = { ...instructions, origin: `http://localhost:${port}` };
  supervisor.tell("practice-stripe", { webhookUrl: `http://127.0.0.1:${port}/webhooks/stripe` });
  await supervisor.start<{ say?: string }>(
    "worker",
    { ...instructions, config: { ...shared, port } },
    ({ say }) => say !== undefined && process.stdout.write(`${say}\n`),
  );
  process.stdout.write(`Commonpot is at ${instructions.origin}\n`);
}

const asked = process.argv[2];
if (asked === undefined) {
  supervise().catch((error: unknown) => {
    process.stderr.write(`Commonpot can't start: ${(error as Error).message}\n`);
    process.exit(1);
  });
} else if ((ROLES as readonly string[]).includes(asked) && process.send) await beRole(asked as Role);
else if (asked === "web" || asked === "worker") await (await import("./stand-alone.js")).standAlone(asked);
else {
  process.stderr.write(`${path.basename(self)} takes no argument, or one of web and worker\n`);
  process.exitCode = 1;
}
