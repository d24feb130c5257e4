import { Controller, Get, Inject, Param, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../kernel/refusal.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import { PRACTICE } from "../platform/config/tokens.js";
import { Database } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { charterFromJson } from "./charter.js";
import { ComingChanges } from "./coming-changes.js";
import { FrontNames } from "./front-names.js";
import { charterPage, fundPage, homePage } from "./fund.pages.js";
import { frameOf, Funds } from "./funds.service.js";
import { Meters } from "./meters.service.js";
import { shareOf } from "./share.js";

@ApiExcludeController()
@Controller()
export class FundController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly meters: Meters,
    private readonly names: FrontNames,
    private readonly coming: ComingChanges,
    private readonly address: PublicAddress,
    @Inject(PRACTICE) private readonly practice: boolean,
  ) {}

  @Get()
  async home(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendPage(reply, homePage(voiceFor(request), await this.funds.list(this.database.read), this.practice));
  }

  @Get(":fund")
  async front(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const html = fundPage(voice, frameOf(fund), fund, {
      meter: await this.meters.of(fund),
      names: await this.names.of(fund, voice.language),
      share: shareOf(this.address.origin, fund, voice, ""),
    });
    sendPage(reply, html);
  }

  @Get(":fund/charter/:version")
  async charter(
    @Param("fund") slug: string,
    @Param("version") version: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    if (!/^[1-9]\d{0,5}$/.test(version)) throw new Refusal("no-such-page");
    const row = await this.funds.charter(this.database.read, fund, Number(version));
    const voice = voiceFor(request, fund.currency);
    const html = charterPage(voice, frameOf(fund), {
      version: row.version,
      day: row.day,
      hash: row.hash,
      charter: charterFromJson(row.charter),
      coming: row.version === fund.charterVersion ? await this.coming.of(fund, voice) : null,
    });
    sendPage(reply, html);
  }
}
