import { fork, type ChildProcess } from "node:child_process";
import { randomUUID, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import Stripe from "stripe";
import { startPracticeStripe, type PracticeServer } from "../src/sandbox/stripe/server.js";
import { openBooks, TODAY, type Books } from "./support/books.js";
import { median, rounded, say } from "./support/measure.js";
import type { Told } from "./support/webhook-roles.js";

const ROUNDS = 3;
const EVENTS = 3000;
const CALLERS = 64;
/** The second part: a steady stream, and a worker that is killed. */
const STEADY_PER_SECOND = 200;
const STEADY_SECONDS = 15;
const KILLS = 5;

const SECRET = "whsec_bench";
/** As at Stripe: days. In practice it is seconds, and then a second posting for each gift would be measured with it, which the routes beside it do not make. */
const AVAILABLE_AFTER_SECONDS = 2 * 86_400;
const signer = new Stripe("sk_test_bench").webhooks;

interface Scene {
  readonly books: Books;
  readonly stripe: PracticeServer;
  readonly fundId: string;
  readonly web: string;
  readonly seen: { seq: number; gifts: number };
}

/** Events a second from the request to the booked transaction, beside a signed route that fetches the same object and posts directly, and one that does nothing. */
export async function run(): Promise<object> {
  const books = await openBooks(4);
  const stripe = await startPracticeStripe({
    port: 0,
    file: null,
    webhookSecret: SECRET,
    webhookUrl: null,
    availableAfterSeconds: AVAILABLE_AFTER_SECONDS,
  });
  const roles: ChildProcess[] = [];
  try {
    const told = { stripePort: stripe.port, secret: SECRET };
    const { port } = await start(roles, { role: "web", url: books.postgres.urls.app, ...told });
    await start(roles, { role: "worker", url: books.postgres.urls.worker, ...told });
    const scene: Scene = {
      books,
      stripe,
      fundId: await books.makeFund("bench-fund"),
      web: `http://127.0.0.1:${port}`,
      seen: { seq: 0, gifts: 0 },
    };
    const ways = { ours: [] as number[], direct: [] as number[], nothing: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      ways.direct.push(await rate(scene, "/webhooks/bench/direct"));
      ways.ours.push(await rate(scene, "/webhooks/stripe"));
      ways.nothing.push(await rate(scene, "/webhooks/bench/nothing", false));
      say(
        `round ${round + 1}: ours ${Math.round(ways.ours.at(-1) ?? 0)}/s, direct ${Math.round(ways.direct.at(-1) ?? 0)}/s, nothing ${Math.round(ways.nothing.at(-1) ?? 0)}/s`,
      );
    }
    const steady = await killedFiveTimes(scene, roles, { role: "worker", url: books.postgres.urls.worker, ...told });
    return {
      ratio: rounded(median(ways.ours) / median(ways.direct)),
      perSecond: Math.round(median(ways.ours)),
      direct: Math.round(median(ways.direct)),
      nothing: Math.round(median(ways.nothing)),
      ...steady,
    };
  } finally {
    roles.forEach((role) => role.kill("SIGKILL"));
    await stripe.close();
    await books.close();
  }
}

async function start(roles: ChildProcess[], told: Told): Promise<{ port: number }> {
  const child = fork(fileURLToPath(new URL("./support/webhook-roles.js", import.meta.url)), {
    stdio: ["ignore", 2, 2, "ipc"],
  });
  roles.push(child);
  child.send(told);
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as { port: number }));
    child.once("exit", (code) => reject(new Error(`${told.role} ended with ${code ?? "a signal"}`)));
  });
}

/** Payments that were made, with the event that tells of each. */
async function paid({ books, stripe, fundId }: Scene, n: number): Promise<string[]> {
  const ids = Array.from({ length: n }, () => randomUUID());
  await books.owner.query(
    `insert into donation (fund_id, donation_id, amount, charged, frequency, day, charter_version, key_hash, fingerprint, receipt_token)
     select $1, id, 2500, 2500, 'once', $2, 1, sha256(id::text::bytea), sha256(''), token from unnest($3::uuid[], $4::text[]) as d (id, token)`,
    [fundId, TODAY, ids, ids.map(() => randomBytes(32).toString("base64url"))],
  );
  const practice = stripe.stripe;
  const events: string[] = [];
  for (const donation of ids) {
    const names = { fund: fundId, donation };
    const session = practice.createSession({
      account: "",
      monthly: false,
      amount: 2500,
      currency: "usd",
      successUrl: "",
      cancelUrl: null,
      metadata: names,
      names,
    });
    practice.pay(session.id, "4242424242424242", null);
    const told = practice.store.state.deliveries.splice(0).map((d) => practice.store.state.events[d.eventId]!);
    events.push(JSON.stringify(told.find((event) => event.type === "payment_intent.succeeded")));
    // They are kept here: hundreds of megabytes of events would have this process collect garbage for seconds, while it plays Stripe and sends.
    practice.store.state.events = {};
  }
  return events;
}

