import http from "node:http";
import type { SigningKey, VerifierKey } from "./note.js";
import type { WitnessStore } from "./witness-store.js";
import { answer } from "./witness.js";

const BODY_BYTES_MAX = 16 * 1024;

/** A small witness (C2SP tlog-witness v1.0.0) for sister funds: takes checkpoints, and shows what it cosigned last. It never writes down who asked. */
export function witnessServer(
  store: WitnessStore,
  keysOf: (origin: string) => readonly VerifierKey[],
  key: SigningKey,
  nowSeconds: () => number,
): http.Server {
  const server = http.createServer((request, response): void => {
    const reply = (status: number, type: string, body: string): void => {
      response.writeHead(status, {
        "content-type": type,
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
      });
      response.end(body);
    };
    const plain = "text/plain; charset=utf-8";
    if (request.method === "GET") {
      try {
        const found = store.byHash(/^\/([0-9a-f]{64})\/checkpoint$/.exec(request.url ?? "")?.[1] ?? "");
        if (found === null) reply(404, plain, "nothing here\n");
        else reply(200, plain, found);
      } catch {
        reply(500, plain, "this witness cannot read its memory\n");
      }
      return;
    }
    if (request.method !== "POST" || request.url !== "/add-checkpoint") {
      reply(404, plain, "nothing here\n");
      return;
    }
    let body = Buffer.alloc(0);
    request.on("data", (part: Buffer) => {
      body = Buffer.concat([body, part]);
      if (body.length > BODY_BYTES_MAX) request.destroy();
    });
    request.on("end", () => {
      try {
        // Decided and kept in one go: of two racing forks, the second one meets what the first one left.
        const said = answer(
          body.toString("utf8"),
          { keysOf, remembered: (origin) => store.lastOf(origin) },
          key,
          nowSeconds(),
        );
        if (said.remember) store.keep(said.remember.origin, said.remember.checkpoint);
        reply(said.status, said.contentType, said.body);
      } catch {
        reply(500, plain, "this witness has lost its memory of the log, and signs nothing\n");
      }
    });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5000;
  return server;
}
