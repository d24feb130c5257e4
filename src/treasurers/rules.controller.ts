import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Clock } from "../kernel/clock.js";
import { isId } from "../kernel/ids.js";
import { exponentOf } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, type Fund } from "../funds/funds.service.js";
import type { FormState } from "../pages/fields.js";
import { link, sendPage, voiceFor } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { Database, type Tx } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { governanceQuorum } from "../publication/governance.js";
import { Changes } from "./changes.service.js";
import { DeskActs, type Submitted } from "./desk-acts.service.js";
import { Enrolment } from "./enrolment.service.js";
import { Invitations } from "./invitations.service.js";
import { rulesPage } from "./rules.page.js";
import type { RulesView } from "./rules-view.js";
import { Seats } from "./seats.service.js";
import { Suspensions } from "./suspensions.service.js";
import type { TreasurerRow } from "./treasurer.entity.js";
import { readRules, typedFrom } from "./typed-rules.js";

type Typed = Readonly<Record<string, string>>;

/** The desk's page of the rules and the seats. What is asked here is signed on the page of decisions. */
@ApiExcludeController()
@Controller(":fund/desk/rules")
export class RulesController {
  constructor(
    private readonly database: Database,
    private readonly seats: Seats,
    private readonly changes: Changes,
    private readonly suspensions: Suspensions,
    private readonly enrolment: Enrolment,
    private readonly invitations: Invitations,
    private readonly acts: DeskActs,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    sendPage(reply, rulesPage(await this.view(visit.fund, visit.treasurer, request)));
  }

  /** `act` says which of the page's forms it is. */
  @Post()
  async post(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const again = async ({ fund, treasurer }: Submitted, form: FormState, status: number): Promise<void> =>
      sendPage(reply, rulesPage({ ...(await this.view(fund, treasurer, request)), form }), status);
    await this.acts.submitted(
      slug,
      request,
      body,
      async (form) => {
        const { fund, treasurer, voice, typed } = form;
        if (typed["act"] === "invite") {
          // The link is in this answer alone: it is kept nowhere, and so this is not an act that is answered twice.
          const token = await this.database.atomically((tx) => this.invitations.inviteCandidate(tx, fund, this.clock.now())); // prettier-ignore
          const invitation = `${this.address.origin}/${fund.slug}/join#${token}`;
          sendPage(reply, rulesPage({ ...(await this.view(fund, treasurer, request)), invitation }));
          return;
        }
        const wrong = await this.act(form, typed, form.key, voice);
        if (wrong !== null) {
          await again(form, { typed, wrong }, 422);
          return;
        }
        const onward = typed["act"] === "suspend" ? "rules" : "decisions";
        void reply.redirect(link(voice.language, `/${fund.slug}/desk/${onward}`), 303);
      },
      again,
    );
  }

  /** Returns what was wrong, by field; null when it was asked for. */
  private async act(
    seated: { readonly fund: Fund; readonly treasurerId: string },
    typed: Typed,
    key: string,
    voice: Voice,
  ): Promise<Record<string, string> | null> {
    const { fund, treasurerId } = seated;
    const once = async (ask: (tx: Tx) => Promise<unknown>): Promise<null> => {
      await this.acts.under(seated, key, { ...typed }, async (tx) => {
        await ask(tx);
        return {};
      });
      return null;
    };
    switch (typed["act"]) {
      case "charter": {
        const read = readRules(typed, fund.charter, { currency: fund.currency, locale: voice.locale });
        if ("wrong" in read) {
          const example = voice.money(fund.charter.capPerRequest);
          return Object.fromEntries(
            Object.entries(read.wrong).map(([field, say]) => [field, voice.say(say, { example })]),
          );
        }
        return once((tx) => this.changes.proposeCharter(tx, fund, treasurerId, read.charter));
      }
      case "roster": {
        const [add, remove] = [idIn(typed, "add"), idIn(typed, "remove")];
        return once((tx) => this.changes.proposeRoster(tx, fund, treasurerId, { add, remove }));
      }
      case "suspend":
        return once((tx) => this.suspensions.suspend(tx, fund, treasurerId, requiredId(typed, "treasurer")));
      case "lift":
        return once((tx) => this.suspensions.proposeLift(tx, fund, treasurerId, requiredId(typed, "suspension")));
      case "stop":
        return once((tx) => this.changes.proposeStop(tx, fund, treasurerId));
      default:
        throw new Refusal("no-such-page");
    }
  }

  private async view(fund: Fund, treasurer: TreasurerRow, request: FastifyRequest): Promise<RulesView> {
    const tx = this.database.read;
    const voice = voiceFor(request, fund.currency);
    const seats = await this.seats.all(tx, fund.fundId);
    const waiting = await this.changes.waiting(tx, fund);
    const at = { currency: fund.currency, locale: voice.locale };
    return {
      voice,
      frame: frameOf(fund),
      treasurer,
      seats,
      suspended: new Map(
        (await this.suspensions.all(tx, fund)).map(({ treasurerId, suspensionId, until }) => [
          treasurerId,
          { suspensionId, until: voice.moment(until, fund.charter.timeZone) },
        ]),
      ),
      candidates: await this.enrolment.candidates(tx, fund),
      waiting:
        waiting === null
          ? null
          : {
              says: this.changes.saysOf(voice, fund, waiting, await this.seats.names(tx, fund.fundId)),
              from: voice.moment(waiting.effectiveAt, fund.charter.timeZone),
              days: waiting.days,
            },
      typed: typedFrom(fund.charter, at, exponentOf(fund.currency)),
      needed: governanceQuorum(fund.charter.quorum, seats.length),
    };
  }
}

function idIn(typed: Typed, field: string): string | null {
  const id = typed[field] ?? "";
  if (id === "") return null;
  if (!isId(id)) throw new Refusal("no-such-page");
  return id;
}

function requiredId(typed: Typed, field: string): string {
  const id = idIn(typed, field);
  if (id === null) throw new Refusal("no-such-page");
  return id;
}
