import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Clock, dayIn, isDay } from "../kernel/clock.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../funds/funds.service.js";
import { refusedForm, typedTexts, type FormState } from "../pages/fields.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { Database } from "../platform/database/database.js";
import { isPlainText } from "../kernel/plain-text.js";
import { problemOf } from "../platform/http/problems.js";
import { parseTypedAmount } from "../kernel/money.js";
import { OUTCOMES, WORDS_CHARACTERS_MAX } from "./aid-request.js";
import { readAmount, said } from "./ask.controller.js";
import { ClaimActs } from "./claim-acts.service.js";
import { ClaimCodes } from "./claim-codes.service.js";
import { Claims, type OpenedRequest } from "./claims.service.js";
import { readPayTo } from "./details.js";
import { SEALED_CHARACTERS_MAX, SEALED_FILE } from "./sealing.js";
import { SealingKeysReads } from "./sealing-keys.service.js";
import { Standings } from "./standings.service.js";
import { statusFormPage } from "./status-form.page.js";
import { erasedPage } from "./erased.page.js";
import { arrivedField } from "./sent-parts.page.js";
import { statusPage } from "./status.page.js";
import { WayIn } from "./way-in.service.js";

@ApiExcludeController()
@Controller(":fund/status")
export class StatusController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly claims: Claims,
    private readonly acts: ClaimActs,
    private readonly codes: ClaimCodes,
    private readonly standings: Standings,
    private readonly wayIn: WayIn,
    private readonly keys: SealingKeysReads,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    sendPage(reply, statusFormPage(voiceFor(request, fund.currency), frameOf(fund)));
  }

  /** Opens a request with its words, does what was asked for, and shows where it stands: one page, one address, nothing in it. */
  @Post()
  async act(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const typed = typedTexts(body);
    const code = (typed["words"] ?? "").slice(0, 200);
    try {
      const opened = await this.wayIn.open(code, request, slug);
      if (typed["act"] === "proof") {
        const file = JSON.stringify(await this.standings.proof(opened, partOf(typed)), null, 1);
        void reply
          .type("application/json")
          .header("content-disposition", 'attachment; filename="commonpot-receipt.json"')
          .send(file);
        return;
      }
      const wrong = await this.doWhatWasAsked(opened, typed, voice, fund);
      if (typed["act"] === "erase" && Object.keys(wrong).length === 0) {
        sendPage(reply, erasedPage(voice, frameOf(fund)));
        return;
      }
      const again = await this.claims.again(opened);
      const form: FormState = { typed, wrong };
      const failed = Object.keys(wrong).length > 0;
      const notes = { changes: "status.changed", "helper-gone": "status.help.gone" } as const;
      const note = Object.entries(notes).find(([act]) => act === typed["act"] && !failed)?.[1];
      const html = statusPage({
        voice, frame: frameOf(fund), fund, code, kind: opened.kind, request: again.request, helped: await this.codes.hasHelper(again), standing: await this.standings.of(again), sealing: await this.keys.of(this.database.read, fund),
        ...(note ? { note } : {}), ...(failed ? { form } : {}),
      }); // prettier-ignore
      sendPage(reply, html, failed ? 422 : 200);
    } catch (error) {
      if (!(error instanceof Refusal) || !["claim-code", "too-many", "busy"].includes(error.code)) throw error;
      const html = statusFormPage(voice, frameOf(fund), refusedForm(voice, typed, error));
      sendPage(reply, html, problemOf(error.code).status);
    }
  }

  /** Returns what was wrong, by field; refusals of the moment become a sentence above the page. */
  private async doWhatWasAsked(
    opened: OpenedRequest,
    typed: Readonly<Record<string, string>>,
    voice: Voice,
    fund: Fund,
  ): Promise<Record<string, string>> {
    try {
      switch (typed["act"]) {
        case "confirmations":
          return await this.confirm(opened, typed, voice, fund);
        case "here":
          await this.acts.comeBack(opened);
          return {};
        case "erase":
          await this.acts.erase(opened);
          return {};
        case "withdrawal":
          await this.acts.withdraw(opened);
          return {};
        case "changes":
          return await this.change(opened, typed, voice, fund);
        case "helper-gone":
          await this.codes.takeBackHelper(opened);
          return {};
        case "messages":
          return await this.write(opened, typed, voice);
        default:
          return {};
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === "wrong-state") return { "": voice.say("problem.wrong-state") };
      if (error.code === "legal-hold") return { "": voice.say("problem.legal-hold") };
      if (error.code === "helper-words") return { "": voice.say("problem.helper-words") };
      throw error;
    }
  }

  private async confirm(
    opened: OpenedRequest,
    typed: Readonly<Record<string, string>>,
    voice: Voice,
    fund: Fund,
  ): Promise<Record<string, string>> {
    const outcome = OUTCOMES.find((o) => o === typed["outcome"]);
    if (outcome === undefined) return {};
    const part = partOf(typed);
    const field = arrivedField(part ?? 1);
    const amount =
      outcome === "other-amount" ? parseTypedAmount(typed[field] ?? "", fund.currency, voice.locale) : undefined;
    if (amount === null)
      return { [field]: voice.say("problem.amount", { example: voice.money(fund.charter.capPerRequest) }) };
    await this.acts.confirm(opened, { outcome, amount, part });
    return {};
  }

  private async change(
    opened: OpenedRequest,
    typed: Readonly<Record<string, string>>,
    voice: Voice,
    fund: Fund,
  ): Promise<Record<string, string>> {
    if (typed["newAmount"] !== undefined) {
      const amount = readAmount(typed["newAmount"], fund, voice);
      if (typeof amount === "string") return { newAmount: amount };
      const { sent } = opened.request;
      if (amount <= sent) return { newAmount: voice.say("problem.amount.sent", { sent: voice.money(sent) }) };
      await this.acts.change(opened, { amount, language: voice.language });
      return {};
    }
    const neededBy = typed["newDay"];
    if (neededBy !== undefined) {
      if (!isDay(neededBy) || neededBy < dayIn(fund.charter.timeZone, this.clock.now()))
        return { newDay: voice.say("problem.needed") };
      await this.acts.change(opened, { neededBy, language: voice.language });
      return {};
    }
    const sealed = sealedIn(typed);
    if (sealed !== null) {
      await this.acts.change(opened, { sealed, language: voice.language });
      return {};
    }
    const read = readPayTo(typed);
    if ("wrong" in read) return said(read.wrong, voice);
    await this.acts.change(opened, { payTo: read.payTo, language: voice.language });
    return {};
  }

  private async write(
    opened: OpenedRequest,
    typed: Readonly<Record<string, string>>,
    voice: Voice,
  ): Promise<Record<string, string>> {
    const sealed = sealedIn(typed);
    const text = (typed["text"] ?? "").trim();
    if (sealed === null && (text === "" || Array.from(text).length > WORDS_CHARACTERS_MAX || !isPlainText(text)))
      return { "": voice.say("problem.words") };
    const body = `messages ${sealed ?? text}`;
    await this.acts.write(
      opened,
      sealed === null ? { text } : { sealed },
      /^[\w-]{43}$/.test(typed["key"] ?? "") ? { key: typed["key"] ?? "", body } : null,
    );
    return {};
  }
}

/** Which of the parts that were sent a form is about. */
function partOf(typed: Readonly<Record<string, string>>): number | undefined {
  const part = typed["part"] ?? "";
  return /^[1-9]\d{0,3}$/.test(part) ? Number(part) : undefined;
}

/** What the person's browser locked by itself; null where it did not. A browser's form sends line ends as CRLF. */
function sealedIn(typed: Readonly<Record<string, string>>): string | null {
  const sealed = (typed["sealed"] ?? "").replace(/\r\n/g, "\n");
  return sealed.length <= SEALED_CHARACTERS_MAX && SEALED_FILE.test(sealed) ? sealed : null;
}
