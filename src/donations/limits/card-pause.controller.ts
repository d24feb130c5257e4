import { Body, Controller, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../../kernel/refusal.js";
import { formKey, typedTexts } from "../../pages/fields.js";
import { link, voiceFor } from "../../pages/layout.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import { CardPause } from "./card-pause.service.js";

/** The desk's button beside a pause of card gifts: a form, so that it works without script. */
@ApiExcludeController()
@Controller(":fund/desk/card-gifts")
export class CardPauseController {
  constructor(
    private readonly acts: DeskActs,
    private readonly pause: CardPause,
  ) {}

  /** One treasurer is enough: a pause holds back gifts, and no money of the pot. A pause that has ended meanwhile is no fault. */
  @Post()
  async resume(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const seated = await this.acts.seated(slug, request);
    try {
      await this.acts.under(seated, formKey(typedTexts(body)), { act: "resume-card-gifts" }, async (tx) => {
        await this.pause.resume(tx, seated.fund.fundId);
        return {};
      });
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "wrong-state") throw error;
    }
    void reply.redirect(link(voiceFor(request).language, `/${seated.fund.slug}/desk`), 303);
  }
}
