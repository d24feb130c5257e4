import { fork, type ChildProcess } from "node:child_process";
import http from "node:http";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { newClaimCode } from "../src/requests/claim-code.js";
import { openBooks } from "./support/books.js";
import { requestWithCode } from "./support/claim-web.js";
import { median, rounded, say } from "./support/measure.js";

const WRONG = 10_000;
const CLIENTS = 20;
/** So many wrong ones are under way at once. */
const AT_ONCE = 160;
const ALONE = 60;
const PAUSE_MS = 1000;

/** How much slower a right code of one client is while others send 10,000 wrong ones: with the limit per network, and with the fair queue alone. */
export async function run(words: readonly string[] = []): Promise<object> {
  const wrong = Number(words[0] ?? WRONG);
  const books = await openBooks(4);
  try {
    const fundId = await books.makeFund("claim-flood");
    const code = await requestWithCode(books, fundId, 1);
    const results: Record<string, object> = {};
    for (const [name, limited] of [
      ["queueAlone", false],
      ["withLimits", true],
    ] as const) {
      const { child, port } = await start(books.postgres.urls.app, limited);
      try {
        results[name] = await flood(port, code, wrong, name);
      } finally {
        child.kill();
      }
    }
    return { ratio: (results["queueAlone"] as { factor: number }).factor, wrong, clients: CLIENTS, ...results };
  } finally {
    await books.close();
  }
}

async function flood(port: number, code: string, wrong: number, name: string): Promise<object> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE + 4 });
  const ask = (words: string, client: string): Promise<number> =>
    new Promise((resolve, reject) => {
      http
        .get(
          {
            port,
            host: "127.0.0.1",
            path: "/api/v1/request",
            agent,
            headers: { authorization: `Claim ${words}`, "x-forwarded-for": client },
          },
          (answer) => answer.resume().on("end", () => resolve(answer.statusCode ?? 0)),
        )
        .on("error", reject);
    });
  let person = 0;
  /** Each right one comes from a network of its own, as people do. */
  const right = async (): Promise<number> => {
    const began = performance.now();
    const status = await ask(code, `198.51.${100 + (person % 100)}.${(person += 1) % 250}`);
    if (status !== 200) throw new Error(`a right code was answered ${status}`);
    return performance.now() - began;
  };
  const alone: number[] = [];
  for (let i = 0; i < ALONE; i++) alone.push(await right());
  const statuses = new Map<number, number>();
  const began = performance.now();
  let sent = 0;
  const attackers = Array.from({ length: AT_ONCE }, async (_, i) => {
    while (sent < wrong) {
      sent++;
      const status = await ask(newClaimCode(), `203.0.${i % CLIENTS}.7`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  const during: number[] = [];
  const over = Promise.all(attackers).then(() => true);
  while (
    !(await Promise.race([over, new Promise((resolve) => setTimeout(() => resolve(false), limitedPause(name)))]))
  ) {
    during.push(await right());
    if (during.length % 30 === 0) say(`${name}: ${sent} wrong ones, ${during.length} right ones`);
  }
  agent.destroy();
  const sorted = [...during].sort((a, b) => a - b);
  const aloneMs = median(alone);
  return {
    factor: rounded(median(during) / aloneMs),
    factorP95: rounded((sorted[Math.floor(sorted.length * 0.95)] ?? 0) / aloneMs),
    aloneMs: rounded(aloneMs),
    duringMs: rounded(median(during)),
    right: during.length,
    seconds: rounded((performance.now() - began) / 1000, 0),
    answers: Object.fromEntries(statuses),
  };
}

/** With limits, most wrong ones are turned away at once: the flood is short, and right ones are looked for more often. */
const limitedPause = (name: string): number => (name === "withLimits" ? 20 : PAUSE_MS);

function start(url: string, limited: boolean): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(new URL("./support/claim-web.js", import.meta.url)), ["claim-web"]);
  child.send({ url, limited });
  return new Promise((resolve, reject) => {
    child.once("message", (told: { port: number }) => resolve({ child, port: told.port }));
    child.once("exit", (status) => reject(new Error(`the web ended with ${status}`)));
  });
}
