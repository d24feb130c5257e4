import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { expanded } from "./expand.js";
import { at, readForm, textsAt } from "./form.js";
import { PRACTICE_KEY } from "./key.js";
import type { PracticeStripe } from "./practice-stripe.js";
import { StripeProblem } from "./problem.js";

type Form = ReturnType<typeof readForm>;
type Named = object & { readonly id: string };
type Query = Readonly<Record<string, string>>;

const LIST_SIZE = 10;
const LIST_SIZE_MAX = 100;

export function answerProblem(reply: FastifyReply, error: unknown): void {
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

const accountIn = (request: FastifyRequest): string => {
  const account = request.headers["stripe-account"];
  return typeof account === "string" ? account : "";
};

/** Stripe's API, as far as a fund uses it. An account sees its own objects alone. */
export function apiRoutes(
  server: FastifyInstance,
  practice: PracticeStripe,
  keys: { readonly refused: boolean },
): void {
  server.addHook("onRequest", (request, reply, done) => {
    if (!request.url.startsWith("/v1/")) {
      done();
      return;
    }
    if (keys.refused || request.headers.authorization !== `Bearer ${PRACTICE_KEY}`) {
      answerProblem(reply, new StripeProblem(401, "invalid_request_error", "Invalid API Key provided."));
      return;
    }
    const fault = request.method === "GET" ? (practice.faults?.api(false) ?? "none") : "none";
    if (fault === "cut-before") request.raw.socket.destroy();
    else if (fault === "too-many") answerProblem(reply, tooMany());
    else done();
  });
  reading(server, practice);
  lists(server, practice);
  writes(server, practice);
}

const tooMany = (): StripeProblem => new StripeProblem(429, "rate_limit_error", "Too many requests.");

function reading(server: FastifyInstance, practice: PracticeStripe): void {
  const { state } = practice.store;
  const one = (path: string, find: (id: string) => object | undefined): void => {
    server.get<{ Params: { id: string } }>(path, (request, reply) => {
      const { id } = request.params;
      const found = practice.store.accountOf(id) === accountIn(request) ? find(id) : undefined;
      if (!found) throw new StripeProblem(404, "invalid_request_error", `No such object: '${id}'`, "id");
      return reply.send(expanded(practice, request, found));
    });
  };
  one("/v1/checkout/sessions/:id", (id) => state.sessions[id]);
  one("/v1/payment_intents/:id", (id) => state.intents[id]);
  one("/v1/charges/:id", (id) => state.charges[id]);
  one("/v1/balance_transactions/:id", (id) => practice.transaction(id));
  one("/v1/refunds/:id", (id) => state.refunds[id]);
  one("/v1/disputes/:id", (id) => state.disputes[id]);
  one("/v1/payouts/:id", (id) => state.payouts[id]);
  one("/v1/customers/:id", (id) => state.customers[id]);
  one("/v1/subscriptions/:id", (id) => state.subscriptions[id]);
  one("/v1/invoices/:id", (id) => state.invoices[id]);
  one("/v1/events/:id", (id) => state.events[id]);
  server.get("/v1/balance", (request, reply) => reply.send(balance(practice, accountIn(request))));
}

/** Newest first, a page at a time: `limit`, `starting_after`, `created[gte]`. */
function lists(server: FastifyInstance, practice: PracticeStripe): void {
  const { store } = practice;
  const { state } = store;
  const list = (path: string, all: (query: Query) => readonly Named[]): void => {
    server.get<{ Querystring: Query }>(path, (request, reply) => {
      const query = request.query;
      const since = Number(query["created[gte]"] ?? 0);
      const own = all(query).filter(
        (item) =>
          store.accountOf(item.id) === accountIn(request) && ((item as { created?: number }).created ?? 0) >= since,
      );
      const after = query["starting_after"];
      const from = after === undefined ? 0 : own.findIndex((item) => item.id === after) + 1;
      const asked = Number(query["limit"] ?? LIST_SIZE);
      const limit = asked > LIST_SIZE_MAX ? LIST_SIZE_MAX : asked;
      const data = own.slice(from, from + limit).map((item) => expanded(practice, request, item));
      return reply.send({ object: "list", url: path, has_more: own.length > from + limit, data });
    });
  };
  const found = <T extends Named>(ids: readonly string[], table: Readonly<Record<string, T>>): T[] =>
    ids.flatMap((id) => table[id] ?? []).reverse();
  const byIntent = <T extends Named>(kind: "refunds" | "disputes", table: Readonly<Record<string, T>>) => {
    return (query: Query): T[] => {
      const intent = query["payment_intent"];
      return intent === undefined ? Object.values(table).reverse() : found(store.of(kind, intent), table);
    };
  };
  list("/v1/refunds", byIntent("refunds", state.refunds));
  list("/v1/disputes", byIntent("disputes", state.disputes));
  list("/v1/payouts", () => Object.values(state.payouts).reverse());
  list("/v1/subscriptions", () => Object.values(state.subscriptions).reverse());
  list("/v1/invoice_payments", (query) =>
    found(store.of("paid", query["payment[payment_intent]"] ?? ""), state.invoicePayments),
  );
  list("/v1/events", () => Object.values(state.events).reverse());
  list("/v1/balance_transactions", (query) =>
    Object.keys(state.transactions)
      .filter((id) => query["payout"] === undefined || state.paidOutBy[id] === query["payout"])
      .flatMap((id) => practice.transaction(id) ?? [])
      .reverse(),
  );
}

function writes(server: FastifyInstance, practice: PracticeStripe): void {
  writing(server, practice, "POST", "/v1/checkout/sessions", (form, account) => {
    const monthly = at(form, "mode") === "subscription";
    return practice.createSession({
      account,
      monthly,
      amount: Number(at(form, "line_items.0.price_data.unit_amount")),
      currency: at(form, "line_items.0.price_data.currency") ?? "usd",
      successUrl: at(form, "success_url") ?? "",
      cancelUrl: at(form, "cancel_url") ?? null,
      metadata: textsAt(form, "metadata"),
      names: textsAt(form, monthly ? "subscription_data.metadata" : "payment_intent_data.metadata"),
    });
  });
  writing(server, practice, "POST", "/v1/refunds", (form, account) => {
    const intent = at(form, "payment_intent") ?? "";
    if (practice.store.accountOf(intent) !== account)
      throw new StripeProblem(404, "invalid_request_error", "No such payment_intent.", "payment_intent");
    const amount = at(form, "amount");
    return practice.refund(intent, amount === undefined ? null : Number(amount), textsAt(form, "metadata"));
  });
  writing(server, practice, "POST", "/v1/billing_portal/sessions", (form, account) =>
    practice.openPortal(at(form, "customer") ?? "", at(form, "return_url") ?? null, account),
  );
  writing(server, practice, "DELETE", "/v1/subscriptions/:id", (_form, _account, id) => practice.cancel(id));
}

/** A write that keeps its first answer under its idempotency key, also when that answer was an error. */
function writing(
  server: FastifyInstance,
  practice: PracticeStripe,
  method: "POST" | "DELETE",
  url: string,
  act: (form: Form, account: string, id: string) => object,
): void {
  server.route<{ Params: { id?: string } }>({
    method,
    url,
    handler: (request, reply) => {
      const key = request.headers["idempotency-key"];
      const account = accountIn(request);
      const body = typeof request.body === "string" ? request.body : "";
      const fingerprint = `${account} ${request.url} ${body}`;
      const kept = typeof key === "string" ? practice.store.state.answers[key] : undefined;
      if (kept && kept.fingerprint !== fingerprint)
        throw new StripeProblem(
          400,
          "idempotency_error",
          "Keys for idempotent requests can only be used with the same parameters they were first used with.",
        );
      if (kept)
        return reply.status(kept.status).header("idempotent-replayed", "true").type("application/json").send(kept.body);
      const fault = practice.faults?.api(true) ?? "none";
      if (fault === "too-many") throw tooMany();
      if (fault === "cut-before") return cut(request, reply);
      const answer =
        fault === "broken" ? broken() : answered(() => act(readForm(body), account, request.params.id ?? ""));
      if (typeof key === "string") practice.store.state.answers[key] = { fingerprint, ...answer };
      practice.store.changed();
      if (fault === "cut-after") return cut(request, reply);
      return reply.status(answer.status).type("application/json").send(answer.body);
    },
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function answered(act: () => object): Answer {
  try {
    return { status: 200, body: JSON.stringify(act()) };
  } catch (error) {
    if (!(error instanceof StripeProblem)) throw error;
    return { status: error.status, body: JSON.stringify({ error: { type: error.type, message: error.message } }) };
  }
}

const broken = (): Answer => ({
  status: 500,
  body: JSON.stringify({ error: { type: "api_error", message: "Something went wrong on the practice Stripe's end." } }),
});

/** The caller never learns what became of it. */
function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function balance(practice: PracticeStripe, account: string): object {
  const all = Object.keys(practice.store.state.transactions)
    .filter((id) => practice.store.accountOf(id) === account)
    .flatMap((id) => practice.transaction(id) ?? []);
  const sums = (status: string): object[] =>
    [...new Set(all.map((t) => t.currency))].map((currency) => {
      const amount = all
        .filter((t) => t.currency === currency && t.status === status)
        .reduce((sum, t) => sum + t.net, 0);
      return { amount, currency, source_types: { card: amount } };
    });
  return { object: "balance", available: sums("available"), pending: sums("pending"), livemode: false };
}
