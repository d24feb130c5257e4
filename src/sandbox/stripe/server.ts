import fastify from "fastify";
import { SystemClock, type Clock } from "../../kernel/clock.js";
import { answerProblem, apiRoutes } from "./api.js";
import type { Faults } from "./faults.js";
import { hostedPages } from "./hosted-pages.js";
import { PracticeStripe } from "./practice-stripe.js";
import { Store } from "./store.js";
import { Webhooks } from "./webhooks.js";

export interface PracticeServerOptions {
  readonly port: number;
  readonly file: string | null;
  readonly webhookSecret: string;
  /** Where events go; null until the web process says. */
  readonly webhookUrl: string | null;
  readonly clock?: Clock;
  readonly settleAfterMs?: number;
  /** Until what was paid is available; seconds in practice, days at Stripe. */
  readonly availableAfterSeconds?: number;
  /** How often what is available goes to the bank; 0 = never by itself. */
  readonly payOutEveryMs?: number;
  /** How long after a payment with the card of disputes its bank takes it back; never by itself when left out. */
  readonly disputeAfterMs?: number;
  readonly faults?: Faults | null;
}

export interface PracticeServer {
  readonly port: number;
  readonly stripe: PracticeStripe;
  setWebhookUrl(url: string): void;
  /** From now on every key is answered with 401, as if ours was revoked. */
  refuseKeys(on: boolean): void;
  close(): Promise<void>;
}

/** The practice Stripe on its own loopback port: the real SDK talks to it. */
export async function startPracticeStripe(options: PracticeServerOptions): Promise<PracticeServer> {
  const server = fastify({ logger: false, bodyLimit: 64 * 1024 });
  let port = options.port;
  let webhookUrl = options.webhookUrl;
  const store = new Store(options.file);
  const practice = new PracticeStripe(
    store,
    options.clock ?? new SystemClock(),
    () => `http://localhost:${port}`,
    options.faults ?? null,
    options.settleAfterMs ?? 0,
    options.availableAfterSeconds,
  );
  server.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );
  server.setErrorHandler((error: unknown, _request, reply) => answerProblem(reply, error));
  hostedPages(server, practice, options.disputeAfterMs ?? null);
  const keys = { refused: false };
  apiRoutes(server, practice, keys);
  await server.listen({ port, host: "127.0.0.1" });
  port = (server.server.address() as { port: number }).port;
  const webhooks = new Webhooks(practice, () => webhookUrl, options.webhookSecret);
  const payOuts = options.payOutEveryMs ? setInterval(() => practice.payOut(), options.payOutEveryMs) : null;
  payOuts?.unref();
  return {
    port,
    stripe: practice,
    setWebhookUrl: (url) => (webhookUrl = url),
    refuseKeys: (on) => (keys.refused = on),
    close: async () => {
      webhooks.stop();
      if (payOuts) clearInterval(payOuts);
      store.save();
      await server.close();
    },
  };
}
