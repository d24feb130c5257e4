import { Body, Controller, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { formKey, typedTexts } from "../pages/fields.js";
import { link, voiceFor } from "../pages/layout.js";
import { Alarms } from "./alarms.service.js";
import { DeskActs } from "./desk-acts.service.js";

/** "I have looked": a form, so that it works without script. The alarm is kept, with who looked. */
@ApiExcludeController()
@Controller(":fund/desk/alarms")
export class AlarmsController {
  constructor(
    private readonly acts: DeskActs,
    private readonly alarms: Alarms,
  ) {}

  @Post()
  async seen(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const seated = await this.acts.seated(slug, request);
    const typed = typedTexts(body);
    const alarm = typed["alarm"] ?? "";
    if (!isId(alarm)) throw new Refusal("invalid", { field: "alarm" });
    await this.acts.under(seated, formKey(typed), { act: "alarm-seen", alarm }, async (tx) => {
      await this.alarms.seen(tx, seated.fund.fundId, seated.treasurerId, alarm);
      return {};
    });
    void reply.redirect(link(voiceFor(request).language, `/${seated.fund.slug}/desk`), 303);
  }
}
