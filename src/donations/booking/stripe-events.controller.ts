import { Controller, Headers, HttpCode, Post, Req } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyRequest } from "fastify";
import { Clock } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import { CardService } from "../../platform/stripe/stripe.js";
import { readSignedEvent } from "../../platform/stripe/webhook.js";
import { StripeEvents } from "./stripe-events.service.js";

/** Stripe's webhook: verify the raw bytes, store, say 200. All that follows is a job. */
@ApiExcludeController()
@Controller("webhooks")
export class StripeEventsController {
  constructor(
    private readonly cards: CardService,
    private readonly events: StripeEvents,
    private readonly clock: Clock,
  ) {}

  @Post("stripe")
  @HttpCode(200)
  async receive(
    @Req() request: FastifyRequest,
    @Headers("stripe-signature") signature: unknown,
  ): Promise<{ received: true }> {
    const { settings } = this.cards;
    if (settings === null || !Buffer.isBuffer(request.body)) throw new Refusal("bad-signature");
    const event = readSignedEvent(
      request.body,
      signature,
      settings.webhookSecrets,
      /^(sk|rk)_live_/.test(settings.secretKey),
      this.clock.now(),
    );
    await this.events.store(event, request.body);
    return { received: true };
  }
}
