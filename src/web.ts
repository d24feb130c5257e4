import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import { AppModule, type Parts } from "./app.module.js";
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
  await prepareServer(app, { tls: parts.address.origin.startsWith("https:") });
  describeApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
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
