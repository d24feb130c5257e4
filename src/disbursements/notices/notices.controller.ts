import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { frameOf, type Fund } from "../../funds/funds.service.js";
import { EMPTY_FORM, type FormState } from "../../pages/fields.js";
import { link, sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { Limits } from "../../platform/http/limits.js";
import { isMailAddress, Mail } from "../../platform/mail/mail.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import { noticesPage } from "./notices.page.js";
import { Notices } from "./notices.service.js";

/** Where a treasurer says whether, and by which address, they want to hear that something waits. */
@ApiExcludeController()
@Controller(":fund/desk/notices")
export class NoticesController {
  constructor(
    private readonly database: Database,
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
    await this.acts.submitted(
      slug,
      request,
      body,
      async (form) => {
        const { fund, treasurer, treasurerId, voice, typed } = form;
        const address = (typed["address"] ?? "").trim();
        const stops = typed["act"] === "stop";
        if (!stops && !isMailAddress(address)) {
          const state = { typed, wrong: { address: voice.say("mail.wrong") } };
          await this.answer(fund, treasurer, request, reply, state, 422);
          return;
        }
        if (!stops) {
          await this.limits.take("mail", request);
          await this.notices.tryOut(fund, address, voice.language);
        }
        await this.acts.under(form, form.key, { what: "notices", ...typed }, async (tx) => {
          const wanted = { address, nights: typed["nights"] !== undefined };
          if (stops) await this.notices.stop(tx, fund, treasurerId);
          else await this.notices.keep(tx, fund, treasurerId, wanted, voice.language);
          return {};
        });
        void reply.redirect(link(voice.language, `/${fund.slug}/desk/notices`), 303);
      },
      ({ fund, treasurer }, state, status) => this.answer(fund, treasurer, request, reply, state, status),
    );
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
