import { Body, Controller, Headers, Param, Post, Req } from "@nestjs/common";
import { ApiCreatedResponse, ApiHeader, ApiProperty, ApiTags } from "@nestjs/swagger";
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from "class-validator";
import type { FastifyRequest } from "fastify";
import { isDay } from "../kernel/clock.js";
import { newToken } from "../kernel/ids.js";
import { AMOUNT_MAX } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { Funds } from "../funds/funds.service.js";
import { languageOf } from "../pages/words.js";
import { Database } from "../platform/database/database.js";
import { Filled, Nested, PlainText } from "../platform/http/body.js";
import { readKey } from "../platform/http/idempotency-key.js";
import { PROOF_DESCRIPTION, PROOF_HEADER } from "../platform/http/step-up-gate.js";
import { RAILS, TO_CHARACTERS_MAX, WORDS_CHARACTERS_MAX, type Rail } from "./aid-request.js";
import { AskAdmission } from "./limits/ask-admission.service.js";
import { LEGS_MAX, PAYEES, SHORT_CHARACTERS_MAX, type Contact, type Payee, type SealedDetails } from "./details.js";
import { Intake, type Asked } from "./intake.service.js";
import { SEALED_CHARACTERS_MAX, SEALED_FILE } from "./sealing.js";
import { MayBeLeftOut } from "../platform/http/body.js";

export class PayTo {
  @ApiProperty({ enum: RAILS })
  @IsIn(RAILS)
  rail: Rail;

  @ApiProperty({ maxLength: TO_CHARACTERS_MAX })
  @PlainText(TO_CHARACTERS_MAX)
  @Filled()
  to: string;
}

export class Leg extends PayTo {
  @ApiProperty({ description: "Minor units.", type: "integer" })
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount: number;
}

/** What a jail or a court asks for. */
export class HeldFields {
  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @PlainText(SHORT_CHARACTERS_MAX)
  @Filled()
  name?: string;

  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @PlainText(SHORT_CHARACTERS_MAX)
  @Filled()
  number?: string;

  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @PlainText(SHORT_CHARACTERS_MAX)
  @Filled()
  place?: string;
}

/** How to reach somebody safely. */
export class ContactFields {
  @ApiProperty()
  @PlainText(SHORT_CHARACTERS_MAX)
  @Filled()
  at: string;

  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @PlainText(SHORT_CHARACTERS_MAX)
  @Filled()
  hours?: string;

  @ApiProperty({ required: false, description: "The only words that may be said, or left." })
  @MayBeLeftOut()
  @PlainText(SHORT_CHARACTERS_MAX)
  @Filled()
  say?: string;

  @ApiProperty({ required: false, description: "May a message be left?" })
  @MayBeLeftOut()
  @IsBoolean()
  message?: boolean;

  @ApiProperty({ required: false, description: "Do others use it too?" })
  @MayBeLeftOut()
  @IsBoolean()
  shared?: boolean;
}

/** There is no field for a reason, and none can be added by configuration. */
export class NewRequest {
  @ApiProperty({ description: "Minor units of the fund's currency.", type: "integer" })
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  amount: number;

  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @Matches(/^[a-z][a-z-]{1,15}$/)
  category?: string;

  @ApiProperty({ required: false, description: "A day, YYYY-MM-DD." })
  @MayBeLeftOut()
  @IsString()
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  neededBy?: string;

  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @Matches(/^[a-z]{2}$/)
  language?: string;

  @ApiProperty({ required: false, type: PayTo })
  @MayBeLeftOut()
  @Nested(() => PayTo)
  payTo?: PayTo;

  @ApiProperty({ required: false, enum: PAYEES, description: "Who gets it, where it is not the person themselves." })
  @MayBeLeftOut()
  @IsIn(PAYEES)
  payee?: Payee;

  @ApiProperty({ required: false, type: [Leg], description: "Parts that go other ways; the rest goes to payTo." })
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(LEGS_MAX)
  @Nested(() => Leg, { each: true })
  legs?: Leg[];

  @ApiProperty({ required: false, type: HeldFields })
  @MayBeLeftOut()
  @Nested(() => HeldFields)
  held?: HeldFields;

  @ApiProperty({ required: false, type: ContactFields })
  @MayBeLeftOut()
  @Nested(() => ContactFields)
  contact?: ContactFields;

  @ApiProperty({ required: false, description: "Only where the charter has words on." })
  @MayBeLeftOut()
  @PlainText(WORDS_CHARACTERS_MAX)
  words?: string;

  @ApiProperty({ required: false, description: "An armored age file, in place of payTo, language and words." })
  @MayBeLeftOut()
  @IsString()
  @MaxLength(SEALED_CHARACTERS_MAX)
  @Matches(SEALED_FILE)
  sealed?: string;

  @ApiProperty({
    required: false,
    description: "Not helped by this fund before; only where the charter's rule goes by it.",
  })
  @MayBeLeftOut()
  @IsBoolean()
  firstHelp?: boolean;

  @ApiProperty({ required: false })
  @MayBeLeftOut()
  @IsBoolean()
  noCode?: boolean;
}

export class RequestAsked implements Asked {
  @ApiProperty({ nullable: true, type: String, description: "Seven words, shown this once; null with noCode." })
  claimCode: string | null;
  @ApiProperty({ enum: ["waiting"] })
  state: "waiting";
}

@ApiTags("requests")
@Controller("api/v1")
export class RequestsController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly intake: Intake,
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
    for (const field of ["payTo", "words", "payee", "legs", "held", "contact"] as const)
      if (sealed !== undefined && body[field] !== undefined) throw new Refusal("invalid", { field: "sealed" });
    if (words !== undefined && !fund.charter.words) throw new Refusal("words-off", { field: "words" });
    const parts = (body.legs ?? []).reduce((sum, leg) => sum + leg.amount, 0);
    if (parts > 0 && parts >= body.amount) throw new Refusal("invalid", { field: "legs" });
    const language = languageOf(body.language, request.headers["accept-language"]);
    return this.intake.ask(
      fund,
      {
        amount: BigInt(body.amount),
        category,
        neededBy,
        details: payTo === undefined ? undefined : detailsIn(body, payTo, language),
        firstHelp: body.firstHelp,
        sealed,
        noCode: body.noCode ?? false,
      },
      key,
    );
  }
}

/** What is sealed, in the same shape as from the form. */
function detailsIn(body: NewRequest, payTo: PayTo, language: string): SealedDetails {
  const { payee, legs, held, contact, words } = body;
  return {
    payTo: { rail: payTo.rail, to: payTo.to },
    language,
    ...(payee === undefined || payee === "me" ? {} : { payee }),
    ...(legs === undefined || legs.length === 0
      ? {}
      : { legs: legs.map(({ rail, to, amount }) => ({ rail, to, amount })) }),
    ...(held === undefined ? {} : { held: plain(held) }),
    ...(contact === undefined ? {} : { contact: contactIn(contact) }),
    ...(words === undefined ? {} : { words }),
  };
}

/** The fields alone, without the class that checked them. */
function plain<T extends object>(checked: T): T {
  return Object.fromEntries(Object.entries(checked).filter(([, value]) => value !== undefined)) as T;
}

function contactIn({ at, hours, say, message = false, shared = false }: ContactFields): Contact {
  return {
    at,
    ...(hours === undefined ? {} : { hours }),
    ...(say === undefined ? {} : { say }),
    message,
    shared,
  };
}
