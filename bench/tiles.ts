import http from "node:http";
import net from "node:net";
import { Worker } from "node:worker_threads";
import { LogFiles } from "../src/tlog/log-files.js";
import { openBooks } from "./support/books.js";
import { openLog, SLUG } from "./support/logs.js";
import { median, rounded, say } from "./support/measure.js";

const ROUNDS = 5;
const SECONDS = 2;
const SOCKETS = 32;

/** Full tiles, partial tiles and the checkpoint a second, beside a bare Node server that sends the same bytes from memory. The load comes from another thread. */
export async function run(): Promise<object> {
  const books = await openBooks(4);
  const log = await openLog(books);
  const ours = http.createServer((_request, response) => response.writeHead(404).end());
  const bare = http.createServer((request, response) => {
    const file = files.get(request.url ?? "");
    response.writeHead(200, file?.headers).end(file?.bytes);
  });
  const files = new Map<string, { headers: Record<string, string>; bytes: Buffer }>();
  try {
    await log.book(600);
    await log.publish();
    new LogFiles(
      log.reads,
      () => Promise.resolve(log.fundId),
      () => performance.now(),
    ).attach(ours);
    const ports = await Promise.all(
      [ours, bare].map(
        (server) =>
          new Promise<number>((resolve) =>
            server.listen(0, "127.0.0.1", () => resolve((server.address() as net.AddressInfo).port)),
          ),
      ),
    );
    const [oursAt = 0, bareAt = 0] = ports;
    const size = (await log.reads.published(log.fundId))?.size ?? 0;
    const paths = {
      full: `/${SLUG}/log/tile/0/000`,
      bundle: `/${SLUG}/log/tile/entries/000`,
      partial: `/${SLUG}/log/tile/0/002.p/${size - 512}`,
      checkpoint: `/${SLUG}/log/checkpoint`,
    };
    const result: Record<string, number> = {};
    for (const [name, path] of Object.entries(paths)) {
      const answer = await fetch(`http://127.0.0.1:${oursAt}${path}`, { headers: { "accept-encoding": "identity" } });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const { connection: _c, date: _d, "keep-alive": _k, ...headers } = Object.fromEntries(answer.headers);
      files.set(path, { headers, bytes });
      const [a, b]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        a.push(await load(oursAt, path));
        b.push(await load(bareAt, path));
      }
      result[name] = rounded(median(a) / median(b));
      say(`${name}: ${rounded(median(a), 0)}/s, bare ${rounded(median(b), 0)}/s, ratio ${result[name]}`);
      result[`${name}PerSecond`] = rounded(median(a), 0);
    }
    return { ratio: result["full"], ...result };
  } finally {
    for (const server of [ours, bare]) {
      server.closeAllConnections();
      server.close();
    }
    await log.close();
    await books.close();
  }
}

const LOAD = `
const net = require("node:net");
const { parentPort, workerData: { port, path, seconds, sockets } } = require("node:worker_threads");
const request = "GET " + path + " HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n";
let done = 0, open = sockets;
const end = Date.now() + seconds * 1000;
for (let i = 0; i < sockets; i++) {
  const socket = net.connect(port, "127.0.0.1");
  let got = 0, whole = 0;
  socket.on("connect", () => socket.write(request));
  socket.on("data", (part) => {
    if (whole === 0) {
      const text = part.toString("latin1");
      whole = text.indexOf("\\r\\n\\r\\n") + 4 + Number(/content-length: (\\d+)/i.exec(text)[1]);
    }
    got += part.length;
    if (got < whole) return;
    got = 0; done++;
    if (Date.now() < end) socket.write(request);
    else { socket.destroy(); if (--open === 0) parentPort.postMessage(done); }
  });
}`;

function load(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(LOAD, { eval: true, workerData: { port, path, seconds: SECONDS, sockets: SOCKETS } });
    worker.once("error", reject);
    worker.once("message", (done: number) => {
      resolve(done / SECONDS);
      void worker.terminate();
    });
  });
}
