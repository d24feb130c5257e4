import fs from "node:fs";
import path from "node:path";
import type { Type } from "@nestjs/common";
import type { Parts } from "../app.module.js";
import type { Instructions } from "../instructions.js";
import type { StripeSettings } from "../platform/config/config.js";
import { PRACTICE_KEY } from "./stripe/key.js";

const PAY_OUT_EVERY_MS = 2000;
const DISPUTE_AFTER_MS = 5000;

export async function controllers(): Promise<readonly Type[]> {
  return [(await import("./practice.controller.js")).PracticeController];
}

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
  const { startPracticeStripe } = await import("./stripe/server.js");
  const portFile = path.join(config.dataDir, "practice-stripe.port");
  const last = fs.existsSync(portFile) ? Number(fs.readFileSync(portFile, "utf8")) : 0;
  const options = {
    file: path.join(config.dataDir, "practice-stripe.json"),
    webhookSecret: practiceStripe?.webhookSecret ?? "",
    webhookUrl: null,
    payOutEveryMs: PAY_OUT_EVERY_MS,
    disputeAfterMs: DISPUTE_AFTER_MS,
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
  instructions: Instructions,
  parts: Parts,
  tell: (message: object) => void,
): Promise<() => Promise<void>> {
  const { fillPracticeFund } = await import("./practice-filler.js");
  return fillPracticeFund(instructions, parts, tell);
}
