import { Controller, Get, Param, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { frameOf } from "../../funds/funds.service.js";
import { sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { CardService } from "../../platform/stripe/stripe.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import { StripeBalance } from "./stripe-balance.service.js";
import { stripeBalancePage } from "./stripe-balance.page.js";

/** The treasurers' page of Stripe's balance. Nothing here asks Stripe: the worker looks, every hour. */
@ApiExcludeController()
@Controller(":fund/desk/stripe")
export class StripeBalanceController {
  constructor(
    private readonly database: Database,
    private readonly acts: DeskActs,
    private readonly balances: StripeBalance,
    private readonly cards: CardService,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const voice = voiceFor(request, fund.currency);
    const view = {
      voice,
      frame: frameOf(fund),
      timeZone: fund.charter.timeZone,
      treasurer,
      cards: this.cards.stripe !== null,
      read: await this.balances.of(this.database.read, fund),
      unmatched: await this.balances.unmatched(this.database.read, fund),
    };
    sendPage(reply, stripeBalancePage(view));
  }
}
