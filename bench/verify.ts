import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { LogFiles } from "../src/tlog/log-files.js";
import { openBooks } from "./support/books.js";
import { openLog, SLUG } from "./support/logs.js";
import { median, rounded, say } from "./support/measure.js";

const ENTRIES = 100_000;
const AT_ONCE = 10_000;
const ROUNDS = 3;

/** The command line verifies 100,000 entries over loopback, in a process of its own, beside the same files merely fetched by one. */
export async function run(): Promise<object> {
  const books = await openBooks(4);
  const log = await openLog(books);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-bench-verify-"));
  const server = http.createServer((_request, response) => {
    void log.reads.published(log.fundId).then((published) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ log: { origin: published?.origin, vkey: published?.vkey } }));
    });
  });
  try {
    for (let at = 0; at < ENTRIES; at += AT_ONCE) {
      await log.book(AT_ONCE);
      await log.publish();
      say(`published ${at + AT_ONCE}`);
    }
    new LogFiles(
      log.reads,
      () => Promise.resolve(log.fundId),
      () => performance.now(),
    ).attach(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const cli = path.resolve("dist/cli/main.js");
    const seconds: number[] = [];
    const fetching: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      seconds.push(
        await timed([cli, "verify", `${url}/${SLUG}`, "--json", "--memory", path.join(folder, `${round}.json`)]),
      );
      fetching.push(await timed(["--input-type=module", "-e", FETCH, url, SLUG, String(ENTRIES)]));
      say(
        `round ${round + 1}: verified in ${rounded(seconds.at(-1) ?? 0)} s, fetched in ${rounded(fetching.at(-1) ?? 0)} s`,
      );
    }
    const took = median(seconds);
    return {
      ratio: rounded(took / median(fetching)),
      entriesPerSecond: rounded(ENTRIES / took, 0),
      seconds: rounded(took),
      fetchSeconds: rounded(median(fetching)),
    };
  } finally {
    server.closeAllConnections();
    server.close();
    fs.rmSync(folder, { recursive: true });
    await log.close();
    await books.close();
  }
}

const FETCH = `
const [url, slug, n] = process.argv.slice(1);
const path = (i) => String(i).padStart(3, "0");
for (let i = 0; i < Math.floor(Number(n) / 256); i += 8)
  await Promise.all(Array.from({ length: 8 }, (_, k) => i + k).filter((j) => j < Math.floor(Number(n) / 256)).flatMap((j) => ["entries", "0"].map((level) => fetch(url + "/" + slug + "/log/tile/" + level + "/" + path(j)).then((a) => a.arrayBuffer()))));
`;

function timed(words: readonly string[]): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...words], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (part: Buffer) => (said += part.toString()));
    child.once("exit", (code) => {
      if (code === 0 && !said.includes('"ok":false')) resolve((performance.now() - began) / 1000);
      else reject(new Error(`it ended with ${String(code)}: ${said.slice(0, 300)}`));
    });
  });
}
