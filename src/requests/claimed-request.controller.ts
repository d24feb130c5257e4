import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req } from "@nestjs/common";
import { ApiCreatedResponse, ApiHeader, ApiProperty, ApiTags } from "@nestjs/swagger";
import { IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from "class-validator";
import type { FastifyRequest } from "fastify";
import { AMOUNT_MAX, toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { languageOf } from "../pages/words.js";
import { Filled, Nested, PlainText } from "../platform/http/body.js";
import { readKey } from "../platform/http/idempotency-key.js";
import { OUTCOMES, PARTS_MAX, WORDS_CHARACTERS_MAX, type Outcome, type PublicState } from "./aid-request.js";
import { ClaimActs } from "./claim-acts.service.js";
import { ClaimCodes } from "./claim-codes.service.js";
import type { Once, OpenedRequest } from "./claims.service.js";
import { PayTo } from "./requests.controller.js";
import { SEALED_CHARACTERS_MAX, SEALED_FILE } from "./sealing.js";
import { Standings } from "./standings.service.js";
import { WayIn } from "./way-in.service.js";
import { MayBeLeftOut } from "../platform/http/body.js";

export class Confirmation {
  @ApiProperty({ enum: OUTCOMES })
  @IsIn(OUTCOMES)
  outcome: Outcome;

  @ApiProperty({ required: false, type: "integer" })
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount?: number;

  @ApiProperty({
    required: false,
    type: "integer",
    description: "Of several parts that were sent, counted from 1; the last one where none is named.",
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(PARTS_MAX)
  part?: number;
}

export class Change {
  @ApiProperty({ required: false, type: "integer" })
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount?: number;

  @ApiProperty({ required: false, description: "A day, YYYY-MM-DD." })
  @MayBeLeftOut()
  @IsString()
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  neededBy?: string;

  @ApiProperty({ required: false, type: PayTo })
  @MayBeLeftOut()
  @Nested(() => PayTo)
  payTo?: PayTo;

  @ApiProperty({ required: false, description: "An armored age file, in place of payTo." })
  @MayBeLeftOut()
  @IsString()
  @MaxLength(SEALED_CHARACTERS_MAX)
  @Matches(SEALED_FILE)
  sealed?: string;
}

export class HelperCode {
  @ApiProperty({ description: "Seven words for somebody who helps, shown this once." })
  claimCode: string;
}

export class NewMessage {
  @ApiProperty({ required: false, maxLength: WORDS_CHARACTERS_MAX })
  @MayBeLeftOut()
  @PlainText(WORDS_CHARACTERS_MAX)
  @Filled()
  text?: string;

  @ApiProperty({
    required: false,
    description: "In place of text: an armored age file for the treasurers and for the recipient of the seven words.",
  })
  @MayBeLeftOut()
  @IsString()
  @MaxLength(SEALED_CHARACTERS_MAX)
  @Matches(SEALED_FILE)
  sealed?: string;
}

/** One request, as its seven words open it. */
@ApiTags("requests")
@ApiHeader({ name: "Authorization", description: "Claim <seven words>" })
@Controller("api/v1/request")
export class ClaimedRequestController {
  constructor(
    private readonly wayIn: WayIn,
    private readonly standings: Standings,
    private readonly acts: ClaimActs,
    private readonly codes: ClaimCodes,
  ) {}

  @Get()
  async standing(@Req() request: FastifyRequest): Promise<object> {
    const standing = await this.standings.of(await this.opened(request));
    const { parts, open, ...rest } = standing;
    const receipts = parts.map(({ amount, day, index }) => ({ amount: toJsonAmount(amount), day, index }));
    const receipt = receipts.at(-1);
    return {
      ...rest,
      ...(receipt === undefined ? {} : { receipt, receipts }),
      ...(receipt === undefined || open === 0n ? {} : { open: toJsonAmount(open) }),
    };
  }

  /** The receipt as a file that verifies offline. `?part=1`: of the first part that was sent; the last one where none is named. */
  @Get("proof")
  async proof(@Req() request: FastifyRequest, @Query("part") part?: string): Promise<object> {
    if (part !== undefined && !/^[1-9]\d{0,3}$/.test(part)) throw new Refusal("invalid", { field: "part" });
    return this.standings.proof(await this.opened(request), part === undefined ? undefined : Number(part));
  }

  @Post("confirmations")
  async confirm(@Body() body: Confirmation, @Req() request: FastifyRequest): Promise<{ outcome: Outcome }> {
    await this.acts.confirm(
      await this.opened(request),
      {
        outcome: body.outcome,
        amount: body.amount === undefined ? undefined : BigInt(body.amount),
        part: body.part,
      },
      onceOf(request, "confirmations", body),
    );
    return { outcome: body.outcome };
  }

  @Post("withdrawal")
  @HttpCode(200)
  async withdraw(@Req() request: FastifyRequest): Promise<{ state: "withdrawn" | "paid" }> {
    return { state: await this.acts.withdraw(await this.opened(request), onceOf(request, "withdrawal", {})) };
  }

  @Post("changes")
  @HttpCode(200)
  async change(@Body() body: Change, @Req() request: FastifyRequest): Promise<{ state: PublicState }> {
    const state = await this.acts.change(
      await this.opened(request),
      {
        amount: body.amount === undefined ? undefined : BigInt(body.amount),
        neededBy: body.neededBy,
        payTo: body.payTo,
        sealed: body.sealed,
        language: languageOf(undefined, request.headers["accept-language"]),
      },
      onceOf(request, "changes", body),
    );
    return { state };
  }

  /** Somebody is there: one of a flood that was set aside is in line again. */
  @Post("returns")
  @HttpCode(200)
  async comeBack(@Req() request: FastifyRequest): Promise<{ state: "waiting" }> {
    await this.acts.comeBack(await this.opened(request));
    return { state: "waiting" };
  }

  /** What has ended is erased at once. */
  @Post("erasure")
  @HttpCode(200)
  async erase(@Req() request: FastifyRequest): Promise<{ erased: true }> {
    await this.acts.erase(await this.opened(request));
    return { erased: true };
  }

  @Post("messages")
  async write(@Body() body: NewMessage, @Req() request: FastifyRequest): Promise<{ kept: true }> {
    const { text, sealed } = body;
    if ((text === undefined) === (sealed === undefined)) throw new Refusal("invalid", { field: "text" });
    const message = sealed === undefined ? { text: text ?? "" } : { sealed };
    await this.acts.write(await this.opened(request), message, onceOf(request, "messages", body));
    return { kept: true };
  }

  /** Words for somebody who helps: they show where the request stands, and ask for less or name a day. */
  @Post("helper-code")
  @ApiCreatedResponse({ type: HelperCode })
  async makeHelper(@Req() request: FastifyRequest): Promise<HelperCode> {
    return {
      claimCode: await this.codes.makeHelper(await this.opened(request), onceOf(request, "helper-code", {})),
    };
  }

  @Delete("helper-code")
  @HttpCode(204)
  async takeBackHelper(@Req() request: FastifyRequest): Promise<void> {
    await this.codes.takeBackHelper(await this.opened(request), onceOf(request, "no-helper-code", {}));
  }

  /** `Authorization: Claim <seven words>`; what opens nothing costs the same and gets the same answer. */
  private async opened(request: FastifyRequest): Promise<OpenedRequest> {
    const match = /^Claim (.{1,200})$/i.exec(request.headers.authorization ?? "");
    return this.wayIn.open(match?.[1] ?? "", request);
  }
}

/** The Idempotency-Key of a POST with what it does; null when there is none. */
function onceOf(request: FastifyRequest, act: string, body: object): Once {
  const key = readKey(request.headers["idempotency-key"]);
  if (key === undefined) return null;
  return { key, body: `${act} ${JSON.stringify(body)}` };
}
