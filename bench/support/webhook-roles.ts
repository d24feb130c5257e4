import "reflect-metadata";
import { Controller, Headers, HttpCode, Post, Req } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import type Stripe from "stripe";
import type { Parts } from "../../src/app.module.js";
import { cardGift } from "../../src/ledger/flows/card.js";
import { GroupCommit } from "../../src/ledger/group-commit.service.js";
import { ENTITIES } from "../../src/entities.js";
import { SystemClock } from "../../src/kernel/clock.js";
import { Database } from "../../src/platform/database/database.js";
import { Mail } from "../../src/platform/mail/mail.js";
import { PublicAddress } from "../../src/platform/http/address.js";
import { CardService } from "../../src/platform/stripe/stripe.js";
import { readSignedEvent } from "../../src/platform/stripe/webhook.js";
import { stripeSettings } from "../../src/sandbox/practice-roles.js";
import { makeWeb } from "../../src/web.js";
import { startWorker } from "../../src/worker.js";
import { TODAY } from "./books.js";

/** The bench's processes: the web, with two routes that only the bench has, and the worker. Each is told what it needs by a message. */
export interface Told {
  readonly role: "web" | "worker";
  readonly url: string;
  readonly stripePort: number;
  readonly secret: string;
}

@Controller("webhooks/bench")
class BenchController {
  constructor(
    private readonly cards: CardService,
    private readonly groups: GroupCommit,
  ) {}

  /** The plain way: verify, fetch the same object, post it, answer. Nothing is stored before, and nothing comes again. */
  @Post("direct")
  @HttpCode(200)
  async direct(@Req() request: FastifyRequest, @Headers("stripe-signature") signature: unknown): Promise<object> {
    const { settings } = this.cards;
    const event = readSignedEvent(request.body as Buffer, signature, settings?.webhookSecrets ?? [], false, new Date());
    const intent = await this.cards
      .required()
      .paymentIntents.retrieve(event.object["id"] as string, { expand: ["latest_charge.balance_transaction"] });
    const line = (intent.latest_charge as Stripe.Charge).balance_transaction as Stripe.BalanceTransaction;
    const donationId = intent.metadata["donation"] ?? "";
    const gift = { donationId, day: TODAY, amount: BigInt(line.amount), fee: BigInt(line.fee), source: line.id };
    await this.groups.post(intent.metadata["fund"] ?? "", cardGift(gift), new Date());
    return { received: true };
  }

  @Post("nothing")
  @HttpCode(200)
  nothing(): object {
    return { received: true };
  }
}

async function be(told: Told): Promise<void> {
  const parts: Parts = {
    database: await Database.connect(told.url, ENTITIES),
    clock: new SystemClock(),
    address: new PublicAddress("http://localhost:1"),
    cards: new CardService(stripeSettings({ port: told.stripePort, webhookSecret: told.secret })),
    mail: new Mail(null, () => undefined),
    practice: true,
    limitLoopback: false,
    metricsToken: null,
    logSigner: null,
    logPolicy: null,
    report: () => undefined,
    practiceControllers: [BenchController],
  };
  if (told.role === "worker") {
    await startWorker(parts, told.url, 3_600_000);
    process.send?.({ ready: true });
    return;
  }
  const app = await makeWeb(parts);
  await app.listen(0, "127.0.0.1");
  process.send?.({ port: (app.getHttpServer().address() as { port: number }).port });
}

process.once("message", (told) => void be(told as Told));
process.on("disconnect", () => process.exit(0));
