import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf } from "../funds/funds.service.js";
import { formKey, typedTexts } from "../pages/fields.js";
import { link, sendPage, voiceFor } from "../pages/layout.js";
import { Database } from "../platform/database/database.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import { erasurePage } from "./erasure.page.js";
import { LegalHolds } from "./legal-holds.service.js";

/** The treasurers' page of what is erased next, and of legal holds. */
@ApiExcludeController()
@Controller(":fund/desk/erasure")
export class ErasureController {
  constructor(
    private readonly database: Database,
    private readonly holds: LegalHolds,
    private readonly acts: DeskActs,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const voice = voiceFor(request, fund.currency);
    const ended = await this.holds.ended(this.database.read, fund);
    const { retentionDays } = fund.charter;
    sendPage(reply, erasurePage({ voice, frame: frameOf(fund), treasurer, retentionDays, ended }));
  }

  @Post()
  async propose(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const seated = await this.acts.seated(slug, request);
    const { key: _key, ...typed } = typedTexts(body);
    const { request: requestId = "", hold } = typed;
    if (!isId(requestId)) throw new Refusal("invalid", { field: "request" });
    await this.acts.under(seated, formKey(typedTexts(body)), { act: "hold", ...typed }, async (tx) => {
      await this.holds.propose(tx, seated.fund, seated.treasurerId, requestId, hold === "yes");
      return {};
    });
    void reply.redirect(link(voiceFor(request).language, `/${seated.fund.slug}/desk/decisions`), 303);
  }
}
