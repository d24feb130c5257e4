import { Body, Controller, Get, Param, Post, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { newToken } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../../funds/funds.service.js";
import { Meters } from "../../funds/meters.service.js";
import { purposeOf } from "../../funds/purpose.js";
import { shareOf } from "../../funds/share.js";
import { formKey, refusedForm, typedTexts, type FormState } from "../../pages/fields.js";
import { sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { PublicAddress } from "../../platform/http/address.js";
import { contentSecurityPolicy } from "../../platform/http/headers.js";
import { problemOf } from "../../platform/http/problems.js";
import { CardService } from "../../platform/stripe/stripe.js";
import { PledgesEnd } from "../pledges/pledges-end.service.js";
import { Admission } from "../limits/admission.service.js";
import { Checkout } from "./checkout.service.js";
import { givePage } from "./give.page.js";
import type { PurposeState } from "./purpose-view.js";
import { shownIn, stepUpView, withoutFault } from "../../pages/step-up.js";
import { typedByLink, typedGift } from "./typed-gift.js";

/** What a page of giving says beside its form. */
interface State {
  readonly cancelled?: boolean;
  readonly form?: FormState;
  /** Why the form comes back. */
  readonly refusal?: Refusal;
  readonly status?: number;
  /** As the link or the form said it. */
  readonly purpose?: string;
}

@ApiExcludeController()
@Controller(":fund")
export class GiveController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly checkout: Checkout,
    private readonly cards: CardService,
    private readonly admission: Admission,
    private readonly pledgesEnd: PledgesEnd,
    private readonly meters: Meters,
    private readonly address: PublicAddress,
  ) {}

  /** A link may say how often and how much (`frequency`, `amount` in minor units): the form then has it filled in. */
  @Get("give")
  async show(
    @Param("fund") slug: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { currency } = await this.funds.bySlug(this.database.read, slug);
    const { cancelled, purpose } = query;
    const typed = typedByLink(query, currency);
    await this.answer(slug, request, reply, {
      cancelled: cancelled === "1",
      ...(typeof purpose === "string" ? { purpose } : {}),
      ...(typed === null ? {} : { form: { typed, wrong: {} }, status: 200 }),
    });
  }

  /** Without script: a form, then a redirect to the card page. What was typed comes back with what was wrong. */
  @Post("give")
  async give(
    @Param("fund") slug: string,
    @Query("purpose") pinned: unknown,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const typed = typedTexts(body);
    const meant = typedGift(typed, fund, voice);
    const purpose = typeof pinned === "string" ? { purpose: pinned } : {};
    if ("wrong" in meant) return this.answer(slug, request, reply, { ...purpose, form: { typed, wrong: meant.wrong } });
    try {
      const key = formKey(typed);
      await this.admission.admit(fund, request, { key, ...shownIn(typed) });
      const started = await this.checkout.start(fund, { ...meant.gift, key });
      // The form's redirect may go to the card page: the policy of this answer says so too.
      void reply
        .header("content-security-policy", contentSecurityPolicy([this.cards.checkoutOrigin]))
        .redirect(started.checkoutUrl, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status } = problemOf(error.code);
      // What it was for has changed while the form was open: no form, both purposes, and a choice.
      if (error.code === "purpose-changed")
        return this.answer(slug, request, reply, { purpose: meant.gift.purpose ?? "", status });
      const form = refusedForm(voice, typed, error);
      await this.answer(slug, request, reply, { ...purpose, form, refusal: error, status });
    }
  }

  private async answer(slug: string, request: FastifyRequest, reply: FastifyReply, state: State): Promise<void> {
    const tx = this.database.read;
    const fund = await this.funds.bySlug(tx, slug);
    const voice = voiceFor(request, fund.currency);
    const waits = state.refusal?.code === "ticket-waits";
    const [rest, ended, stepUp] = await Promise.all([
      this.admission.rest(fund),
      this.pledgesEnd.endedDay(tx, fund.fundId),
      this.admission.stepUpFor(fund, request, waits ? state.form?.typed["ticket"] : undefined),
    ]);
    const form = withoutFault(state.form, state.refusal);
    const html = givePage({
      voice,
      fund: frameOf(fund),
      charter: fund.charter,
      share: shareOf(this.address.origin, fund, voice, "/give"),
      meter: await this.meters.of(fund),
      purpose: await this.purposeState(fund, state.purpose),
      today: purposeOf(fund.charter),
      open: await this.checkout.isOpen(tx, fund),
      cards: this.checkout.takesCardsFor(fund),
      practice: fund.practice,
      monthly: ended !== null ? "ended" : fund.template === "strike" ? "until-over" : "taken",
      cancelled: state.cancelled ?? false,
      key: newToken(),
      ...(form ? { form } : {}),
      ...(rest ? { rest: { ...rest, timeZone: fund.charter.timeZone } } : {}),
      ...(stepUp ? { stepUp: stepUpView(stepUp, state) } : {}),
    });
    void reply.header("content-security-policy", contentSecurityPolicy([this.cards.checkoutOrigin]));
    sendPage(reply, html, state.status ?? (state.form ? 422 : 200));
  }

  private async purposeState(fund: Fund, said: string | undefined): Promise<PurposeState> {
    if (said === undefined) return { kind: "unsaid" };
    if (said === purposeOf(fund.charter)) return { kind: "pinned" };
    const madeFor = await this.funds.charterOfPurpose(this.database.read, fund, said);
    return { kind: "changed", madeFor: madeFor?.version ?? null };
  }
}
