import fs from "node:fs";
import path from "node:path";
import type { Type } from "@nestjs/common";
import type { Parts } from "./app.module.js";
import type { Instructions } from "./instructions.js";
import type { Policy } from "./tlog/policy.js";
import type { StripeSettings } from "./platform/config/config.js";

/** What the sandbox adds, when `main` brings it along. */
export interface PracticeRoles {
  readonly controllers: () => Promise<readonly Type[]>;
  readonly stripeSettings: (practiceStripe: NonNullable<Instructions["practiceStripe"]>) => StripeSettings;
  readonly startStripe: (instructions: Instructions) => Promise<{ port: number; stop: () => Promise<void> }>;
  readonly startFund: (
    instructions: Instructions,
    parts: Parts,
    tell: (message: object) => void,
  ) => Promise<() => Promise<void>>;
}

type Stop = () => Promise<void>;

const report = (line: string): void => void process.stderr.write(`${line}\n`);

// Each role loads what it needs and nothing else: four processes share a small server.

/** Becomes one of the processes. Tells the supervisor when it is ready; returns how to stop. */
export async function start(
  role: string,
  instructions: Instructions,
  practice: PracticeRoles | null,
  tell: (message: object) => void,
): Promise<Stop> {
  if (role === "practice-stripe" && practice) {
    const stripe = await practice.startStripe(instructions);
    tell({ port: stripe.port });
    return stripe.stop;
  }
  if (role === "worker") return startWorkerRole(instructions, practice, tell);
  const parts = await partsFor(instructions, practice, instructions.appUrl);
  const { makeWeb } = await import("./web.js");
  const app = await makeWeb(parts);
  await app.listen(instructions.config.port, instructions.config.host);
  const { port } = app.getHttpServer().address() as { port: number };
  if (instructions.config.publicUrl === null) parts.address.origin = `http://localhost:${port}`;
  tell({ port });
  return async () => {
    await app.close();
    await parts.database.close();
  };
}

async function startWorkerRole(
  instructions: Instructions,
  practice: PracticeRoles | null,
  tell: (message: object) => void,
): Promise<Stop> {
  const { startWorker } = await import("./worker.js");
  const { LogSigner } = await import("./tlog/signer.js");
  const { config } = instructions;
  const logSigner = LogSigner.open(config.logKeyFile ?? path.join(config.dataDir, "log.key"));
  const logPolicy = config.logPolicyFile === null ? null : await policyIn(config.logPolicyFile);
  const parts = { ...(await partsFor(instructions, practice, instructions.workerUrl)), logSigner, logPolicy };
  const worker = await startWorker(parts, instructions.workerUrl, instructions.config.practice ? 1000 : 5000);
  // In practice the worker also makes the practice fund, so that no other process is needed for it.
  const stopFund = practice
    ? await practice.startFund(
        instructions,
        { ...(await partsFor(instructions, practice, instructions.appUrl)), logSigner },
        tell,
      )
    : null;
  tell({ ready: true });
  return async () => {
    await stopFund?.();
    await worker.stop();
    await parts.database.close();
  };
}

async function policyIn(file: string): Promise<Policy> {
  const { parsePolicy } = await import("./tlog/policy.js");
  try {
    return parsePolicy(fs.readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`LOG_POLICY_FILE ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function partsFor(instructions: Instructions, practice: PracticeRoles | null, url: string): Promise<Parts> {
  const { config, practiceStripe } = instructions;
  const [{ ENTITIES }, { Database }, { CardService }, { Mail }, { PublicAddress }, { SystemClock }] = await Promise.all(
    [
      import("./entities.js"),
      import("./platform/database/database.js"),
      import("./platform/stripe/stripe.js"),
      import("./platform/mail/mail.js"),
      import("./platform/http/address.js"),
      import("./kernel/clock.js"),
    ],
  );
  const settings = practice && practiceStripe ? practice.stripeSettings(practiceStripe) : config.stripe;
  return {
    database: await Database.connect(url, ENTITIES),
    clock: new SystemClock(),
    address: new PublicAddress(instructions.origin, config.onionUrl),
    cards: new CardService(settings),
    mail: new Mail(config.mail, report),
    practice: config.practice,
    limitLoopback: false,
    metricsToken: config.metricsToken,
    logSigner: null,
    logPolicy: null,
    report,
    ...(practice ? { practiceControllers: await practice.controllers() } : {}),
  };
}
