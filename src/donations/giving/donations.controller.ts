import { Body, Controller, Headers, Param, Post, Req } from "@nestjs/common";
import { ApiCreatedResponse, ApiHeader, ApiProperty, ApiTags, ApiTooManyRequestsResponse } from "@nestjs/swagger";
import { IsBoolean, IsIn, IsInt, Max, Min } from "class-validator";
import type { FastifyRequest } from "fastify";
import { newToken } from "../../kernel/ids.js";
import { AMOUNT_MAX } from "../../kernel/money.js";
import { Funds } from "../../funds/funds.service.js";
import { Database } from "../../platform/database/database.js";
import { readKey } from "../../platform/http/idempotency-key.js";
import { PROOF_DESCRIPTION, PROOF_HEADER } from "../../platform/http/step-up-gate.js";
import { Admission } from "../limits/admission.service.js";
import { Checkout, type StartedGift } from "./checkout.service.js";
import { MayBeLeftOut } from "../../platform/http/body.js";

export class NewDonation {
  @ApiProperty({
    description:
      "Minor units of the fund's currency. The least gift by card depends on the currency (100 for usd); currencies with three decimals are charged in whole tens.",
    type: "integer",
    minimum: 1,
    maximum: Number(AMOUNT_MAX),
  })
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount: number;

  @ApiProperty({
    enum: ["once", "monthly"],
    description: "A monthly gift goes on until the donor, or the fund, ends it.",
  })
  @IsIn(["once", "monthly"])
  frequency: "once" | "monthly";

  @ApiProperty({ required: false, description: "Add the card's fee on top, so that the whole amount arrives." })
  @MayBeLeftOut()
  @IsBoolean()
  coverFee?: boolean;
}

export class DonationStarted implements StartedGift {
  @ApiProperty() id: string;
  @ApiProperty() checkoutUrl: string;
  @ApiProperty() receiptUrl: string;
}

@ApiTags("donations")
@Controller("api/v1/funds/:fund/donations")
export class DonationsController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly checkout: Checkout,
    private readonly admission: Admission,
  ) {}

  @Post()
  @ApiCreatedResponse({ type: DonationStarted })
  @ApiHeader({ name: PROOF_HEADER, required: false, description: PROOF_DESCRIPTION })
  @ApiTooManyRequestsResponse({
    description: "`proof-needed`: the problem document has a `challenge`; `too-many`: wait for Retry-After.",
  })
  async start(
    @Param("fund") slug: string,
    @Body() body: NewDonation,
    @Headers("idempotency-key") givenKey: unknown,
    @Headers(PROOF_HEADER) proof: unknown,
    @Req() request: FastifyRequest,
  ): Promise<StartedGift> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const key = readKey(givenKey) ?? newToken();
    await this.admission.admit(fund, request, { key, ...(typeof proof === "string" ? { proof } : {}) });
    return this.checkout.start(fund, {
      amount: BigInt(body.amount),
      coverFee: body.coverFee ?? false,
      frequency: body.frequency,
      displayName: null,
      purpose: null,
      key,
    });
  }
}
