import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import { AppModule, type Parts } from "./app.module.js";
import { Funds } from "./funds/funds.service.js";
import { Database } from "./platform/database/database.js";
import { LogFiles } from "./tlog/log-files.js";
import { measureLogs } from "./tlog/log-metrics.js";
import { LogReads } from "./tlog/log-reads.service.js";
import { prepareServer, serverAdapter } from "./platform/http/server.js";

/** The web process's application, ready to listen; tests inject into it. */
export async function makeWeb(parts: Parts): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(parts),
    serverAdapter(parts.address.origin.startsWith("https:")),
    {
      logger: false,
      bodyParser: false,
      abortOnError: false,
    },
  );
  await prepareServer(app, { tls: parts.address.origin.startsWith("https:"), onion: parts.address.onion });
  describeApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  measureLogs(app.get(Database));
  logFiles(app).attach(app.getHttpServer());
  return app;
}

/** The logs' static files are answered before the application sees the request. */
function logFiles(app: NestFastifyApplication): LogFiles {
  const [funds, database] = [app.get(Funds), app.get(Database)];
  const known = new Map<string, string>();
  const fundIdOf = async (slug: string): Promise<string | null> => {
    const kept = known.get(slug);
    if (kept !== undefined) return kept;
    const fund = await funds.bySlug(database.read, slug).catch(() => null);
    if (fund !== null) known.set(slug, fund.fundId);
    return fund?.fundId ?? null;
  };
  return new LogFiles(app.get(LogReads), fundIdOf, () => performance.now());
}

function describeApi(app: NestFastifyApplication): void {
  const about = new DocumentBuilder()
    .setTitle("Commonpot")
    .setDescription(
      "Amounts are JSON integers of minor units. Errors are application/problem+json (RFC 9457) with a stable type. Idempotency-Key is honoured on every POST that gives, asks, signs or pays.",
    )
    .setVersion("1")
    .build();
  SwaggerModule.setup("api/docs", app, () => SwaggerModule.createDocument(app, about), {
    jsonDocumentUrl: "api/openapi.json",
    customSiteTitle: "Commonpot API",
  });
}
