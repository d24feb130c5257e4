import net from "node:net";
import request from "supertest";
import { LANES, SHARED_TIMES } from "../../src/platform/http/limits.js";
import { ask, openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(120_000);

const ONION = `http://${"a".repeat(56)}.onion`;
let pot: Commonpot;
beforeAll(async () => {
  pot = await startCommonpot({ worker: false, onion: ONION });
  await openFund(pot, "web-fund");
});
afterAll(() => pot.close());

const get = (url: string, headers: Record<string, string> = {}) => pot.app.inject({ method: "GET", url, headers });
const PAGES = [
  "/",
  "/web-fund",
  "/web-fund/give",
  "/web-fund/give/poster",
  "/web-fund/give/embed",
  "/web-fund/ask",
  "/web-fund/status",
  "/web-fund/books",
  "/web-fund/join",
  "/web-fund/desk",
  "/web-fund/charter/1",
];

test.each(PAGES)("%s has our policy, no cookie, no third party, and no store but for public pages", async (url) => {
  const answer = await request(pot.origin).get(url).expect(200);
  const policy = String(answer.headers["content-security-policy"]);
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
  ])
    expect(policy).toContain(part);
  expect(policy).not.toMatch(/unsafe|\*/);
  expect(policy.includes("http://localhost")).toBe(url.endsWith("/give"));
  expect(answer.headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": expect.stringContaining("camera=()"),
  });
  expect(answer.headers["set-cookie"]).toBeUndefined();
  expect(answer.headers["cache-control"]).toBe(url.endsWith("/books") ? "public, max-age=5" : "no-store");
  expect(
    answer.text
      .match(/(src|href)="https?:\/\/[^"]+"/g)
      ?.filter((link) => !/mutualaidhub|211\.org|wikipedia/.test(link)) ?? [],
  ).toEqual([]);
  expect(answer.text.match(/ style="| on[a-z]+="|<script(?! type="module" src="\/-\/)/g)).toBeNull();
});

test("the first view of asking is far below 30 kB, stylesheet and mark included", async () => {
  const sizes = await Promise.all(
    ["/web-fund/ask", "/-/style.css", "/-/mark.svg"].map(async (url) => (await get(url)).rawPayload.length),
  );
  expect(sizes.reduce((a, b) => a + b)).toBeLessThan(30_000);
});

test("pages speak the language that is asked for, or the browser's", async () => {
  expect((await get("/web-fund/ask?lang=es")).body).toContain('lang="es"');
  expect((await get("/web-fund/ask", { "accept-language": "fr, es-MX;q=0.8, en;q=0.5" })).body).toContain('lang="es"');
  expect((await get("/web-fund/ask", { "accept-language": "fr" })).body).toContain('lang="en"');
});

test("what does not exist is a problem for programs and a page for people", async () => {
  for (const url of [
    "/nobody",
    "/nobody/give",
    "/web-fund/nothing",
    "/api/v1/funds/nobody",
    "/web-fund/charter/9",
    "/web-fund/charter/x",
    "/web-fund/receipts/abc",
    "/-/nothing.js",
    "/-/..%2f..%2fpackage.json",
  ]) {
    expect([url, (await get(url)).statusCode]).toEqual([url, 404]);
  }
  expect((await get("/nobody")).headers["content-type"]).toContain("application/problem+json");
  expect((await get("/nobody", { accept: "text/html" })).body).toContain("<h1>That didn’t work</h1>");
});

test("no GET changes anything, and no entry or log is promised that is not there", async () => {
  expect((await get("/api/v1/funds/web-fund/entries")).statusCode).toBe(404);
  expect((await get("/api/v1/funds/web-fund")).json()).toMatchObject({
    log: null,
    charter: { version: 1 },
    balances: { settled: 0, freeToPromise: 0 },
    queue: { waiting: 0 },
  });
  expect((await get("/api/v1/funds")).json().funds).toEqual([
    { slug: "web-fund", name: "Elm Street Pot", currency: "usd" },
  ]);
});

test("health, readiness, metrics and the description of the API", async () => {
  expect((await get("/healthz")).json()).toEqual({ status: "ok" });
  expect((await get("/readyz")).json()).toEqual({ status: "ready" });
  expect((await get("/metrics")).body).toContain("process_cpu");
  expect((await get("/metrics")).body).toMatch(/^commonpot_logs_behind 0$/m);
  expect((await get("/metrics")).body).toMatch(/^commonpot_logs_halted 0$/m);
  const elsewhere = (headers: Record<string, string> = {}) =>
    pot.app.inject({ method: "GET", url: "/metrics", headers, remoteAddress: "203.0.113.9" });
  expect((await elsewhere()).statusCode).toBe(404);
  expect((await elsewhere({ authorization: "Bearer metrics-token-of-the-tests" })).statusCode).toBe(200);
  const described = (await get("/api/openapi.json")).json();
  expect(Object.keys(described.paths)).toEqual(
    expect.arrayContaining([
      "/api/v1/funds/{fund}/donations",
      "/api/v1/funds/{fund}/requests",
      "/api/v1/request",
      "/api/v1/funds/{fund}/approvals",
    ]),
  );
  expect((await get("/api/docs")).statusCode).toBe(200);
});

test("limits per client say when to come back; loopback is free in practice unless a test says otherwise", async () => {
  const wrong = (remoteAddress: string) =>
    pot.app.inject({
      method: "GET",
      url: "/api/v1/request",
      headers: { authorization: "Claim no such words" },
      remoteAddress,
    });
  const statuses: number[] = [];
  for (let i = 0; i < LANES.claim[0] + 2; i++) statuses.push((await wrong("203.0.113.7")).statusCode);
  expect(statuses.filter((s) => s === 429)).toHaveLength(2);
  const limited = await wrong("203.0.113.200");
  expect([limited.statusCode, Number(limited.headers["retry-after"]) > 0]).toEqual([429, true]);
  expect((await wrong("198.51.100.1")).statusCode).toBe(401);
  expect((await wrong("127.0.0.1")).statusCode).toBe(401);
});

test("slow headers and slow bodies are closed within 12 seconds, and health answers meanwhile", async () => {
  const { port } = new URL(pot.origin);
  const slow = (first: string): Promise<number> =>
    new Promise((resolve) => {
      const started = Date.now();
      const socket = net.connect(Number(port), "127.0.0.1", () => socket.write(first));
      // A socket that nobody reads never hears the end.
      socket.resume();
      socket.on("close", () => resolve(Date.now() - started));
      socket.on("error", () => undefined);
    });
  const headers = Array.from({ length: 50 }, () => slow("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "));
  const bodies = Array.from({ length: 50 }, () =>
    slow("POST /web-fund/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"),
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect((await fetch(`${pot.origin}/healthz`)).status).toBe(200);
  expect(Math.max(...(await Promise.all(headers)))).toBeLessThan(12_000);
  expect(Math.max(...(await Promise.all(bodies)))).toBeLessThan(13_000);
});

test("words that open something cost no try; behind one shared address many people have more tries together", async () => {
  const strict = await startCommonpot({ worker: false, limitLoopback: true });
  try {
    await openFund(strict, "shared");
    const code = await ask(strict, "shared", 3000);
    const look = async (words: string, remoteAddress: string): Promise<number> =>
      (
        await strict.app.inject({
          url: "/api/v1/request",
          headers: { authorization: `Claim ${words}` },
          remoteAddress,
        })
      ).statusCode;
    for (let i = 0; i < LANES.claim[0] + 2; i++) expect(await look(code, "203.0.113.7")).toBe(200);
    for (let i = 0; i < LANES.claim[0]; i++) expect(await look("no such words", "203.0.113.7")).toBe(401);
    expect(await look(code, "203.0.113.7")).toBe(429);
    // An onion service's visitors all come from loopback.
    for (let i = 0; i < LANES.claim[0] + 2; i++) expect(await look("no such words", "127.0.0.1")).toBe(401);
    expect(SHARED_TIMES).toBeGreaterThan(1);
  } finally {
    await strict.close();
  }
});

test("pages, and they alone, tell Tor Browser of the onion service, without what stands behind a question mark", async () => {
  const said = async (url: string, host = "pot.example.org"): Promise<unknown> =>
    (await get(url, { host })).headers["onion-location"];
  expect(await said("/web-fund/ask?lang=es&amount=12")).toBe(`${ONION}/web-fund/ask`);
  expect(await said("/api/v1/funds/web-fund")).toBeUndefined();
  expect(await said("/web-fund/ask", new URL(ONION).host)).toBeUndefined();
});
