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
import { FoundRequests, type FoundRequest } from "../requests/found-requests.service.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import { outOfTurnPage } from "./out-of-turn.page.js";
import { OutOfTurn } from "./out-of-turn.service.js";

/** The desk's page for what cannot wait for its turn. */
@ApiExcludeController()
@Controller(":fund/desk/turn")
export class OutOfTurnController {
  constructor(
    private readonly database: Database,
    private readonly requests: FoundRequests,
    private readonly turn: OutOfTurn,
    private readonly acts: DeskActs,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit !== null) this.answer(visit.fund, visit.treasurer, request, reply, null);
  }

  /** What somebody remembers of their request travels in the body. */
  @Post()
  async post(
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
        if (typed["act"] === "ask") {
          const wanted = typed["request"] ?? "";
          if (!isId(wanted)) throw new Refusal("no-such-request");
          await this.acts.under(form, form.key, { ...typed }, async (tx) => {
            await this.turn.propose(tx, fund, treasurerId, wanted);
            return {};
          });
          void reply.redirect(link(voice.language, `/${fund.slug}/desk/decisions`), 303);
          return;
        }
        const { found, form: state, status } = await this.requests.lookedFor(this.database.read, fund, voice, typed);
        this.answer(fund, treasurer, request, reply, found, state, status);
      },
      ({ fund, treasurer }, state, status) => this.answer(fund, treasurer, request, reply, null, state, status),
    );
  }

  private answer(
    fund: Fund,
    treasurer: TreasurerRow,
    request: FastifyRequest,
    reply: FastifyReply,
    found: readonly FoundRequest[] | null,
    form?: FormState,
    status = 200,
  ): void {
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const view = { voice: voiceFor(request, fund.currency), frame: frameOf(fund), treasurer, today, found };
    sendPage(reply, outOfTurnPage({ ...view, ...(form ? { form } : {}) }), status);
  }
}
