import { Body, Controller, Get, Param, Post, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Clock, dayIn } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../../funds/funds.service.js";
import { refusedForm, typedTexts, type FormState } from "../../pages/fields.js";
import { link, sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { PublicAddress } from "../../platform/http/address.js";
import { contentSecurityPolicy } from "../../platform/http/headers.js";
import { Limits } from "../../platform/http/limits.js";
import { problemOf } from "../../platform/http/problems.js";
import { Tally } from "../../platform/http/tally.js";
import { isMailAddress, Mail } from "../../platform/mail/mail.js";
import { CardService } from "../../platform/stripe/stripe.js";
import { Checkout } from "../giving/checkout.service.js";
import type { DonationRow } from "../donation.entity.js";
import { shownNameOf } from "../giving/donor-name.js";
import { GiftLines, type Statement } from "./gift-lines.service.js";
import { Pledges } from "../pledges/pledges.service.js";
import { receiptLetter } from "./receipt-letter.js";
import { receiptPage } from "./receipt.page.js";
import { Receipts } from "./receipts.service.js";
import { codesIn, isYear, likelyYear, LINKS_MAX, receiptNumber, yearsUpTo } from "./yearly.js";
import { printedReceiptPage, yearFormPage, yearPage } from "./yearly.page.js";

/** Letters that one receipt sends in a day. */
const MAILS_PER_DAY = 3;

interface Found {
  readonly fund: Fund;
  readonly donation: DonationRow;
}

/** A donor's receipt, for the screen, for paper and as a letter. Whoever has its address may see it; no search engine may keep it. */
@ApiExcludeController()
@Controller(":fund/receipts")
export class ReceiptPagesController {
  private readonly mails = new Tally(86_400);

  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly checkout: Checkout,
    private readonly receipts: Receipts,
    private readonly lines: GiftLines,
    private readonly mail: Mail,
    private readonly pledges: Pledges,
    private readonly cards: CardService,
    private readonly limits: Limits,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  @Get("year")
  async yearForm(
    @Param("fund") slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.sendYearForm(await this.funds.bySlug(this.database.read, slug), request, reply);
  }

  /** One statement over what was pasted. A POST, so that no receipt's code is in an address or its history. */
  @Post("year")
  async year(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const voice = voiceFor(request, fund.currency);
    const typed = typedTexts(body);
    const { links = "", year = "" } = typed;
    const count = codesIn(links).length;
    const wrong: Record<string, string> = {
      ...(count === 0 ? { links: voice.say("yearly.form.none") } : {}),
      ...(count > LINKS_MAX ? { links: voice.say("yearly.form.many", { max: LINKS_MAX }) } : {}),
      ...(isYear(year) ? {} : { year: voice.say("yearly.form.which") }),
    };
    if (Object.keys(wrong).length > 0) {
      this.sendYearForm(fund, request, reply, { typed, wrong });
      return;
    }
    this.sendYear(fund, year, await this.lines.statement(fund, links, year), request, reply);
  }

  @Get(":token")
  async receipt(
    @Param("fund") slug: string,
    @Param("token") token: string,
    @Query("mailed") mailed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.sendReceipt(await this.find(slug, token), request, reply, { mailed: mailed === "1" });
  }

  /** To Stripe's own page, from which the donor comes back here. */
  @Post(":token/portal")
  async portal(@Param("fund") slug: string, @Param("token") token: string, @Res() reply: FastifyReply): Promise<void> {
    const { fund, donation } = await this.find(slug, token);
    const url = await this.pledges.portal(donation, `${this.address.origin}/${fund.slug}/receipts/${token}`);
    void reply.header("content-security-policy", contentSecurityPolicy([this.cards.portalOrigin])).redirect(url, 303);
  }

  /** The receipt as a file that verifies offline. */
  @Get(":token/proof")
  async proof(@Param("fund") slug: string, @Param("token") token: string, @Res() reply: FastifyReply): Promise<void> {
    const { fund, donation } = await this.find(slug, token);
    const file = await this.receipts.file(fund, donation);
    if (file === null) throw new Refusal("not-published-yet");
    void reply
      .type("application/json")
      .header("content-disposition", `attachment; filename="${slug}-gift.commonpot-receipt.json"`)
      .send(JSON.stringify(file, null, 1));
  }

  @Get(":token/print")
  async print(
    @Param("fund") slug: string,
    @Param("token") token: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { fund, donation } = await this.find(slug, token);
    const lines = await this.lines.of(fund, [donation]);
    // A receipt on paper is for money that came.
    if (lines.length === 0) throw new Refusal("wrong-state");
    const voice = voiceFor(request, fund.currency);
    const back = link(voice.language, `/${slug}/receipts/${token}`);
    send(reply, printedReceiptPage({ ...this.paper(fund, request), number: receiptNumber(token), lines, back }));
  }

  @Get(":token/year/:year")
  async oneYear(
    @Param("fund") slug: string,
    @Param("token") token: string,
    @Param("year") year: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { fund } = await this.find(slug, token);
    if (!isYear(year)) throw new Refusal("no-such-page");
    this.sendYear(fund, year, await this.lines.statement(fund, token, year), request, reply);
  }

  /** The receipt as a letter, at once and from memory: the address is in no table, no job and no log. */
  @Post(":token/mail")
  async send(
    @Param("fund") slug: string,
    @Param("token") token: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = await this.find(slug, token);
    const voice = voiceFor(request, found.fund.currency);
    const typed = typedTexts(body);
    const to = (typed["address"] ?? "").trim();
    try {
      if (!this.mail.isOn) throw new Refusal("mail-off");
      if (!isMailAddress(to)) {
        const form = { typed, wrong: { address: voice.say("mail.wrong") } };
        await this.sendReceipt(found, request, reply, { form, status: 422 });
        return;
      }
      await this.mailTo(found, to, request);
      void reply.redirect(`${link(voice.language, `/${slug}/receipts/${token}`)}&mailed=1`, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const status = problemOf(error.code).status;
      await this.sendReceipt(found, request, reply, { form: refusedForm(voice, typed, error), status });
    }
  }

  /** Refuses `wrong-state`, `too-many` and what `Mail.send` refuses. */
  private async mailTo({ fund, donation }: Found, to: string, request: FastifyRequest): Promise<void> {
    const lines = await this.lines.of(fund, [donation]);
    if (lines.length === 0) throw new Refusal("wrong-state");
    await this.limits.take("mail", request);
    const now = this.clock.now();
    if (this.mails.count(donation.donationId, now) >= MAILS_PER_DAY)
      throw new Refusal("too-many", { values: { seconds: 86_400 } });
    this.mails.add(donation.donationId, now);
    const link = `${this.address.origin}/${fund.slug}/receipts/${donation.receiptToken}`;
    const letter = receiptLetter(voiceFor(request, fund.currency), frameOf(fund), {
      lines,
      number: receiptNumber(donation.receiptToken),
      link,
    });
    await this.mail.send({ to, ...letter });
  }

  private async find(slug: string, token: string): Promise<Found> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    return { fund, donation: await this.checkout.byReceipt(fund, token) };
  }

  private async sendReceipt(
    { fund, donation }: Found,
    request: FastifyRequest,
    reply: FastifyReply,
    state: { mailed?: boolean; form?: FormState; status?: number },
  ): Promise<void> {
    const [receipt, lines] = await Promise.all([this.receipts.of(fund, donation), this.lines.of(fund, [donation])]);
    const path = `/${fund.slug}/receipts/${donation.receiptToken}`;
    const extras = {
      path,
      mail: this.mail.isOn,
      mailed: state.mailed ?? false,
      years: [...new Set(lines.map((line) => line.day.slice(0, 4)))],
      ...(state.form ? { form: state.form } : {}),
    };
    const voice = voiceFor(request, fund.currency);
    const proofHref = `${path}/proof`;
    const view = {
      voice,
      fund: frameOf(fund),
      receipt,
      proofHref,
      address: path,
      shown: shownNameOf(donation),
      extras,
    };
    // The form's redirect may go to Stripe's page.
    if (receipt.pledge !== null)
      void reply.header("content-security-policy", contentSecurityPolicy([this.cards.portalOrigin]));
    send(reply, receiptPage(view), state.status);
  }

  private sendYear(fund: Fund, year: string, statement: Statement, request: FastifyRequest, reply: FastifyReply): void {
    send(reply, yearPage({ ...this.paper(fund, request), year, statement }));
  }

  private sendYearForm(fund: Fund, request: FastifyRequest, reply: FastifyReply, form?: FormState): void {
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const view = {
      voice: voiceFor(request, fund.currency),
      fund: frameOf(fund),
      years: yearsUpTo(today),
      likely: likelyYear(today),
      ...(form ? { form } : {}),
    };
    send(reply, yearFormPage(view), form ? 422 : 200);
  }

  private paper(fund: Fund, request: FastifyRequest): Omit<Parameters<typeof yearPage>[0], "year" | "statement"> {
    const voice = voiceFor(request, fund.currency);
    const booksUrl = `${this.address.origin}/${fund.slug}/books`;
    return { voice, fund: frameOf(fund), booksUrl, timeZone: fund.charter.timeZone };
  }
}

function send(reply: FastifyReply, html: string, status = 200): void {
  void reply.header("x-robots-tag", "noindex, nofollow");
  sendPage(reply, html, status);
}
