import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Clock, dayIn } from "../kernel/clock.js";
import { isId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, type Fund } from "../funds/funds.service.js";
import type { FormState } from "../pages/fields.js";
import { link, sendPage, voiceFor } from "../pages/layout.js";
import { Database } from "../platform/database/database.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import { anotherCodeMadePage, anotherCodePage } from "./another-code.page.js";
import { AnotherCode } from "./another-code.service.js";
import { FoundRequests, type FoundRequest } from "./found-requests.service.js";

/** The treasurers' page for somebody who lost their seven words. */
@ApiExcludeController()
@Controller(":fund/desk/words")
export class AnotherCodeController {
  constructor(
    private readonly database: Database,
    private readonly another: AnotherCode,
    private readonly requests: FoundRequests,
    private readonly acts: DeskActs,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    await this.answer(fund, treasurer, request, reply, null);
  }

  /** What somebody remembers travels in the body, as their words would. Making them keeps no answer: sent twice, they are made once and shown once. */
  @Post()
  async act(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.acts.submitted(
      slug,
      request,
      body,
      async (form) => {
        const { fund, treasurer, treasurerId, voice, typed } = form;
        if (typed["act"] === "make") {
          const decision = idIn(typed["decision"]);
          const code = await this.database.atomically((tx) => this.another.make(tx, fund, treasurerId, decision));
          sendPage(reply, anotherCodeMadePage(voice, frameOf(fund), code), 201);
          return;
        }
        if (typed["act"] === "ask") {
          const wanted = idIn(typed["request"]);
          await this.acts.under(form, form.key, typed, async (tx) => {
            await this.another.propose(tx, fund, treasurerId, wanted);
            return {};
          });
          void reply.redirect(link(voice.language, `/${fund.slug}/desk/decisions`), 303);
          return;
        }
        const { found, form: state, status } = await this.requests.lookedFor(this.database.read, fund, voice, typed);
        await this.answer(fund, treasurer, request, reply, found, state, status);
      },
      ({ fund, treasurer }, state, status) => this.answer(fund, treasurer, request, reply, null, state, status),
    );
  }

  private async answer(
    fund: Fund,
    treasurer: TreasurerRow,
    request: FastifyRequest,
    reply: FastifyReply,
    found: readonly FoundRequest[] | null,
    form?: FormState,
    status = 200,
  ): Promise<void> {
    const view = {
      voice: voiceFor(request, fund.currency),
      frame: frameOf(fund),
      treasurer,
      today: dayIn(fund.charter.timeZone, this.clock.now()),
      granted: await this.another.granted(this.database.read, fund),
      found,
    };
    sendPage(reply, anotherCodePage({ ...view, ...(form ? { form } : {}) }), status);
  }
}

function idIn(value: string | undefined): string {
  if (value === undefined || !isId(value)) throw new Refusal("no-such-request");
  return value;
}