const post = async (url: string, payload: string): Promise<void> => {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "stripe-signature": signer.generateTestHeaderString({ payload, secret: SECRET }),
    },
    body: payload,
  });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  await answer.arrayBuffer();
};

async function rate(scene: Scene, path: string, books = true): Promise<number> {
  const events = await paid(scene, EVENTS);
  const before = await gifts(scene);
  const began = performance.now();
  const todo = [...events];
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (let event = todo.pop(); event !== undefined; event = todo.pop()) await post(`${scene.web}${path}`, event);
    }),
  );
  while (books && (await gifts(scene)) < before + EVENTS) await new Promise((resolve) => setTimeout(resolve, 10));
  return EVENTS / ((performance.now() - began) / 1000);
}

/** How many gifts are in the book. Only what is new is counted: a look at everything, many times a second, would be most of what is measured. */
async function gifts({ books, fundId, seen }: Scene): Promise<number> {
  const { rows } = await books.owner.query<{ n: string; seq: string }>(
    "select count(*) filter (where kind = 'gift') as n, coalesce(max(seq), $2) as seq from transaction where fund_id = $1 and seq > $2",
    [fundId, seen.seq],
  );
  const [row] = rows;
  if (row !== undefined && Number(row.seq) > seen.seq) {
    seen.seq = Number(row.seq);
    seen.gifts += Number(row.n);
  }
  return seen.gifts;
}

/** Nothing is lost when the worker dies, and between deaths a gift is in the book within a second. */
async function killedFiveTimes(scene: Scene, roles: ChildProcess[], told: Told): Promise<object> {
  const calm = await steadily(scene, () => Promise.resolve());
  const before = await gifts(scene);
  // A worker that is still starting is not killed: on a busy machine that takes longer than the time between two deaths.
  let worker = Promise.resolve({ port: 0 });
  const killed = await steadily(scene, async (second) => {
    if (second === 0 || second % (STEADY_SECONDS / KILLS) !== 0) return;
    worker = worker.then(() => {
      roles.pop()?.kill("SIGKILL");
      return start(roles, told);
    });
    await worker;
  });
  for (let i = 0; i < 600 && (await gifts(scene)) < before + killed.sent; i++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    steadyP99Ms: calm.p99,
    lostByKills: before + killed.sent - (await gifts(scene)),
  };
}

async function steadily(
  scene: Scene,
  eachSecond: (second: number) => Promise<void>,
): Promise<{ sent: number; p99: number }> {
  const events = await paid(scene, STEADY_PER_SECOND * STEADY_SECONDS);
  const began = await gifts(scene);
  const answered: number[] = [];
  const posts: Promise<void>[] = [];
  const bookedAt: number[] = [];
  const sending = { over: false };
  const watching = (async () => {
    let known = 0;
    while (known < events.length) {
      const now = (await gifts(scene)) - began;
      for (; known < now; known++) bookedAt.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (sending.over && performance.now() > (answered.at(-1) ?? 0) + 30_000) return;
    }
  })();
  const start = performance.now();
  let second = 0;
  for (const [i, event] of events.entries()) {
    const due = start + (i * 1000) / STEADY_PER_SECOND;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    posts.push(post(`${scene.web}/webhooks/stripe`, event).then(() => void answered.push(performance.now())));
    if (i / STEADY_PER_SECOND >= second) void eachSecond(second++);
  }
  await Promise.all(posts);
  sending.over = true;
  await watching;
  // In order of their answers and of their bookings: gifts that overtake each other do not change the worst of it much.
  answered.sort((a, b) => a - b);
  const waits = bookedAt.map((at, i) => at - (answered[i] ?? at)).sort((a, b) => a - b);
  return { sent: events.length, p99: Math.round(waits[Math.floor(waits.length * 0.99)] ?? 0) };
}
