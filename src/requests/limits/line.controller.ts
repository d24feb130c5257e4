import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { addDays, Clock, dayIn } from "../../kernel/clock.js";
import { isId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import { frameOf, type Fund } from "../../funds/funds.service.js";
import type { FormState } from "../../pages/fields.js";
import { link, sendPage, voiceFor } from "../../pages/layout.js";
import { Database, type Tx } from "../../platform/database/database.js";
import { DeskActs } from "../../treasurers/desk-acts.service.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import { Line } from "../line.service.js";
import { AskingPause, PAUSE_DAYS_MAX } from "./asking-pause.service.js";
import { Floods } from "./floods.service.js";
import { linePage } from "./line.page.js";

type Typed = Readonly<Record<string, string>>;

/** The treasurers' page of the line: asking rests and opens again, and floods are set aside and brought back. */
@ApiExcludeController()
@Controller(":fund/desk/line")
export class LineController {
  constructor(
    private readonly database: Database,
    private readonly line: Line,
    private readonly pause: AskingPause,
    private readonly floods: Floods,
    private readonly acts: DeskActs,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    await this.answer(fund, treasurer, request, reply);
  }

  /** `act` says which of the page's forms it is. What asks others goes on to the page where it is signed. */
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
        const { fund, treasurerId, voice, typed } = form;
        await this.acts.under(form, form.key, { ...typed }, async (tx) => {
          await this.act(tx, fund, treasurerId, typed);
          return {};
        });
        const asks = typed["act"] === "pause" || typed["act"] === "noise";
        void reply.redirect(link(voice.language, `/${fund.slug}/desk/${asks ? "decisions" : "line"}`), 303);
      },
      async ({ fund, treasurer, voice }, state, status) => {
        // The one field that can be wrong.
        const wrong = status === 422 ? { until: voice.say("problem.until", { days: PAUSE_DAYS_MAX }) } : state.wrong;
        await this.answer(fund, treasurer, request, reply, { ...state, wrong }, status);
      },
    );
  }

  private async act(tx: Tx, fund: Fund, treasurerId: string, typed: Typed): Promise<void> {
    const { act, flood = "", until = "" } = typed;
    if (act === "pause") return this.pause.propose(tx, fund, treasurerId, until);
    if (act === "reopen") return this.pause.end(tx, fund);
    if (!isId(flood)) throw new Refusal("no-such-page");
    if (act === "noise") return this.floods.propose(tx, fund, treasurerId, flood);
    if (act === "bring-back") return this.floods.bringBack(tx, fund, flood);
    throw new Refusal("no-such-page");
  }

  private async answer(
    fund: Fund,
    treasurer: TreasurerRow,
    request: FastifyRequest,
    reply: FastifyReply,
    form?: FormState,
    status = 200,
  ): Promise<void> {
    const tx = this.database.read;
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const view = {
      voice: voiceFor(request, fund.currency),
      frame: frameOf(fund),
      treasurer,
      waiting: Number((await this.line.counts(tx, fund.fundId)).waiting),
      pausedUntil: await this.pause.until(tx, fund),
      tomorrow: addDays(today, 1),
      lastDay: addDays(today, PAUSE_DAYS_MAX),
      floods: await this.floods.all(tx, fund),
    };
    sendPage(reply, linePage({ ...view, ...(form ? { form } : {}) }), status);
  }
}
