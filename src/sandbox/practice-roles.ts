import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import type { Parts } from "../app.module.js";
import { HandClock } from "../kernel/clock.js";
import type { Instructions } from "../main.js";
import type { StripeSettings } from "../platform/config/config.js";
import { Database } from "../platform/database/database.js";
import { Publisher } from "../publication/publisher.service.js";
import { Selections } from "../disbursements/selection.service.js";
import { ENTITIES } from "../entities.js";
import { Erasure } from "../requests/erasure.service.js";
import { Line } from "../requests/line.service.js";
import { makeWeb } from "../web.js";
import { FundClock } from "../worker.js";
import { PracticeController } from "./practice.controller.js";
import { ensurePracticeFund } from "./practice-fund.js";
import { PracticeHistory } from "./practice-history.js";
import { PRACTICE_KEY, startPracticeStripe } from "./stripe/server.js";

const PAY_OUT_EVERY_MS = 2000;

export const controllers = [PracticeController];

export function stripeSettings(practiceStripe: NonNullable<Instructions["practiceStripe"]>): StripeSettings {
  return {
    secretKey: PRACTICE_KEY,
    webhookSecrets: [practiceStripe.webhookSecret],
    host: { hostname: "127.0.0.1", port: practiceStripe.port },
  };
}

/** The practice Stripe keeps its port from one start to the next, so that checkout links stay good. */
export async function startStripe({
  config,
  practiceStripe,
}: Instructions): Promise<{ port: number; stop: () => Promise<void> }> {
  const portFile = path.join(config.dataDir, "practice-stripe.port");
  const last = fs.existsSync(portFile) ? Number(fs.readFileSync(portFile, "utf8")) : 0;
  const options = {
    file: path.join(config.dataDir, "practice-stripe.json"),
    webhookSecret: practiceStripe?.webhookSecret ?? "",
    webhookUrl: null,
    payOutEveryMs: PAY_OUT_EVERY_MS,
  };
  const server = await startPracticeStripe({ ...options, port: practiceStripe?.port || last }).catch(() =>
    startPracticeStripe({ ...options, port: 0 }),
  );
  fs.writeFileSync(portFile, String(server.port));
  process.on("message", (message: { webhookUrl?: string }) => {
    if (message.webhookUrl !== undefined) server.setWebhookUrl(message.webhookUrl);
  });
  return { port: server.port, stop: () => server.close() };
}

/** Makes the practice fund, says so, then fills its history while people may already look around. */
export async function startFund(
  { config, workerUrl }: Instructions,
  parts: Parts,
  tell: (message: object) => void,
): Promise<() => Promise<void>> {
  const clock = new HandClock(parts.clock.now());
  const today = parts.clock.now();
  // The clock's part of history publishes, and so needs the worker's role.
  const worker = await Database.connect(workerUrl, ENTITIES, 4);
  const app = await makeWeb({ ...parts, clock });
  const stop = async (): Promise<void> => {
    await app.close();
    await worker.close();
    await parts.database.close();
  };
  const holder = new pg.Client({ connectionString: workerUrl });
  await holder.connect();
  const fund = await ensurePracticeFund(app, { ...parts, clock });
  // While history is being filled, the worker's clock stands by for this fund.
  await holder.query("select pg_advisory_lock(hashtextextended($1, 2))", [fund.fundId]);
  tell({ ready: true });
  const fundClock = new FundClock(app.get(Selections), app.get(Publisher), app.get(Erasure), app.get(Line));
  const history = new PracticeHistory(
    app,
    parts,
    worker,
    clock,
    fund,
    fundClock,
    path.join(config.dataDir, "practice-history.json"),
    today,
  );
  const finished = history
    .fill()
    .then((filled) => filled && tell({ say: "The practice fund has its history." }))
    .catch((error: unknown) =>
      tell({ say: `The practice fund's history stopped: ${error instanceof Error ? error.message : "unknown"}` }),
    )
    .finally(() => holder.end());
  void finished.then(stop).then(() => process.exit(0));
  return stop;
}
