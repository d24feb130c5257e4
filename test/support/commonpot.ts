import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Parts } from "../../src/app.module.js";
import { ENTITIES } from "../../src/entities.js";
import { Funds, type Fund } from "../../src/funds/funds.service.js";
import { charterFromTemplate } from "../../src/funds/templates.js";
import type { Charter } from "../../src/funds/charter.js";
import { Clock, SystemClock } from "../../src/kernel/clock.js";
import { Database } from "../../src/platform/database/database.js";
import { PublicAddress } from "../../src/platform/http/address.js";
import type { MailSettings } from "../../src/platform/config/config.js";
import { Mail } from "../../src/platform/mail/mail.js";
import { CardService } from "../../src/platform/stripe/stripe.js";
import { ReleaseCheck } from "../../src/release-check.js";
import { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { controllers, stripeSettings } from "../../src/sandbox/practice-roles.js";
import { practiceTreasurer, PRACTICE_NAMES } from "../../src/sandbox/practice-treasurers.js";
import { Faults, GENTLE } from "../../src/sandbox/stripe/faults.js";
import { startPracticeStripe, type PracticeServer } from "../../src/sandbox/stripe/server.js";
import { LogSigner } from "../../src/tlog/signer.js";
import { Enrolment } from "../../src/treasurers/enrolment.service.js";
import { makeWeb } from "../../src/web.js";
import { startWorker, type Worker } from "../../src/worker.js";
import { cloneDatabase, type TestDatabase } from "./database.js";

export const WEBHOOK_SECRET = "whsec_test";
/** Another seed makes other faults: FAULT_SEED=7 npx jest … */
const FAULT_SEED = Number(process.env["FAULT_SEED"] ?? 1);

/** The whole program in this process: web, worker and practice Stripe, each as `npm start` runs it, on a database of its own. */
export interface Commonpot {
  readonly app: NestFastifyApplication;
  readonly db: TestDatabase;
  readonly database: Database;
  readonly stripe: PracticeServer;
  readonly origin: string;
  /** Lines that an operator would see; tests look for what must not be in them. */
  readonly reported: readonly string[];
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  /** Where no worker runs: checks what was approved, as it would. */
  release(slug: string): Promise<void>;
  close(): Promise<void>;
}

export async function startCommonpot(
  options: {
    clock?: Clock;
    stripeClock?: Clock;
    /** How often the worker's clock looks at every fund. */
    tickMs?: number;
    worker?: boolean;
    settleAfterMs?: number;
    /** What goes wrong at the practice Stripe: gentle things unless a test says otherwise, and null for none. */
    faults?: Faults | null;
    limitLoopback?: boolean;
    mail?: MailSettings;
    onion?: string;
    mailTimeoutMs?: number;
  } = {},
): Promise<Commonpot> {
  const db = await cloneDatabase();
  const stripe = await startPracticeStripe({
    port: 0,
    file: null,
    webhookSecret: WEBHOOK_SECRET,
    webhookUrl: null,
    settleAfterMs: options.settleAfterMs ?? 0,
    ...(options.stripeClock ? { clock: options.stripeClock } : {}),
    faults: options.faults === undefined ? new Faults(FAULT_SEED, GENTLE) : options.faults,
  });
  const reported: string[] = [];
  const logKeyFile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-log-")), "log.key");
  const database = await Database.connect(db.urls.app, ENTITIES);
  const parts: Parts = {
    database,
    clock: options.clock ?? new SystemClock(),
    address: new PublicAddress("http://localhost:1", options.onion ?? null),
    cards: new CardService(stripeSettings({ port: stripe.port, webhookSecret: WEBHOOK_SECRET })),
    mail: new Mail(options.mail ?? null, (line) => reported.push(line), options.mailTimeoutMs),
    practice: true,
    limitLoopback: options.limitLoopback ?? false,
    metricsToken: "metrics-token-of-the-tests",
    logSigner: LogSigner.open(logKeyFile),
    logPolicy: null,
    report: (line) => reported.push(line),
    practiceControllers: await controllers(),
  };
  const app = await makeWeb(parts);
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as { port: number };
  parts.address.origin = `http://localhost:${port}`;
  stripe.setWebhookUrl(`http://127.0.0.1:${port}/webhooks/stripe`);
  let worker: Worker | null = null;
  let workerDatabase: Database | null = null;
  let releasing: Database | null = null;
  const commonpot: Commonpot = {
    app,
    db,
    database,
    stripe,
    origin: parts.address.origin,
    reported,
    async startWorker() {
      workerDatabase = await Database.connect(db.urls.worker, ENTITIES);
      worker = await startWorker({ ...parts, database: workerDatabase }, db.urls.worker, options.tickMs ?? 100);
    },
    async stopWorker() {
      await worker?.stop();
      await workerDatabase?.close();
      worker = null;
      workerDatabase = null;
    },
    async release(slug) {
      if (worker !== null) return;
      releasing ??= await Database.connect(db.urls.worker, ENTITIES, 2);
      const fund = await app.get(Funds).bySlug(database.read, slug);
      await releasing.atomically((tx) => app.get(ReleaseCheck).run(tx, fund));
    },
    async close() {
      await releasing?.close();
      await commonpot.stopWorker();
      await app.close();
      await stripe.close();
      await database.close();
      await db.drop();
      fs.rmSync(path.dirname(logKeyFile), { recursive: true });
    },
  };
  if (options.worker !== false) await commonpot.startWorker();
  return commonpot;
}

/** A practice fund that is open, with Ana, Ben and Chris in its seats. */
export async function openFund(
  pot: Commonpot,
  slug: string,
  change: Partial<Charter> = {},
  currency = "usd",
  names: readonly string[] = PRACTICE_NAMES,
): Promise<Fund> {
  const { database, app } = pot;
  const funds = app.get(Funds);
  const charter = {
    ...charterFromTemplate("general", { name: "Elm Street Pot", currency, timeZone: "UTC", practice: true }),
    words: true,
    ...change,
  };
  const fund = await database.atomically((tx) =>
    funds.create(tx, { slug, template: "general", currency, practice: true, charter }, app.get(Clock).now()),
  );
  const people = await Promise.all(names.map(practiceTreasurer));
  await database.atomically(async (tx) => {
    for (const p of people) {
      const seat = {
        name: p.name,
        recipient: p.recipient,
        wrappedIdentity: p.wrappedIdentity,
        wrappedBy: "prf" as const,
      };
      await app
        .get(Enrolment)
        .seat(tx, fund, seat, { credentialId: p.passkey.credentialId, publicKey: p.publicKey, counter: 0n }, true);
    }
  });
  for (const name of names) await (await person(pot, slug, name)).signGenesis();
  return funds.bySlug(database.read, slug);
}

export async function person(pot: Commonpot, slug: string, name: string): Promise<PersonAtDesk> {
  return new PersonAtDesk(pot.app, slug, pot.origin, await practiceTreasurer(name), () => pot.release(slug)).signIn();
}

/** Waits until `what` is true; says what it waited for when it never is. */
export async function until(what: string, isTrue: () => Promise<boolean>, seconds = 15): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Error(`waited ${seconds} s for: ${what}`);
}

