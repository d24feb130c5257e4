import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { addDays, Clock, dayIn, isDay } from "../kernel/clock.js";
import { newToken } from "../kernel/ids.js";
import { parseTypedAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../funds/funds.service.js";
import { formKey, refusedForm, typedTexts, type FormState } from "../pages/fields.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import { shownIn, stepUpView, withoutFault } from "../pages/step-up.js";
import type { Voice } from "../pages/words.js";
import { Database } from "../platform/database/database.js";
import { problemOf } from "../platform/http/problems.js";
import { askedPage } from "./asked.page.js";
import { askPage } from "./ask.page.js";
import { paperPage } from "./paper.page.js";
import { readDetails, type Typed, type Wrong } from "./details.js";
import { AskAdmission } from "./limits/ask-admission.service.js";
import { AskingPause } from "./limits/asking-pause.service.js";
import { SealingKeysReads } from "./sealing-keys.service.js";
import { Intake, type Ask } from "./intake.service.js";

/** Look again after this many days: about when the first news may be there. */
const LOOK_AGAIN_DAYS = 3;

@ApiExcludeController()
@Controller(":fund/ask")
export class AskController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly intake: Intake,
    private readonly clock: Clock,
    private readonly admission: AskAdmission,
    private readonly pause: AskingPause,
    private readonly keys: SealingKeysReads,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    await this.answer(fund, request, reply);
  }

  /** The page that shows the seven words, for a browser that asked by the API because it locked what was typed by itself. Nothing is looked up: it shows what it was sent. */
  @Post("asked")
  async asked(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const { words, someone } = typedTexts(body);
    const code = words !== undefined && /^[a-z-]+( [a-z-]+){6}$/.test(words) ? words : null;
    const lookAgain = addDays(this.today(fund), LOOK_AGAIN_DAYS);
    const voice = voiceFor(request, fund.currency);
    sendPage(reply, askedPage(voice, frameOf(fund), fund.charter, code, lookAgain, someone !== undefined), 201);
  }

  /** The same fields on one sheet, for whoever asks at a table or a door. */
  @Get("paper")
  async paper(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    sendPage(reply, paperPage({ voice, fund: frameOf(fund), charter: fund.charter }));
  }

  @Post()
  async ask(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const typed = typedTexts(body);
    const read = readAsk(typed, fund, voice, this.today(fund));
    if ("wrong" in read) {
      await this.answer(fund, request, reply, { form: { typed, wrong: read.wrong } });
      return;
    }
    try {
      const key = formKey(typed);
      await this.admission.admit(fund, request, { key, ...shownIn(typed) });
      const asked = await this.intake.ask(fund, read.ask, key);
      sendPage(
        reply,
        askedPage(
          voice,
          frameOf(fund),
          fund.charter,
          asked.claimCode,
          addDays(this.today(fund), LOOK_AGAIN_DAYS),
          typed["someone"] !== undefined,
        ),
        201,
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const form = refusedForm(voice, typed, error);
      await this.answer(fund, request, reply, { form, refusal: error });
    }
  }

  private async answer(
    fund: Fund,
    request: FastifyRequest,
    reply: FastifyReply,
    state: { readonly form?: FormState; readonly refusal?: Refusal } = {},
  ): Promise<void> {
    const { refusal } = state;
    const waits = refusal?.code === "ticket-waits";
    const stepUp = await this.admission.stepUpFor(fund, request, waits ? state.form?.typed["ticket"] : undefined);
    const form = withoutFault(state.form, refusal);
    const page = askPage({
      voice: voiceFor(request, fund.currency),
      fund: frameOf(fund),
      charter: fund.charter,
      open: fund.state === "open",
      pausedUntil: await this.pause.until(this.database.read, fund),
      today: this.today(fund),
      sealing: await this.keys.of(this.database.read, fund),
      key: newToken(),
      ...(form ? { form } : {}),
      ...(stepUp ? { stepUp: stepUpView(stepUp, state) } : {}),
    });
    sendPage(reply, page, refusal ? problemOf(refusal.code).status : state.form ? 422 : 200);
  }

  private today(fund: Fund): string {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }
}

/** An amount as typed, or the sentence that says what would do. */
export function readAmount(text: string | undefined, fund: Fund, voice: Voice): bigint | string {
  const amount = parseTypedAmount(text ?? "", fund.currency, voice.locale);
  if (amount === null) return voice.say("problem.amount", { example: voice.money(fund.charter.capPerRequest) });
  if (amount > fund.charter.capPerRequest)
    return voice.say("problem.amount.cap", { cap: voice.money(fund.charter.capPerRequest) });
  return amount;
}

function readAsk(
  typed: Typed,
  fund: Fund,
  voice: Voice,
  today: string,
): { ask: Ask } | { wrong: Record<string, string> } {
  const amount = readAmount(typed["amount"], fund, voice);
  const read = readDetails(typed, voice.language, {
    parse: (text) => parseTypedAmount(text, fund.currency, voice.locale),
    total: typeof amount === "string" ? null : amount,
  });
  const wrong = "wrong" in read ? said(read.wrong, voice) : {};
  if (typeof amount === "string") wrong["amount"] = amount;
  const neededBy = typed["neededBy"] ?? "";
  if (neededBy !== "" && (!isDay(neededBy) || neededBy < today)) wrong["neededBy"] = voice.say("problem.needed");
  if (Object.keys(wrong).length > 0 || typeof amount === "string" || !("details" in read)) return { wrong };
  const category = typed["category"] ?? "";
  return {
    ask: {
      amount,
      ...(category === "" ? {} : { category }),
      ...(neededBy === "" ? {} : { neededBy }),
      ...(typed["firstHelp"] === undefined || fund.charter.rule !== "never-helped-first" ? {} : { firstHelp: true }),
      details: read.details,
      noCode: typed["noCode"] !== undefined,
    },
  };
}

/** What is wrong, in words, by field. */
export function said(wrong: Wrong, voice: Voice): Record<string, string> {
  return Object.fromEntries(Object.entries(wrong).map(([field, key]) => [field, voice.say(key)]));
}
