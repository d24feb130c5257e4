import { Body, Controller, Get, Headers, HttpCode, Param, Post, Req } from "@nestjs/common";
import { ApiCreatedResponse, ApiHeader, ApiProperty, ApiTags } from "@nestjs/swagger";
import { Type } from "class-transformer";
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from "class-validator";
import type { FastifyRequest } from "fastify";
import { isDay } from "../kernel/clock.js";
import { newToken } from "../kernel/ids.js";
import { AMOUNT_MAX, toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { Funds } from "../funds/funds.service.js";
import { languageOf } from "../pages/words.js";
import { Database } from "../platform/database/database.js";
import { PlainText } from "../platform/http/body.js";
import { readKey } from "../platform/http/idempotency-key.js";
import { Limits } from "../platform/http/limits.js";
import { PROOF_DESCRIPTION, PROOF_HEADER } from "../platform/http/step-up-gate.js";
import { OUTCOMES, RAILS, TO_CHARACTERS_MAX, WORDS_CHARACTERS_MAX, type Outcome, type Rail } from "./aid-request.js";
import { Claims, type Once, type OpenedRequest } from "./claims.service.js";
import { AskAdmission } from "./limits/ask-admission.service.js";
import { Intake, type Asked } from "./intake.service.js";

export class PayTo {
  @ApiProperty({ enum: RAILS })
  @IsIn(RAILS)
  rail: Rail;

  @ApiProperty({ maxLength: TO_CHARACTERS_MAX })
  @PlainText(TO_CHARACTERS_MAX)
  @MinLength(1)
  to: string;
}

/** There is no field for a reason, and none can be added by configuration. */
export class NewRequest {
  @ApiProperty({ description: "Minor units of the fund's currency.", type: "integer" })
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount: number;

  @ApiProperty({ required: false })
  @IsOptional()
  @Matches(/^[a-z][a-z-]{1,15}$/)
  category?: string;

  @ApiProperty({ required: false, description: "A day, YYYY-MM-DD." })
  @IsOptional()
  @IsString()
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  neededBy?: string;

  @ApiProperty({ required: false })
  @IsOptional()
  @Matches(/^[a-z]{2}$/)
  language?: string;

  @ApiProperty({ required: false, type: PayTo })
  @IsOptional()
  @ValidateNested()
  @Type(() => PayTo)
  payTo?: PayTo;

  @ApiProperty({ required: false, description: "Only where the charter has words on." })
  @IsOptional()
  @PlainText(WORDS_CHARACTERS_MAX)
  words?: string;

  @ApiProperty({ required: false, description: "An armored age file, in place of payTo, language and words." })
  @IsOptional()
  @IsString()
  @MaxLength(15_000)
  @Matches(/^-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]+\n-----END AGE ENCRYPTED FILE-----\n?$/)
  sealed?: string;

  @ApiProperty({ required: false })
  @IsOptional()
  @IsBoolean()
  noCode?: boolean;
}

export class RequestAsked implements Asked {
  @ApiProperty({ nullable: true, type: String, description: "Seven words, shown this once; null with noCode." })
  claimCode: string | null;
  @ApiProperty({ enum: ["waiting"] })
  state: "waiting";
}

export class Confirmation {
  @ApiProperty({ enum: OUTCOMES })
  @IsIn(OUTCOMES)
  outcome: Outcome;

  @ApiProperty({ required: false, type: "integer" })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount?: number;
}

export class Change {
  @ApiProperty({ required: false, type: "integer" })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount?: number;

  @ApiProperty({ required: false, type: PayTo })
  @IsOptional()
  @ValidateNested()
  @Type(() => PayTo)
  payTo?: PayTo;
}

export class NewMessage {
  @ApiProperty({ maxLength: WORDS_CHARACTERS_MAX })
  @PlainText(WORDS_CHARACTERS_MAX)
  @MinLength(1)
  text: string;
}

