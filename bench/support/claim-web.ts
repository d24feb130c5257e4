import "reflect-metadata";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Parts } from "../../src/app.module.js";
import { ENTITIES } from "../../src/entities.js";
import { SystemClock } from "../../src/kernel/clock.js";
import { newId } from "../../src/kernel/ids.js";
import { Database } from "../../src/platform/database/database.js";
import { PublicAddress } from "../../src/platform/http/address.js";
import { Limits } from "../../src/platform/http/limits.js";
import { Mail } from "../../src/platform/mail/mail.js";
import { CardService } from "../../src/platform/stripe/stripe.js";
import { makeClaim } from "../../src/requests/claim-code.js";
import { makeWeb } from "../../src/web.js";
import type { Books } from "./books.js";

/** The web as it runs behind its proxy, whose word on the client it takes: so one machine can be many clients. */
export async function claimWeb(
  url: string,
  limited: boolean,
): Promise<{ app: NestFastifyApplication; parts: Parts; close(): Promise<void> }> {
  const database = await Database.connect(url, ENTITIES);
  const parts: Parts = {
    database,
    clock: new SystemClock(),
    address: new PublicAddress("https://bench.example"),
    cards: new CardService(null),
    mail: new Mail(null, () => undefined),
    practice: true,
    limitLoopback: false,
    metricsToken: null,
    logSigner: null,
    logPolicy: null,
    report: () => undefined,
  };
  const app = await makeWeb(parts);
  // Without the limit per network the queue stands alone.
  if (!limited) app.get(Limits).take = () => Promise.resolve();
  return {
    app,
    parts,
    async close() {
      await app.close();
      await database.close();
    },
  };
}

/** A request of its own with its seven words; nothing else of it is true. */
export async function requestWithCode(books: Books, fundId: string, arrival: number): Promise<string> {
  const { code, claim } = await makeClaim();
  const requestId = newId();
  await books.owner.query(
    `insert into aid_request (fund_id, request_id, arrival, day, amount, category, state, version, sealed_hash, sealed_by)
     values ($1, $2, $3, '2026-11-26', 100, 'other', 'waiting', 1, $4, 'server')`,
    [fundId, requestId, arrival, Buffer.alloc(32)],
  );
  await books.owner.query(
    "insert into claim_locator (tag_hash, fund_id, request_id, kind) values ($1, $2, $3, 'own')",
    [claim.tagHash, fundId, requestId],
  );
  return code;
}

interface Told {
  readonly url: string;
  readonly limited: boolean;
}

// As a process of its own.
if (process.send !== undefined && process.argv[2] === "claim-web") {
  process.on("disconnect", () => process.exit(0));
  process.once("message", (told: Told) => {
    void claimWeb(told.url, told.limited).then(async ({ app }) => {
      await app.listen(0, "127.0.0.1");
      process.send?.({ port: (app.getHttpServer().address() as { port: number }).port });
    });
  });
}
