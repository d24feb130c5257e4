import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { Refusal } from "../../kernel/refusal.js";
import { isReasonable, strictBodies } from "./body.js";
import { acceptFilesWhereSaid } from "./forms-with-files.js";
import { securityHeaders } from "./headers.js";

export const BODY_BYTES_MAX = 16 * 1024;
export const WEBHOOK_BYTES_MAX = 256 * 1024;

/** Fastify with limits on everything that a slow or hostile client could hold open (docs/threat-model.md). */
export function serverAdapter(behindProxy: boolean): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    // With TLS there is exactly one proxy in front of us: its word on the client is the last one in X-Forwarded-For.
    trustProxy: behindProxy ? (_address: string, hop: number) => hop === 0 : false,
    logger: false,
    routerOptions: { maxParamLength: 200 },
    http: { connectionsCheckingInterval: 1000, headersTimeout: 5000 },
  });
}

export async function prepareServer(
  app: NestFastifyApplication,
  options: { tls: boolean; onion: string | null },
): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  await securityHeaders(server, options);
  await app.register(cookie);
  await app.register(formbody, { bodyLimit: BODY_BYTES_MAX });
  await acceptFilesWhereSaid(server);
  server.removeContentTypeParser(["text/plain", "application/json"]);
  server.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: WEBHOOK_BYTES_MAX },
    (request, raw, done) => {
      const bytes = raw as Buffer;
      // Only the webhook needs the exact bytes, and only it may be larger.
      if (request.url.startsWith("/webhooks/")) done(null, bytes);
      else if (bytes.length > BODY_BYTES_MAX) done(new Refusal("too-large"));
      else parseJson(bytes, done);
    },
  );
  app.useGlobalPipes(strictBodies());
}

function parseJson(bytes: Buffer, done: (error: Error | null, body?: unknown) => void): void {
  try {
    const body: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), (key, value: unknown) => {
      if (key === "__proto__") throw new SyntaxError("no prototypes");
      return value;
    });
    done(isReasonable(body) ? null : new Refusal("unreadable"), body);
  } catch {
    done(new Refusal("unreadable"));
  }
}
