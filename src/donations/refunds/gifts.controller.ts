import { Body, Controller, Get, Param, Post, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isId } from "../../kernel/ids.js";
import { parseTypedAmount } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import { frameOf, type Fund } from "../../funds/funds.service.js";
import type { FormState } from "../../pages/fields.js";
import { link, sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { DeskActs, type Submitted } from "../../treasurers/desk-acts.service.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import { CardGifts } from "./card-gifts.service.js";
import { giftsPage } from "./gifts.page.js";
import { PledgesEnd } from "../pledges/pledges-end.service.js";
import { RefundOrders } from "./refund-orders.service.js";

type Typed = Readonly<Record<string, string>>;

/** The treasurers' page of gifts by card: to ask the others to give one back. Works without script; signing is on the page of decisions. */
@ApiExcludeController()
@Controller(":fund/desk/gifts")
export class GiftsController {
  constructor(
    private readonly database: Database,
    private readonly gifts: CardGifts,
    private readonly refunds: RefundOrders,
    private readonly pledgesEnd: PledgesEnd,
    private readonly acts: DeskActs,
  ) {}

  @Get()
  async show(
    @Param("fund") slug: string,
    @Query() query: Typed,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const number = (query["number"] ?? "").trim();
    await this.answer(fund, treasurer, request, reply, number === "" ? null : number.slice(0, 20));
  }

  @Post()
  async propose(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.acts.submitted(
      slug,
      request,
      body,
      async (form) => {
        const asks = await this.act(form);
        const page = asks ? "decisions" : "gifts";
        void reply.redirect(link(form.voice.language, `/${form.fund.slug}/desk/${page}`), 303);
      },
      async ({ fund, treasurer, voice }, state, status) => {
        // The one field that can be wrong.
        const wrong = status === 422 ? { amount: voice.say("problem.refund.amount") } : state.wrong;
        await this.answer(fund, treasurer, request, reply, null, { ...state, wrong }, status);
      },
    );
  }

  /** Which of the page's forms it is. Returns whether the others are asked to sign. */
  private async act(form: Submitted): Promise<boolean> {
    const { fund, treasurerId, typed, voice } = form;
    const { donation = "", charge = "", amount: text = "", act = "refund" } = typed;
    const amount = text.trim() === "" ? null : parseTypedAmount(text, fund.currency, voice.locale);
    if (act === "refund" && !isId(donation)) throw new Refusal("invalid", { field: "donation" });
    if (amount === null && text.trim() !== "") throw new Refusal("invalid", { field: "amount" });
    await this.acts.under(form, form.key, { ...typed, act }, async (tx) => {
      if (act === "end-monthly") await this.pledgesEnd.propose(tx, fund, treasurerId);
      else if (act === "take-again") await this.pledgesEnd.takeAgain(tx, fund);
      else await this.refunds.propose(tx, fund, treasurerId, { donationId: donation, charge, amount });
      return {};
    });
    return act !== "take-again";
  }

  private async answer(
    fund: Fund,
    treasurer: TreasurerRow,
    request: FastifyRequest,
    reply: FastifyReply,
    number: string | null,
    form?: FormState,
    status = 200,
  ): Promise<void> {
    const view = {
      voice: voiceFor(request, fund.currency),
      frame: frameOf(fund),
      treasurer,
      gifts: await this.gifts.newest(this.database.read, fund, number),
      number,
      pledges: await this.pledgesEnd.stand(this.database.read, fund),
      strike: fund.template === "strike",
    };
    sendPage(reply, giftsPage({ ...view, ...(form ? { form } : {}) }), status);
  }
}
