import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiProperty, ApiTags } from "@nestjs/swagger";
import { Type } from "class-transformer";
import { ArrayMaxSize, IsArray, IsIn, IsString, IsUUID, MaxLength, ValidateNested } from "class-validator";
import type { FastifyReply, FastifyRequest } from "fastify";
import { frameOf } from "../../funds/funds.service.js";
import { sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { KeyedPost } from "../../platform/http/idempotency-key.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import { SignedChallenge } from "../../treasurers/treasurers.controller.js";
import { SealingKeysReads } from "../sealing-keys.service.js";
import { relockingPage } from "./relocking.page.js";
import { AT_ONCE_MAX, HEADER_CHARACTERS_MAX, THINGS, type Locks, type Thing } from "./relocking.js";
import { Relocking } from "./relocking.service.js";

export class OneThing implements Thing {
  @ApiProperty({ enum: THINGS })
  @IsIn(THINGS)
  thing: Thing["thing"];

  @ApiProperty()
  @IsUUID(4)
  id: string;
}

export class OneLock extends OneThing {
  @ApiProperty({ description: "The header of an age file (age-encryption.org/v1), as text." })
  @IsString()
  @MaxLength(HEADER_CHARACTERS_MAX)
  header: string;
}

export class LockedAnew {
  @ApiProperty({ type: [OneThing], description: "New locks that do not open what the old ones did." })
  @IsArray()
  @ArrayMaxSize(AT_ONCE_MAX)
  @ValidateNested({ each: true })
  @Type(() => OneThing)
  wrong: OneThing[];

  @ApiProperty({ type: [OneThing] })
  @IsArray()
  @ArrayMaxSize(AT_ONCE_MAX)
  @ValidateNested({ each: true })
  @Type(() => OneThing)
  good: OneThing[];

  @ApiProperty({ type: [OneLock] })
  @IsArray()
  @ArrayMaxSize(AT_ONCE_MAX)
  @ValidateNested({ each: true })
  @Type(() => OneLock)
  locked: OneLock[];
}

/** After the seats have changed: what is open is locked anew, on a treasurer's own device. */
@ApiTags("desk")
@Controller()
export class RelockingController {
  constructor(
    private readonly database: Database,
    private readonly relocking: Relocking,
    private readonly keys: SealingKeysReads,
    private readonly acts: DeskActs,
  ) {}

  @Get(":fund/desk/locks")
  @ApiExcludeEndpoint()
  async page(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const [waits, sealing] = await Promise.all([
      this.relocking.waits(this.database.read, fund, treasurer.treasurerId),
      this.keys.of(this.database.read, fund),
    ]);
    const voice = voiceFor(request, fund.currency);
    sendPage(reply, relockingPage({ voice, frame: frameOf(fund), treasurer, waits, sealing }));
  }

  @Post("api/v1/funds/:fund/relocking-challenges")
  async challenge(
    @Param("fund") slug: string,
    @Req() request: FastifyRequest,
  ): Promise<{ challengeId: string; challenge: string }> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.relocking.challenge(fund, treasurerId);
  }

  /** The locks without what they lock. */
  @Post("api/v1/funds/:fund/relocking-openings")
  async open(
    @Param("fund") slug: string,
    @Body() body: SignedChallenge,
    @Req() request: FastifyRequest,
  ): Promise<Locks> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.database.atomically((tx) => this.relocking.open(tx, fund, treasurerId, body));
  }

  @KeyedPost("api/v1/funds/:fund/relockings")
  @HttpCode(200)
  async keep(
    @Param("fund") slug: string,
    @Body() body: LockedAnew,
    @Req() request: FastifyRequest,
  ): Promise<{ locked: number; undone: number }> {
    const did = { wrong: body.wrong, good: body.good, locked: body.locked };
    return this.acts.once(slug, request, { act: "relock", ...did }, (tx, { fund, treasurerId }) =>
      this.relocking.keep(tx, fund, treasurerId, did),
    );
  }
}
