import { Body, Controller, Get, Param, Post, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { newToken } from "../kernel/ids.js";
import { exponentOf, parseTypedAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../funds/funds.service.js";
import { formKey, refusedForm, typedTexts, type FormState } from "../pages/fields.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { Database } from "../platform/database/database.js";
import { contentSecurityPolicy } from "../platform/http/headers.js";
import { problemOf } from "../platform/http/problems.js";
import { RIPE_SECONDS } from "../platform/http/proof-of-work.service.js";
import { CardService } from "../platform/stripe/stripe.js";
import { Admission, type StepUp } from "./admission.service.js";
import { Checkout } from "./checkout.service.js";
import { CARD_GIFT_MIN } from "./donation.js";
import { givePage } from "./give.page.js";
import { Receipts } from "./receipts.service.js";
import type { StepUpView } from "./step-up.page.js";

@ApiExcludeController()
@Controller(":fund")
export class GiveController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly checkout: Checkout,
    private readonly receipts: Receipts,
    private readonly cards: CardService,
    private readonly admission: Admission,
  ) {}

  @Get("give")
  async show(
    @Param("fund") slug: string,
    @Query("cancelled") cancelled: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(slug, request, reply, { cancelled: cancelled === "1" });
  }

  /** Without script: a form, then a redirect to the card page. What was typed comes back with what was wrong. */
  @Post("give")
  async give(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const typed = typedTexts(body);
    const amount = amountOf(typed, fund, voice);
    if (typeof amount === "string") return this.answer(slug, request, reply, { form: { typed, wrong: { amount } } });
    try {
      const key = formKey(typed);
      await this.admission.admit(fund, request, { key, ...shownIn(typed) });
      const started = await this.checkout.start(fund, { amount, coverFee: typed["coverFee"] !== undefined, key });
      // The form's redirect may go to the card page: the policy of this answer says so too.
      void reply
        .header("content-security-policy", contentSecurityPolicy([this.cards.checkoutOrigin]))
        .redirect(started.checkoutUrl, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const form = refusedForm(voice, typed, error);
      await this.answer(slug, request, reply, { form, refusal: error, status: problemOf(error.code).status });
    }
  }

  /** The receipt as a file that verifies offline. */
  @Get("receipts/:token/proof")
  async proof(@Param("fund") slug: string, @Param("token") token: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const file = await this.receipts.file(fund, await this.checkout.byReceipt(fund, token));
    if (file === null) throw new Refusal("not-published-yet");
    void reply
      .type("application/json")
      .header("content-disposition", `attachment; filename="${slug}-gift.commonpot-receipt.json"`)
      .send(JSON.stringify(file, null, 1));
  }

  private async answer(
    slug: string,
    request: FastifyRequest,
    reply: FastifyReply,
    state: { cancelled?: boolean; form?: FormState; refusal?: Refusal; status?: number },
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const waits = state.refusal?.code === "ticket-waits";
    const [rest, stepUp] = await Promise.all([
      this.admission.rest(fund),
      this.admission.stepUpFor(fund, request, waits ? state.form?.typed["ticket"] : undefined),
    ]);
    const form =
      state.form && state.refusal && NOBODYS_FAULT.has(state.refusal.code) ? { ...state.form, wrong: {} } : state.form;
    const html = givePage({
      voice: voiceFor(request, fund.currency),
      fund: frameOf(fund),
      open: await this.checkout.isOpen(this.database.read, fund),
      cards: this.checkout.cardsAreOn,
      practice: fund.practice,
      cancelled: state.cancelled ?? false,
      key: newToken(),
      ...(form ? { form } : {}),
      ...(rest ? { rest: { ...rest, timeZone: fund.charter.timeZone } } : {}),
      ...(stepUp ? { stepUp: stepUpView(stepUp, state) } : {}),
    });
    void reply.header("content-security-policy", contentSecurityPolicy([this.cards.checkoutOrigin]));
    sendPage(reply, html, state.status ?? (state.form ? 422 : 200));
  }
}

/** What the page says in a place of its own, and not as a fault above the form. */
const NOBODYS_FAULT = new Set(["proof-needed", "ticket-waits", "cards-paused", "cards-refused"]);

function shownIn({ proof = "", ticket = "" }: Readonly<Record<string, string>>): { proof?: string; ticket?: string } {
  return { ...(proof === "" ? {} : { proof }), ...(ticket === "" ? {} : { ticket }) };
}

/** A form that came without proof goes by itself when the work is done; one whose proof was refused waits for the person, so that nothing goes round for ever. */
function stepUpView(stepUp: StepUp, { refusal, form }: { refusal?: Refusal; form?: FormState }): StepUpView {
  const asked = refusal?.code === "proof-needed" || refusal?.code === "ticket-waits";
  const seconds = refusal?.code === "ticket-waits" ? Number(refusal.options.values?.["seconds"]) : RIPE_SECONDS;
  return {
    ...stepUp,
    ...(asked ? { askedToWait: seconds } : {}),
    sendWhenDone: asked && (form?.typed["proof"] ?? "") === "",
  };
}

/** The amount that was meant: the typed one wins over the picked one. A sentence when there is none. */
function amountOf(typed: Readonly<Record<string, string>>, fund: Fund, voice: Voice): bigint | string {
  const text = (typed["amount"] ?? "").trim();
  const unit = 10n ** BigInt(exponentOf(fund.currency));
  const pick = /^\d{1,4}$/.test(typed["pick"] ?? "") ? BigInt(typed["pick"] ?? "0") * unit : null;
  const amount = text === "" ? pick : parseTypedAmount(text, fund.currency, voice.locale);
  if (amount === null || amount === 0n) return voice.say("problem.amount", { example: voice.money(25n * unit) });
  if (amount < CARD_GIFT_MIN) return voice.say("problem.amount.min", { min: voice.money(CARD_GIFT_MIN) });
  return amount;
}
