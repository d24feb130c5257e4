import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiProperty, ApiTags } from "@nestjs/swagger";
import { IsIn, IsObject, IsString, IsUUID, Matches, MaxLength } from "class-validator";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, Funds } from "../funds/funds.service.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import { Database } from "../platform/database/database.js";
import { Filled, PlainText } from "../platform/http/body.js";
import { KeyedPost } from "../platform/http/idempotency-key.js";
import { Limits } from "../platform/http/limits.js";
import { DeskActs } from "./desk-acts.service.js";
import { Enrolment, type RegistrationOptions } from "./enrolment.service.js";
import { Genesis } from "./genesis.service.js";
import { joinPage } from "./join.page.js";
import { Passkeys, type Challenge } from "./passkeys.service.js";
import { Sessions } from "./sessions.service.js";
import { CredentialRow } from "./treasurer.entity.js";

export class InvitationToken {
  @ApiProperty({ description: "What stands behind the # of an invitation's link." })
  @Matches(/^[\w-]{43}$/)
  token: string;
}

export class SignedChallenge {
  @ApiProperty()
  @IsUUID(4)
  challengeId: string;

  @ApiProperty({ description: "A WebAuthn answer in JSON, without PRF results.", type: Object })
  @IsObject()
  response: object;
}

export class NewTreasurer extends SignedChallenge {
  @ApiProperty()
  @Matches(/^[\w-]{43}$/)
  token: string;

  @ApiProperty({ description: "What the other treasurers call you; never published." })
  @PlainText(40)
  @Filled()
  name: string;

  @ApiProperty({ description: "Your age recipient." })
  @Matches(/^age1[a-z0-9]{58}$/)
  recipient: string;

  @ApiProperty({ description: "Your age identity, sealed with age." })
  @IsString()
  @MaxLength(4096)
  @Matches(/^-----BEGIN AGE ENCRYPTED FILE-----/)
  wrappedIdentity: string;

  @ApiProperty({ enum: ["prf", "passphrase"] })
  @IsIn(["prf", "passphrase"])
  wrappedBy: "prf" | "passphrase";
}

@ApiTags("treasurers")
@Controller()
export class TreasurersController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly enrolment: Enrolment,
    private readonly passkeys: Passkeys,
    private readonly sessions: Sessions,
    private readonly genesis: Genesis,
    private readonly acts: DeskActs,
    private readonly limits: Limits,
  ) {}

  @Get(":fund/join")
  @ApiExcludeEndpoint()
  async join(
    @Param("fund") slug: string,
    @Query("asked") asked: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    sendPage(reply, joinPage(voiceFor(request, fund.currency), frameOf(fund), fund, asked !== undefined));
  }

  @Post("api/v1/funds/:fund/registrations")
  async register(
    @Param("fund") slug: string,
    @Body() body: InvitationToken,
    @Req() request: FastifyRequest,
  ): Promise<RegistrationOptions> {
    await this.limits.take("passkey", request);
    return this.enrolment.begin(await this.funds.bySlug(this.database.read, slug), body.token);
  }

  @Post("api/v1/funds/:fund/treasurers")
  async takeSeat(
    @Param("fund") slug: string,
    @Body() body: NewTreasurer,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ treasurerId: string; seated: boolean }> {
    await this.limits.take("passkey", request);
    const fund = await this.funds.bySlug(this.database.read, slug);
    return this.database.atomically(async (tx) => {
      const taken = await this.enrolment.finish(tx, fund, body.token, body.challengeId, body, body.response);
      if (taken.seated) await this.sessions.begin(tx, fund, taken.treasurerId, reply);
      return taken;
    });
  }

  /** What to sign, to sit down at the desk. */
  @Post("api/v1/funds/:fund/logins")
  async login(@Param("fund") slug: string, @Req() request: FastifyRequest): Promise<Challenge> {
    await this.limits.take("passkey", request);
    const fund = await this.funds.bySlug(this.database.read, slug);
    return this.database.atomically((tx) => this.passkeys.issue(tx, fund, "login"));
  }

  @Post("api/v1/funds/:fund/sessions")
  async begin(
    @Param("fund") slug: string,
    @Body() body: SignedChallenge,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ treasurerId: string }> {
    await this.limits.take("passkey", request);
    const fund = await this.funds.bySlug(this.database.read, slug);
    return this.database.atomically(async (tx) => {
      const { challenge } = await this.passkeys.consume(tx, fund, "login", body.challengeId);
      const { treasurerId } = await this.passkeys.verify(tx, fund, body.response, challenge);
      await this.sessions.begin(tx, fund, treasurerId, reply);
      return { treasurerId };
    });
  }

  @Post("api/v1/funds/:fund/sessions/end")
  @HttpCode(204)
  async end(
    @Param("fund") slug: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.require(await this.funds.bySlug(this.database.read, slug), request);
    await this.sessions.end(request, reply);
  }

  /** One's own sealed identity, by the passkey that can open it. */
  @Get("api/v1/funds/:fund/identity")
  async identity(
    @Param("fund") slug: string,
    @Query("credential") credentialId: string,
    @Req() request: FastifyRequest,
  ): Promise<{ wrappedIdentity: string; wrappedBy: string }> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const treasurer = await this.sessions.treasurer(fund, request);
    if (treasurer === null) throw new Refusal("sign-in");
    const credential = await this.database.read.findOneBy(CredentialRow, {
      fundId: fund.fundId,
      treasurerId: treasurer.treasurerId,
      credentialId,
    });
    if (credential === null) throw new Refusal("not-yours");
    return { wrappedIdentity: credential.wrappedIdentity, wrappedBy: credential.wrappedBy };
  }

  @Post("api/v1/funds/:fund/genesis-statements")
  async genesisStatement(
    @Param("fund") slug: string,
    @Req() request: FastifyRequest,
  ): Promise<Challenge & { statement: string }> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const treasurer = await this.sessions.require(fund, request);
    return this.genesis.statementFor(fund, treasurer.treasurerId);
  }

  @KeyedPost("api/v1/funds/:fund/genesis-signatures")
  async signGenesis(
    @Param("fund") slug: string,
    @Body() body: SignedChallenge,
    @Req() request: FastifyRequest,
  ): Promise<{ open: boolean }> {
    const said = { act: "genesis", challengeId: body.challengeId };
    return this.acts.once(slug, request, said, async (tx, { fund, treasurerId }) => ({
      open: await this.genesis.sign(tx, fund, treasurerId, body.challengeId, body.response),
    }));
  }
}
