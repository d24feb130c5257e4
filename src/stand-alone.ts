import { ConfigError, configOrExit, EXIT_CONFIG, type Config } from "./platform/config/config.js";

/** How long the web process waits for the worker's migrations. */
const SCHEMA_WAIT_MS = 60_000;

/**
 * One process by itself, where something else (a container engine, systemd) supervises: `node dist/main.js web` knows the app's role alone; `node dist/main.js worker` migrates, keeps
 * the clock and holds the log's key. Practice always runs as a whole.
 */
export async function standAlone(role: "web" | "worker"): Promise<void> {
  const config = configOrExit(role);
  try {
    if (config.practice) throw new ConfigError("practice runs as a whole: start it without a role.");
    await checkDatabase(role, config);
    const roles = await import("./roles.js");
    const instructions = {
      config: { ...config, databaseUrl: null, databaseOwnerUrl: null, databaseWorkerUrl: null },
      appUrl: config.databaseUrl ?? "",
      workerUrl: config.databaseWorkerUrl ?? "",
      practiceStripe: null,
      origin: config.publicUrl ?? "",
    };
    const stop = await roles.start(role, instructions, null, () => undefined);
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => void stop().finally(() => process.exit(0)));
    process.stdout.write(role === "web" ? `Commonpot is at ${instructions.origin}\n` : "The worker is up\n");
  } catch (error) {
    process.stderr.write(`Commonpot can't start: ${(error as Error).message}\n`);
    process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
  }
}

async function checkDatabase(role: "web" | "worker", config: Config): Promise<void> {
  const { guardsAreAwake, isDurable, logsNoParameters } = await import("./platform/database/start-guards.js");
  const url = config.databaseUrl ?? "";
  if (role === "worker") {
    const { migrate } = await import("./platform/database/migrate.js");
    await migrate(config.databaseOwnerUrl ?? "");
  }
  for (let waited = 0; ; waited += 1000) {
    try {
      await guardsAreAwake(url);
      break;
    } catch (error) {
      if (role === "worker" || waited >= SCHEMA_WAIT_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  for (const each of role === "worker" ? [url, config.databaseWorkerUrl ?? ""] : [url]) {
    await isDurable(each);
    await logsNoParameters(each);
  }
}
