import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiProperty, ApiTags } from "@nestjs/swagger";
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsUUID, Matches } from "class-validator";
import type { FastifyReply, FastifyRequest } from "fastify";
import { frameOf, Funds } from "../funds/funds.service.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import { Database } from "../platform/database/database.js";
import { KeyedPost } from "../platform/http/idempotency-key.js";
import { PublicAddress } from "../platform/http/address.js";
import { PlainText } from "../platform/http/body.js";
import { RAILS, type Rail } from "../requests/aid-request.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import { Genesis } from "../treasurers/genesis.service.js";
import { Sessions } from "../treasurers/sessions.service.js";
import { SignedChallenge } from "../treasurers/treasurers.controller.js";
import { Approvals, type Approved, type StatementToSign } from "./approvals.service.js";
import { deskPage, LIST_SIZE_MAX } from "./desk.page.js";
import { foundingPage, signInPage } from "../treasurers/sign-in.page.js";
import { DeskService } from "./desk.service.js";
import { Openings } from "./openings.service.js";
import { Payouts } from "./payouts.service.js";
import { MayBeLeftOut } from "../platform/http/body.js";

export class StatementWanted {
  @ApiProperty({ type: [String] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIST_SIZE_MAX)
  @IsUUID(4, { each: true })
  disbursements: string[];
}

export class OfDisbursement {
  @ApiProperty()
  @IsUUID(4)
  disbursement: string;
}

export class Opening extends SignedChallenge {
  @ApiProperty()
  @IsUUID(4)
  disbursement: string;
}

export class SentByHand extends OfDisbursement {
  @ApiProperty({ enum: RAILS })
  @IsIn(RAILS)
  rail: Rail;

  @ApiProperty({ description: "The account that the money came from." })
  @Matches(/^assets:[a-z0-9:-]{1,60}$/)
  holding: string;

  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @PlainText(100)
  reference?: string;
}

/** The treasurers' desk. Reading needs a session; every yes needs the passkey itself. */
@ApiTags("desk")
@Controller()
export class DeskController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly sessions: Sessions,
    private readonly genesis: Genesis,
    private readonly desk: DeskService,
    private readonly openings: Openings,
    private readonly approvals: Approvals,
    private readonly payouts: Payouts,
    private readonly acts: DeskActs,
    private readonly address: PublicAddress,
  ) {}

  @Get(":fund/desk")
  @ApiExcludeEndpoint()
  async page(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const frame = frameOf(fund);
    const treasurer = await this.sessions.treasurer(fund, request);
    if (treasurer === null) {
      sendPage(reply, signInPage(voice, frame));
      return;
    }
    if (fund.state === "founding") {
      sendPage(reply, foundingPage(voice, frame, treasurer, await this.genesis.progress(this.database.read, fund)));
      return;
    }
    const desk = await this.desk.of(fund, treasurer.treasurerId);
    sendPage(
      reply,
      deskPage({
        voice,
        frame,
        charter: fund.charter,
        treasurer,
        desk,
        link: `${this.address.origin}/${fund.slug}/desk`,
      }),
    );
  }

  /** Opens an approval whose entry in the log is only a salted hash. */
  @Get("api/v1/funds/:fund/approvals/:index")
  async sealedApproval(
    @Param("fund") slug: string,
    @Param("index") index: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    const { fund } = await this.acts.seated(slug, request);
    return this.approvals.sealed(fund, /^\d{1,15}$/.test(index) ? Number(index) : -1);
  }

  @Post("api/v1/funds/:fund/approval-statements")
  async statement(
    @Param("fund") slug: string,
    @Body() body: StatementWanted,
    @Req() request: FastifyRequest,
  ): Promise<StatementToSign> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.approvals.statementFor(fund, treasurerId, body.disbursements);
  }

  @KeyedPost("api/v1/funds/:fund/approvals")
  async approve(
    @Param("fund") slug: string,
    @Body() body: SignedChallenge,
    @Req() request: FastifyRequest,
  ): Promise<Approved> {
    return this.acts.once(
      slug,
      request,
      { act: "approve", challengeId: body.challengeId },
      (tx, { fund, treasurerId }) => this.approvals.approve(tx, fund, treasurerId, body.challengeId, body.response),
    );
  }

  /** Takes the payer's lease, or renews it. */
  @KeyedPost("api/v1/funds/:fund/payouts")
  async take(
    @Param("fund") slug: string,
    @Body() body: OfDisbursement,
    @Req() request: FastifyRequest,
  ): Promise<{ payoutId: string; leaseUntil: string }> {
    const seated = await this.acts.seated(slug, request);
    await this.payouts.untilReleased(this.database.read, seated.fund, body.disbursement);
    return this.acts.once(slug, request, { act: "take", of: body.disbursement }, async (tx, { fund, treasurerId }) => {
      const payout = await this.payouts.take(tx, fund, treasurerId, body.disbursement);
      return { payoutId: payout.payoutId, leaseUntil: payout.leaseUntil.toISOString() };
    });
  }

  @KeyedPost("api/v1/funds/:fund/payouts/passed-on")
  @HttpCode(200)
  async passOn(
    @Param("fund") slug: string,
    @Body() body: OfDisbursement,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.acts.once(
      slug,
      request,
      { act: "pass-on", of: body.disbursement },
      async (tx, { fund, treasurerId }) => {
        await this.payouts.passOn(tx, fund, treasurerId, body.disbursement);
        return {};
      },
    );
  }

  /** "I sent it": a fact, booked at once. */
  @KeyedPost("api/v1/funds/:fund/payouts/sent")
  async sent(
    @Param("fund") slug: string,
    @Body() body: SentByHand,
    @Req() request: FastifyRequest,
  ): Promise<{ payoutId: string; seq: number }> {
    const { disbursement, rail, holding, reference } = body;
    return this.acts.once(
      slug,
      request,
      { act: "sent", of: disbursement, rail, holding, reference },
      (tx, { fund, treasurerId }) =>
        this.payouts.record(tx, fund, treasurerId, disbursement, { rail, holding, reference }),
    );
  }

  @Post("api/v1/funds/:fund/opening-challenges")
  async openingChallenge(
    @Param("fund") slug: string,
    @Body() body: OfDisbursement,
    @Req() request: FastifyRequest,
  ): Promise<{ challengeId: string; challenge: string }> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.openings.challenge(fund, treasurerId, body.disbursement);
  }

  /** The sealed details, to be opened in the payer's own browser. */
  @Post("api/v1/funds/:fund/openings")
  async open(@Param("fund") slug: string, @Body() body: Opening, @Req() request: FastifyRequest): Promise<object> {
    const { fund, treasurerId } = await this.acts.seated(slug, request);
    return this.database.atomically((tx) => this.openings.open(tx, fund, treasurerId, body.disbursement, body));
  }
}
