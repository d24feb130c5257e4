import { Body, Controller, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../funds/funds.service.js";
import { formKey, refusedForm, typedTexts } from "../pages/fields.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import { drawPng } from "../pages/png.js";
import type { Voice } from "../pages/words.js";
import { Database } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { problemOf } from "../platform/http/problems.js";
import { helperCodePage, noCodePage } from "./asked.page.js";
import { ClaimCodes } from "./claim-codes.service.js";
import type { OpenedRequest } from "./claims.service.js";
import { CODE_WORDS } from "./claim-code.js";
import { readCode } from "./code-words.js";
import { codePicture } from "./code-picture.js";
import { statusFormPage } from "./status-form.page.js";
import { WayIn } from "./way-in.service.js";

interface Asked {
  readonly fund: Fund;
  readonly voice: Voice;
  readonly typed: Readonly<Record<string, string>>;
  readonly code: string;
  readonly opened: OpenedRequest;
}

/** What can be done with the words themselves: draw them, do without them, make others for somebody who helps. */
@ApiExcludeController()
@Controller(":fund/status")
export class CodesController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly wayIn: WayIn,
    private readonly codes: ClaimCodes,
    private readonly address: PublicAddress,
  ) {}

  /** The words as a picture. It is drawn for words that open something alone, and kept nowhere; its name says nothing. */
  @Post("card")
  async card(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.withWords(slug, body, request, reply, async ({ typed, code }) => {
      const status = `${new URL(this.address.origin).host}/${slug}/status`;
      const address = typed["address"] === undefined ? null : status;
      const png = await drawPng(codePicture(readCode(CODE_WORDS, code).words, address));
      void reply
        .status(200)
        .type("image/png")
        .header("content-disposition", 'attachment; filename="card.png"')
        .send(Buffer.from(png));
    });
  }

  @Post("no-code")
  async noCode(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.withWords(slug, body, request, reply, async ({ fund, voice, opened }) => {
      await this.codes.forget(opened);
      sendPage(reply, noCodePage(voice, frameOf(fund), fund.charter));
    });
  }

  @Post("helper-code")
  async helper(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.withWords(slug, body, request, reply, async ({ fund, voice, typed, code, opened }) => {
      const helperCode = await this.codes.makeHelper(opened, { key: formKey(typed), body: "helper-code" });
      sendPage(reply, helperCodePage(voice, frameOf(fund), helperCode, code), 201);
    });
  }

  /** Opens first; what opens nothing, or may not be done, leads back to the way in with a sentence. */
  private async withWords(
    slug: string,
    body: object,
    request: FastifyRequest,
    reply: FastifyReply,
    act: (asked: Asked) => Promise<void>,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const typed = typedTexts(body);
    const code = (typed["words"] ?? "").slice(0, 200);
    try {
      await act({ fund, voice, typed, code, opened: await this.wayIn.open(code, request, slug) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const html = statusFormPage(voice, frameOf(fund), refusedForm(voice, typed, error));
      sendPage(reply, html, problemOf(error.code).status);
    }
  }
}
