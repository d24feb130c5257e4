import { Controller, Get, Param, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { renderToString } from "preact-render-to-string";
import { Refusal } from "../../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../../funds/funds.service.js";
import { Meters } from "../../funds/meters.service.js";
import { sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { PublicAddress } from "../../platform/http/address.js";
import { embedPage } from "./embed.page.js";
import { giveLinks, spoken } from "./give-links.js";
import { posterPage } from "./poster.page.js";
import { QrSvg } from "./qr.js";
import { shareCard } from "./share-card.js";
import { ShareCards } from "./share-card.service.js";

/** What is shown on other people's pages and in chats. They change with the charter or the published figures, so that minutes are enough. */
const PICTURE_CACHE = "public, max-age=300";

/** Everything that passes a fund's link on: the poster, the QR code, HTML to copy, the picture for chats. */
@ApiExcludeController()
@Controller(":fund/give")
export class GiveLinksController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly meters: Meters,
    private readonly cards: ShareCards,
    private readonly address: PublicAddress,
  ) {}

  @Get("poster")
  async poster(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const links = giveLinks(this.address.origin, fund);
    sendPage(reply, posterPage({ voice: voiceFor(request, fund.currency), fund: frameOf(fund), links }));
  }

  @Get("embed")
  async embed(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const links = giveLinks(this.address.origin, fund);
    sendPage(reply, embedPage({ voice: voiceFor(request, fund.currency), fund: frameOf(fund), links }));
  }

  /** Today's link, or one that was made for an earlier purpose of this fund: a picture in somebody's page keeps its meaning. */
  @Get("qr.svg")
  async qr(@Param("fund") slug: string, @Query("purpose") purpose: unknown, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const madeFor = purpose === undefined ? undefined : await this.knownPurpose(fund, purpose);
    const { give } = giveLinks(this.address.origin, fund, madeFor);
    sendPicture(reply, "image/svg+xml", renderToString(QrSvg({ text: give, label: give, file: true })));
  }

  @Get("card.svg")
  async cardSvg(
    @Param("fund") slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendPicture(reply, "image/svg+xml", await this.card(slug, request));
  }

  @Get("card.png")
  async cardPng(
    @Param("fund") slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendPicture(reply, "image/png", await this.cards.png(await this.card(slug, request)));
  }

  private async card(slug: string, request: FastifyRequest): Promise<string> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    return shareCard({
      voice: voiceFor(request, fund.currency),
      slug,
      name: fund.charter.name,
      practice: fund.practice,
      address: spoken(`${this.address.origin}/${slug}`),
      meter: await this.meters.of(fund),
    });
  }

  private async knownPurpose(fund: Fund, purpose: unknown): Promise<string> {
    if (typeof purpose !== "string" || (await this.funds.charterOfPurpose(this.database.read, fund, purpose)) === null)
      throw new Refusal("no-such-page");
    return purpose;
  }
}

/** A picture that other sites may show. As a page of its own it can run and fetch nothing. */
function sendPicture(reply: FastifyReply, type: string, bytes: string | Uint8Array): void {
  void reply
    .type(type)
    .header("cache-control", PICTURE_CACHE)
    .header("vary", "accept-language")
    .header("cross-origin-resource-policy", "cross-origin")
    .header("content-security-policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
    .send(typeof bytes === "string" ? bytes : Buffer.from(bytes));
}