@ApiTags("requests")
@Controller("api/v1")
export class RequestsController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly intake: Intake,
    private readonly claims: Claims,
    private readonly limits: Limits,
    private readonly admission: AskAdmission,
  ) {}

  @Post("funds/:fund/requests")
  @ApiCreatedResponse({ type: RequestAsked })
  @ApiHeader({ name: PROOF_HEADER, required: false, description: PROOF_DESCRIPTION })
  async ask(
    @Param("fund") slug: string,
    @Body() body: NewRequest,
    @Headers("idempotency-key") header: unknown,
    @Headers(PROOF_HEADER) proof: unknown,
    @Req() request: FastifyRequest,
  ): Promise<Asked> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const key = readKey(header) ?? newToken();
    await this.admission.admit(fund, request, { key, ...(typeof proof === "string" ? { proof } : {}) });
    if (body.neededBy !== undefined && !isDay(body.neededBy)) throw new Refusal("invalid", { field: "neededBy" });
    if (body.sealed !== undefined && body.language !== undefined) throw new Refusal("invalid", { field: "language" });
    const { category, neededBy, payTo, words, sealed } = body;
    if (sealed !== undefined && (payTo !== undefined || words !== undefined))
      throw new Refusal("invalid", { field: "sealed" });
    if (words !== undefined && !fund.charter.words) throw new Refusal("words-off", { field: "words" });
    return this.intake.ask(
      fund,
      {
        amount: BigInt(body.amount),
        category,
        neededBy,
        details:
          payTo === undefined
            ? undefined
            : {
                payTo: { rail: payTo.rail, to: payTo.to },
                language: languageOf(body.language, request.headers["accept-language"]),
                ...(words === undefined ? {} : { words }),
              },
        sealed,
        noCode: body.noCode ?? false,
      },
      key,
    );
  }

  @Get("request")
  @ApiHeader({ name: "Authorization", description: "Claim <seven words>" })
  async standing(@Req() request: FastifyRequest): Promise<object> {
    const standing = await this.claims.standing(await this.opened(request));
    const { receipt, ...rest } = standing;
    const { amount = 0n, ...where } = receipt ?? {};
    return { ...rest, ...(receipt ? { receipt: { amount: toJsonAmount(amount), ...where } } : {}) };
  }

  /** The receipt as a file that verifies offline. */
  @Get("request/proof")
  @ApiHeader({ name: "Authorization", description: "Claim <seven words>" })
  async proof(@Req() request: FastifyRequest): Promise<object> {
    return this.claims.proof(await this.opened(request));
  }

  @Post("request/confirmations")
  async confirm(@Body() body: Confirmation, @Req() request: FastifyRequest): Promise<{ outcome: Outcome }> {
    await this.claims.confirm(
      await this.opened(request),
      body.outcome,
      body.amount === undefined ? undefined : BigInt(body.amount),
      onceOf(request, "confirmations", body),
    );
    return { outcome: body.outcome };
  }

  @Post("request/withdrawal")
  @HttpCode(200)
  async withdraw(@Req() request: FastifyRequest): Promise<{ state: "withdrawn" }> {
    await this.claims.withdraw(await this.opened(request), onceOf(request, "withdrawal", {}));
    return { state: "withdrawn" };
  }

  @Post("request/changes")
  @HttpCode(200)
  async change(@Body() body: Change, @Req() request: FastifyRequest): Promise<{ state: "waiting" }> {
    await this.claims.change(
      await this.opened(request),
      {
        amount: body.amount === undefined ? undefined : BigInt(body.amount),
        payTo: body.payTo,
        language: languageOf(undefined, request.headers["accept-language"]),
      },
      onceOf(request, "changes", body),
    );
    return { state: "waiting" };
  }

  /** Somebody is there: one of a flood that was set aside is in line again. */
  @Post("request/returns")
  @HttpCode(200)
  async comeBack(@Req() request: FastifyRequest): Promise<{ state: "waiting" }> {
    await this.claims.comeBack(await this.opened(request));
    return { state: "waiting" };
  }

  @Post("request/messages")
  async write(@Body() body: NewMessage, @Req() request: FastifyRequest): Promise<{ kept: true }> {
    await this.claims.write(await this.opened(request), body.text, onceOf(request, "messages", body));
    return { kept: true };
  }

  /** `Authorization: Claim <seven words>`; what opens nothing costs the same and gets the same answer. */
  private async opened(request: FastifyRequest): Promise<OpenedRequest> {
    await this.limits.take("claim", request);
    const match = /^Claim (.{1,200})$/i.exec(request.headers.authorization ?? "");
    return this.claims.open(match?.[1] ?? "");
  }
}

/** The Idempotency-Key of a POST with what it does; null when there is none. */
function onceOf(request: FastifyRequest, act: string, body: object): Once {
  const key = readKey(request.headers["idempotency-key"]);
  if (key === undefined) return null;
  return { key, body: `${act} ${JSON.stringify(body)}` };
}
