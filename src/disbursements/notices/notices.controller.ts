import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { frameOf, Funds, type Fund } from "../../funds/funds.service.js";
import { Refusal } from "../../kernel/refusal.js";
import { EMPTY_FORM, formKey, refusedForm, typedTexts, type FormState } from "../../pages/fields.js";
import { link, sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { Limits } from "../../platform/http/limits.js";
import { problemOf } from "../../platform/http/problems.js";
import { isMailAddress, Mail } from "../../platform/mail/mail.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import { Sessions } from "../../treasurers/sessions.service.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import { noticesPage } from "./notices.page.js";
import { Notices } from "./notices.service.js";

/** Where a treasurer says whether, and by which address, they want to hear that something waits. */
@ApiExcludeController()
@Controller(":fund/desk/notices")
export class NoticesController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly sessions: Sessions,
    private readonly notices: Notices,
    private readonly mail: Mail,
    private readonly acts: DeskActs,
    private readonly limits: Limits,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    await this.answer(fund, treasurer, request, reply);
  }

  @Post()
  async post(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const treasurer = await this.sessions.require(fund, request);
    const voice = voiceFor(request, fund.currency);
    const { key: _key, ...typed } = typedTexts(body);
    const seated = { fund, treasurerId: treasurer.treasurerId };
    const address = (typed["address"] ?? "").trim();
    if (typed["act"] !== "stop" && !isMailAddress(address)) {
      await this.answer(fund, treasurer, request, reply, { typed, wrong: { address: voice.say("mail.wrong") } }, 422);
      return;
    }
    try {
      if (typed["act"] !== "stop") {
        await this.limits.take("mail", request);
        await this.notices.tryOut(fund, address, voice.language);
      }
      await this.acts.under(seated, formKey(typedTexts(body)), { what: "notices", ...typed }, async (tx) => {
        if (typed["act"] === "stop") await this.notices.stop(tx, fund, seated.treasurerId);
        else
          await this.notices.keep(
            tx,
            fund,
            seated.treasurerId,
            { address, nights: typed["nights"] !== undefined },
            voice.language,
          );
        return {};
      });
      void reply.redirect(link(voice.language, `/${fund.slug}/desk/notices`), 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const form = refusedForm(voice, typed, error);
      await this.answer(fund, treasurer, request, reply, form, problemOf(error.code).status);
    }
  }

  private async answer(
    fund: Fund,
    treasurer: TreasurerRow,
    request: FastifyRequest,
    reply: FastifyReply,
    form: FormState = EMPTY_FORM,
    status = 200,
  ): Promise<void> {
    const voice = voiceFor(request, fund.currency);
    const notice = await this.notices.of(this.database.read, fund, treasurer.treasurerId);
    sendPage(reply, noticesPage({ voice, frame: frameOf(fund), treasurer, on: this.mail.isOn, notice, form }), status);
  }
}