export async function give(
  pot: Commonpot,
  slug: string,
  amount: number,
  card = "4242424242424242",
): Promise<{ id: string; receiptUrl: string }> {
  const answer = await fetch(`${pot.origin}/api/v1/funds/${slug}/donations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount, frequency: "once" }),
  });
  const started = (await answer.json()) as { id: string; checkoutUrl: string; receiptUrl: string };
  await fetch(started.checkoutUrl, { method: "POST", body: new URLSearchParams({ card }), redirect: "manual" });
  return started;
}

export async function ask(pot: Commonpot, slug: string, amount: number, more: object = {}): Promise<string> {
  const answer = await fetch(`${pot.origin}/api/v1/funds/${slug}/requests`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount, payTo: { rail: "venmo", to: "@someone" }, ...more }),
  });
  const { claimCode } = (await answer.json()) as { claimCode: string };
  return claimCode;
}

/** Ana and Ben sign whatever the rule picked, and Ana pays all of it in cash. Returns Ana at her desk. */
export async function payEverybody(pot: Commonpot, fund: Fund): Promise<PersonAtDesk> {
  const owner = await pot.db.as("owner");
  const { rows } = await owner.query<{ id: string }>(
    "select disbursement_id as id from disbursement where fund_id = $1 and state = 'proposed'",
    [fund.fundId],
  );
  const ids = rows.map((d) => d.id);
  const [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
  await ana.approve(ids);
  await ben.approve(ids);
  for (const id of ids) {
    await ana.take(id);
    await ana.sent(id, "cash", "assets:bank");
  }
  return ana;
}

/** Waits until the fund's log says who its treasurers are: from then on browsers can lock for them. */
export async function rosterIsPublic(pot: Commonpot, fund: Fund): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const answer = await fetch(`${pot.origin}/api/v1/funds/${fund.slug}/entries?limit=5`);
    return answer.ok && (await answer.text()).includes('"kind":"roster"');
  };
  await until("the roster is in the public log", isThere, 60);
}
