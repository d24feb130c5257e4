import { Body, Controller, Get, Param, Post, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiProperty, ApiTags } from "@nestjs/swagger";
import { IsUUID } from "class-validator";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf } from "../funds/funds.service.js";
import { formKey, typedTexts } from "../pages/fields.js";
import { link, sendPage, voiceFor } from "../pages/layout.js";
import { Database } from "../platform/database/database.js";
import { KeyedPost } from "../platform/http/idempotency-key.js";
import { DeskActs } from "./desk-acts.service.js";
import { Decisions } from "./decisions.service.js";
import { decisionsPage } from "./decisions.page.js";
import type { Challenge } from "./passkeys.service.js";
import { Seats } from "./seats.service.js";
import { SignedChallenge } from "./treasurers.controller.js";

export class OfDecision {
  @ApiProperty()
  @IsUUID(4)
  decision: string;
}

/** What treasurers decide together beside payouts: reading needs a session, every yes the passkey itself. */
@ApiTags("desk")
@Controller()
export class DecisionsController {
  constructor(
    private readonly database: Database,
    private readonly seats: Seats,
    private readonly decisions: Decisions,
    private readonly acts: DeskActs,
  ) {}

  @Get(":fund/desk/decisions")
  @ApiExcludeEndpoint()
  async page(
    @Param("fund") slug: string,
    @Query("done") done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const voice = voiceFor(request, fund.currency);
    const open = await this.decisions.all(this.database.read, fund);
    const nameOf = await this.seats.names(this.database.read, fund.fundId);
    sendPage(
      reply,
      decisionsPage({
        voice,
        frame: frameOf(fund),
        treasurer,
        seats: await this.seats.all(this.database.read, fund.fundId),
        decisions: open.map((decision) => ({ decision, says: this.decisions.says(voice, fund, decision, nameOf) })),
        done: done !== undefined,
      }),
    );
  }

  /** Takes one's own question back. */
  @Post(":fund/desk/decisions")
  @ApiExcludeEndpoint()
  async takeBack(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const seated = await this.acts.seated(slug, request);
    const typed = typedTexts(body);
    const decision = typed["decision"] ?? "";
    if (!isId(decision)) throw new Refusal("invalid", { field: "decision" });
    await this.acts.under(seated, formKey(typed), { act: "take-back", decision }, async (tx, { fund, treasurerId }) => {
      await this.decisions.takeBack(tx, fund, treasurerId, decision);
      return {};
    });
    void reply.redirect(link(voiceFor(request).language, `/${seated.fund.slug}/desk/decisions`), 303);
  }

  @Post("api/v1/funds/:fund/decision-statements")
  async statement(
    @Param("fund") slug: string,
    @Body() body: OfDecision,
    @Req() request: FastifyRequest,
  ): Promise<Challenge & { statement: string }> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.decisions.statementFor(fund, treasurerId, body.decision);
  }

  @KeyedPost("api/v1/funds/:fund/decision-signatures")
  async sign(
    @Param("fund") slug: string,
    @Body() body: SignedChallenge,
    @Req() request: FastifyRequest,
  ): Promise<{ decided: boolean }> {
    const said = { act: "decide", challengeId: body.challengeId };
    return this.acts.once(slug, request, said, async (tx, { fund, treasurerId }) => ({
      decided: await this.decisions.sign(tx, fund, treasurerId, body.challengeId, body.response),
    }));
  }
}
