import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { SystemClock, type Clock } from "../../kernel/clock.js";
import { checkoutPage } from "./checkout-page.js";
import { PRACTICE_KEY } from "./key.js";
import { at, readForm, textsAt } from "./form.js";
import { CARD_DECLINED, CARD_DISPUTED, CARD_PAYS, PracticeStripe, StripeProblem } from "./practice-stripe.js";
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
  /** How often what is available goes to the bank; 0 = never by itself. */
  readonly payOutEveryMs?: number;
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
    options.settleAfterMs ?? 0,
  );
  server.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );
  server.setErrorHandler((error: unknown, _request, reply) => answerProblem(reply, error));
  checkoutRoutes(server, practice);
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

function answerProblem(reply: FastifyReply, error: unknown): void {
  const problem =
    error instanceof StripeProblem
      ? error
      : new StripeProblem(
          (error as { statusCode?: number }).statusCode ?? 500,
          "invalid_request_error",
          "The practice Stripe could not read this.",
        );
  void reply.status(problem.status).send({
    error: { type: problem.type, message: problem.message, ...(problem.param ? { param: problem.param } : {}) },
  });
}

function checkoutRoutes(server: FastifyInstance, practice: PracticeStripe): void {
  const { sessions } = practice.store.state;
  const html = (reply: FastifyReply, status: number, page: string): FastifyReply =>
    reply.status(status).type("text/html; charset=utf-8").header("cache-control", "no-store").send(page);
  server.get<{ Params: { id: string } }>("/c/pay/:id", (request, reply) => {
    const session = sessions[request.params.id];
    return session
      ? html(reply, 200, checkoutPage(session, null))
      : html(reply, 404, "<!doctype html><title>No such checkout</title><p>There is no such checkout.");
  });
  server.post<{ Params: { id: string } }>("/c/pay/:id", (request, reply) => {
    const session = sessions[request.params.id];
    if (!session) throw new StripeProblem(404, "invalid_request_error", "No such checkout session.");
    const form = readForm(String(request.body));
    const card = (at(form, "card") ?? "").replace(/[\s-]/g, "");
    if (![CARD_PAYS, CARD_DECLINED, CARD_DISPUTED].includes(card))
      return html(reply, 400, checkoutPage(session, "This is no practice card. Try 4242 4242 4242 4242."));
    const handedIn = Number(at(form, "practice_at"));
    const paid = practice.pay(session.id, card, Number.isInteger(handedIn) && handedIn > 0 ? handedIn : null);
    if (!paid)
      return html(reply, 402, checkoutPage(session, "Your card was declined. Nothing was taken. Try another one."));
    return reply.redirect(session.success_url ?? "/", 303);
  });
}

type Found = object | undefined;

