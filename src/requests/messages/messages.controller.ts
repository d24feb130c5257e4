import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiProperty, ApiTags } from "@nestjs/swagger";
import { IsUUID, Matches, MaxLength } from "class-validator";
import type { FastifyReply, FastifyRequest } from "fastify";
import { frameOf } from "../../funds/funds.service.js";
import { sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { KeyedPost } from "../../platform/http/idempotency-key.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import { SignedChallenge } from "../../treasurers/treasurers.controller.js";
import { SEALED_CHARACTERS_MAX, SEALED_FILE } from "../sealing.js";
import { SealingKeysReads } from "../sealing-keys.service.js";
import { Conversations, type OpenedConversation } from "./conversations.service.js";
import { messagesPage } from "./messages.page.js";

export class OfRequest {
  @ApiProperty()
  @IsUUID(4)
  request: string;
}

export class OpeningOfMessages extends SignedChallenge {
  @ApiProperty()
  @IsUUID(4)
  request: string;
}

export class SealedAnswer extends OfRequest {
  @ApiProperty({ description: "An age file for every treasurer and for whoever asked, armored and padded." })
  @Matches(SEALED_FILE)
  @MaxLength(SEALED_CHARACTERS_MAX)
  sealed: string;
}

/** The treasurers' side of what is written with seven words. */
@ApiTags("desk")
@Controller()
export class MessagesController {
  constructor(
    private readonly database: Database,
    private readonly conversations: Conversations,
    private readonly keys: SealingKeysReads,
    private readonly acts: DeskActs,
  ) {}

  @Get(":fund/desk/messages")
  @ApiExcludeEndpoint()
  async page(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const voice = voiceFor(request, fund.currency);
    const [all, sealing] = await Promise.all([
      this.conversations.all(this.database.read, fund),
      this.keys.of(this.database.read, fund),
    ]);
    sendPage(reply, messagesPage({ voice, frame: frameOf(fund), treasurer, all, sealing }));
  }

  @Post("api/v1/funds/:fund/message-opening-challenges")
  async challenge(
    @Param("fund") slug: string,
    @Body() body: OfRequest,
    @Req() request: FastifyRequest,
  ): Promise<{ challengeId: string; challenge: string }> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.conversations.challengeToOpen(fund, treasurerId, body.request);
  }

  /** What was written, to be opened in the treasurer's own browser. */
  @Post("api/v1/funds/:fund/message-openings")
  async open(
    @Param("fund") slug: string,
    @Body() body: OpeningOfMessages,
    @Req() request: FastifyRequest,
  ): Promise<OpenedConversation> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.database.atomically((tx) => this.conversations.open(tx, fund, treasurerId, body.request, body));
  }

  @KeyedPost("api/v1/funds/:fund/messages")
  async answer(
    @Param("fund") slug: string,
    @Body() body: SealedAnswer,
    @Req() request: FastifyRequest,
  ): Promise<{ kept: true }> {
    return this.acts.once(
      slug,
      request,
      { act: "answer", of: body.request, sealed: body.sealed },
      async (tx, { fund }) => {
        await this.conversations.answer(tx, fund, body.request, body.sealed);
        return { kept: true };
      },
    );
  }

  @KeyedPost("api/v1/funds/:fund/messages/seen")
  @HttpCode(200)
  async seen(
    @Param("fund") slug: string,
    @Body() body: OfRequest,
    @Req() request: FastifyRequest,
  ): Promise<{ seen: true }> {
    return this.acts.once(slug, request, { act: "seen", of: body.request }, async (tx, { fund }) => {
      await this.conversations.nothingToSay(tx, fund, body.request);
      return { seen: true };
    });
  }
}
