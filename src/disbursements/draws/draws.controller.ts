import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiProperty, ApiTags } from "@nestjs/swagger";
import { Matches, MaxLength } from "class-validator";
import type { FastifyReply, FastifyRequest } from "fastify";
import { frameOf } from "../../funds/funds.service.js";
import { sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { KeyedPost } from "../../platform/http/idempotency-key.js";
import { Line } from "../../requests/line.service.js";
import { SEALED_CHARACTERS_MAX, SEALED_FILE } from "../../requests/sealing.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import { Seats } from "../../treasurers/seats.service.js";
import { SignedChallenge } from "../../treasurers/treasurers.controller.js";
import { drawsPage } from "./draws.page.js";
import { Draws } from "./draws.service.js";

export class SecretIn {
  @ApiProperty({ description: "SHA-256 of `commonpot/draw-secret/v1`, a line feed and 32 random bytes; hex." })
  @Matches(/^[0-9a-f]{64}$/)
  hash: string;

  @ApiProperty({ description: "The secret's hex, as an age file for its treasurer alone, armored and padded." })
  @Matches(SEALED_FILE)
  @MaxLength(SEALED_CHARACTERS_MAX)
  sealed: string;
}

export class SecretOut {
  @ApiProperty()
  @Matches(/^[0-9a-f]{64}$/)
  secret: string;
}

/** The treasurers' page of the lottery. */
@ApiTags("desk")
@Controller()
export class DrawsController {
  constructor(
    private readonly database: Database,
    private readonly draws: Draws,
    private readonly line: Line,
    private readonly seats: Seats,
    private readonly acts: DeskActs,
  ) {}

  @Get(":fund/desk/draw")
  @ApiExcludeEndpoint()
  async page(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const tx = this.database.read;
    const view = {
      voice: voiceFor(request, fund.currency),
      frame: frameOf(fund),
      treasurer,
      isRule: fund.charter.rule === "lottery",
      least: fund.charter.publication.k,
      waiting: (await this.line.waiting(tx, fund)).length,
      draws: await this.draws.latest(tx, fund),
      nameOf: await this.seats.names(tx, fund.fundId),
    };
    sendPage(reply, drawsPage(view));
  }

  @KeyedPost("api/v1/funds/:fund/draws/secrets")
  async putIn(
    @Param("fund") slug: string,
    @Body() body: SecretIn,
    @Req() request: FastifyRequest,
  ): Promise<{ kept: true }> {
    const { hash, sealed } = body;
    return this.acts.once(slug, request, { act: "draw-secret", hash, sealed }, async (tx, { fund, treasurerId }) => {
      await this.draws.putIn(tx, fund, treasurerId, { hash, sealed });
      return { kept: true };
    });
  }

  @Post("api/v1/funds/:fund/draws/challenges")
  async challenge(
    @Param("fund") slug: string,
    @Req() request: FastifyRequest,
  ): Promise<{ challengeId: string; challenge: string }> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.draws.challenge(fund, treasurerId);
  }

  /** One's own sealed secret, to be opened in one's own browser. */
  @Post("api/v1/funds/:fund/draws/mine")
  async mine(
    @Param("fund") slug: string,
    @Body() body: SignedChallenge,
    @Req() request: FastifyRequest,
  ): Promise<{ sealed: string }> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.database.atomically((tx) => this.draws.mine(tx, fund, treasurerId, body));
  }

  @KeyedPost("api/v1/funds/:fund/draws/openings")
  @HttpCode(200)
  async open(
    @Param("fund") slug: string,
    @Body() body: SecretOut,
    @Req() request: FastifyRequest,
  ): Promise<{ drawn: boolean }> {
    return this.acts.once(slug, request, { act: "draw-open", secret: body.secret }, (tx, { fund, treasurerId }) =>
      this.draws.open(tx, fund, treasurerId, body.secret),
    );
  }
}