function apiRoutes(server: FastifyInstance, practice: PracticeStripe, keys: { readonly refused: boolean }): void {
  const { state } = practice.store;
  server.addHook("onRequest", (request, reply, done) => {
    const isKnown = !keys.refused && request.headers.authorization === `Bearer ${PRACTICE_KEY}`;
    if (request.url.startsWith("/v1/") && !isKnown) {
      answerProblem(reply, new StripeProblem(401, "invalid_request_error", "Invalid API Key provided."));
      return;
    }
    done();
  });
  const one = (path: string, find: (id: string) => Found): void => {
    server.get<{ Params: { id: string } }>(path, (request, reply) => {
      const found = find(request.params.id);
      if (!found) throw new StripeProblem(404, "invalid_request_error", `No such object: '${request.params.id}'`, "id");
      return reply.send(expanded(practice, request, found));
    });
  };
  one("/v1/checkout/sessions/:id", (id) => state.sessions[id]);
  one("/v1/payment_intents/:id", (id) => state.intents[id]);
  one("/v1/charges/:id", (id) => state.charges[id]);
  one("/v1/balance_transactions/:id", (id) => practice.transaction(id));
  one("/v1/refunds/:id", (id) => state.refunds[id]);
  one("/v1/payouts/:id", (id) => state.payouts[id]);
  one("/v1/events/:id", (id) => state.events[id]);
  const list = (path: string, all: (query: Record<string, string>) => object[]): void => {
    server.get<{ Querystring: Record<string, string> }>(path, (request, reply) => {
      const data = all(request.query).map((item) => expanded(practice, request, item));
      return reply.send({ object: "list", url: path, has_more: false, data });
    });
  };
  list("/v1/refunds", (q) =>
    Object.values(state.refunds).filter(
      (r) => q["payment_intent"] === undefined || r.payment_intent === q["payment_intent"],
    ),
  );
  list("/v1/invoice_payments", () => []);
  list("/v1/disputes", () => []);
  list("/v1/events", () => Object.values(state.events).toReversed());
  list("/v1/balance_transactions", (q) =>
    Object.keys(state.transactions)
      .map((id) => practice.transaction(id) as object & { id: string })
      .filter((t) => q["payout"] === undefined || state.paidOutBy[t.id] === q["payout"]),
  );
  server.get("/v1/balance", (_request, reply) => reply.send(balance(practice)));
  writing(server, practice, "/v1/checkout/sessions", (form) =>
    practice.createSession({
      amount: Number(at(form, "line_items.0.price_data.unit_amount")),
      currency: at(form, "line_items.0.price_data.currency") ?? "usd",
      successUrl: at(form, "success_url") ?? "",
      cancelUrl: at(form, "cancel_url") ?? null,
      metadata: textsAt(form, "metadata"),
      intentMetadata: textsAt(form, "payment_intent_data.metadata"),
    }),
  );
  writing(server, practice, "/v1/refunds", (form) =>
    practice.refund(
      at(form, "payment_intent") ?? "",
      at(form, "amount") === undefined ? null : Number(at(form, "amount")),
    ),
  );
}

/** A POST that keeps its first answer under its idempotency key, also when that answer was an error. */
function writing(
  server: FastifyInstance,
  practice: PracticeStripe,
  path: string,
  act: (form: ReturnType<typeof readForm>) => object,
): void {
  server.post(path, (request, reply) => {
    const key = request.headers["idempotency-key"];
    const fingerprint = `${path} ${String(request.body)}`;
    const kept = typeof key === "string" ? practice.store.state.answers[key] : undefined;
    if (kept && kept.fingerprint !== fingerprint)
      throw new StripeProblem(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first used with.",
      );
    if (kept)
      return reply.status(kept.status).header("idempotent-replayed", "true").type("application/json").send(kept.body);
    let status = 200;
    let body: string;
    try {
      body = JSON.stringify(act(readForm(String(request.body))));
    } catch (error) {
      if (!(error instanceof StripeProblem)) throw error;
      status = error.status;
      body = JSON.stringify({ error: { type: error.type, message: error.message } });
    }
    if (typeof key === "string") practice.store.state.answers[key] = { fingerprint, status, body };
    practice.store.changed();
    return reply.status(status).type("application/json").send(body);
  });
}

/** `expand[]=latest_charge.balance_transaction`: the two expansions that we ask for. */
function expanded(practice: PracticeStripe, request: FastifyRequest, found: object): object {
  const wanted = decodeURIComponent(request.url.split("?")[1] ?? "");
  const copy = structuredClone(found) as Record<string, unknown>;
  const { state } = practice.store;
  if (wanted.includes("latest_charge") && typeof copy["latest_charge"] === "string")
    copy["latest_charge"] = structuredClone(state.charges[copy["latest_charge"]]);
  for (const holder of [copy, copy["latest_charge"] as Record<string, unknown> | null]) {
    if (
      wanted.includes("balance_transaction") &&
      holder &&
      typeof holder === "object" &&
      typeof holder["balance_transaction"] === "string"
    ) {
      holder["balance_transaction"] = structuredClone(practice.transaction(holder["balance_transaction"]));
    }
  }
  return copy;
}

function balance(practice: PracticeStripe): object {
  const all = Object.keys(practice.store.state.transactions).flatMap((id) => practice.transaction(id) ?? []);
  const sums = (status: string): object[] =>
    [...new Set(all.map((t) => t.currency))].map((currency) => {
      const amount = all
        .filter((t) => t.currency === currency && t.status === status)
        .reduce((sum, t) => sum + t.net, 0);
      return { amount, currency, source_types: { card: amount } };
    });
  return { object: "balance", available: sums("available"), pending: sums("pending"), livemode: false };
}
