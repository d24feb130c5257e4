import { Body, Controller, Get, Param, Post, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Clock, dayIn } from "../kernel/clock.js";
import { isId, newToken } from "../kernel/ids.js";
import { parseTypedAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { HELD_BY_HAND } from "../ledger/account.js";
import { Journal } from "../ledger/journal.service.js";
import { JournalReads } from "../ledger/journal-reads.service.js";
import { REASONS, type Reason } from "../ledger/transaction.js";
import { frameOf, Funds, type Fund } from "../funds/funds.service.js";
import { EMPTY_FORM, formKey, refusedForm, typedTexts, type FormState } from "../pages/fields.js";
import { link, sendPage, voiceFor } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { Database, type Tx } from "../platform/database/database.js";
import { problemOf } from "../platform/http/problems.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import { Seats } from "../treasurers/seats.service.js";
import { Sessions } from "../treasurers/sessions.service.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import { Custody, type CustodyChange } from "./custody.service.js";
import { HandEntries } from "./hand-entries.service.js";
import { WHATS } from "./hand-entry.js";
import { MEMOS, SponsorAccount } from "./sponsor-account.service.js";
import { holdingsPage, JOURNAL_ROWS } from "./holdings.page.js";

type Typed = Readonly<Record<string, string>>;

/** The treasurers' page of money and holdings: works without script. */
@ApiExcludeController()
@Controller(":fund/desk/holdings")
export class HoldingsPageController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly sessions: Sessions,
    private readonly seats: Seats,
    private readonly entries: HandEntries,
    private readonly custody: Custody,
    private readonly sponsor: SponsorAccount,
    private readonly journal: Journal,
    private readonly reads: JournalReads,
    private readonly acts: DeskActs,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @Param("fund") slug: string,
    @Query() query: Typed,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    await this.answer(fund, treasurer, request, reply, { done: query["done"], before: query["before"] });
  }

  /** Every form of the page comes here; `act` says which. Nothing typed is lost by a refusal. */
  @Post()
  async post(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const treasurer = await this.sessions.require(fund, request);
    const voice = voiceFor(request, fund.currency);
    const { key: _key, ...typed } = typedTexts(body);
    try {
      const { done } = await this.acts.under(
        { fund, treasurerId: treasurer.treasurerId },
        formKey(typedTexts(body)),
        typed,
        async (tx) => ({ done: await this.act(tx, fund, treasurer.treasurerId, typed, voice) }),
      );
      void reply.redirect(`${link(voice.language, `/${fund.slug}/desk/holdings`)}&done=${done}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.answer(fund, treasurer, request, reply, {
        form: formAfter(voice, typedTexts(body), error),
        status: problemOf(error.code).status,
      });
    }
  }

  private async act(tx: Tx, fund: Fund, treasurerId: string, typed: Typed, voice: Voice): Promise<string> {
    const amount = (field: string): bigint =>
      parseTypedAmount(typed[field] ?? "", fund.currency, voice.locale) ?? wrong(field);
    const optional = (field: string): bigint | undefined =>
      (typed[field] ?? "").trim() === "" ? undefined : amount(field);
    switch (typed["act"]) {
      case "enter":
        await this.entries.enter(tx, fund, treasurerId, {
          what: oneOf(WHATS, typed["what"], "what"),
          amount: amount("amount"),
          day: typed["day"] ?? dayIn(fund.charter.timeZone, this.clock.now()),
          holding: typed["holding"],
          to: typed["to"],
          category: typed["category"],
          deposit: isId(typed["deposit"] ?? "") ? typed["deposit"] : undefined,
          courtFee: isZero(typed["courtFee"]) ? 0n : optional("courtFee"),
        });
        return "entered";
      case "confirm":
        await this.entries.confirm(tx, fund, treasurerId, idOf(typed["entry"]));
        return "done";
      case "take-back":
        await this.entries.takeBack(tx, fund, idOf(typed["entry"]));
        return "done";
      case "undo":
        await this.entries.undo(
          tx,
          fund,
          treasurerId,
          seqOf(typed["seq"]),
          oneOf<Reason>(REASONS, typed["reason"], "reason"),
        );
        return "entered";
      case "custody":
        await this.entries.change(tx, fund, treasurerId, {
          rail: oneOf<CustodyChange["rail"]>(HELD_BY_HAND, typed["rail"], "rail"),
          label: (typed["label"] ?? "").trim(),
          keeper: idOf(typed["keeper"], "keeper"),
          cap: optional("cap") ?? null,
        });
        return "entered";
      case "note":
        await this.entries.note(tx, fund, treasurerId, oneOf(MEMOS, typed["what"], "what"), amount("amount"));
        return "entered";
      case "count": {
        const counted = isZero(typed["counted"]) ? 0n : amount("counted");
        const { difference } = await this.custody.count(tx, fund, treasurerId, typed["holding"] ?? "", counted);
        return `counted:${difference}`;
      }
      default:
        throw new Refusal("unreadable");
    }
  }

  private async answer(
    fund: Fund,
    treasurer: TreasurerRow,
    request: FastifyRequest,
    reply: FastifyReply,
    state: { done?: string | undefined; before?: string | undefined; form?: FormState; status?: number },
  ): Promise<void> {
    const tx = this.database.read;
    const before = /^\d{1,15}$/.test(state.before ?? "") ? BigInt(state.before ?? 0) : null;
    const seats = await this.seats.all(tx, fund.fundId);
    const html = holdingsPage({
      voice: voiceFor(request, fund.currency),
      frame: frameOf(fund),
      me: treasurer,
      seats,
      holdings: await this.custody.holdings(tx, fund),
      waiting: await this.entries.allWaiting(tx, fund),
      deposits: await this.reads.outstandingDeposits(tx, fund.fundId),
      sponsor: await this.sponsor.stand(tx, fund),
      suspense: (await this.journal.accounts(tx, fund.fundId)).get("suspense") ?? 0n,
      journal: await this.reads.page(tx, fund.fundId, before, JOURNAL_ROWS),
      categories: fund.charter.categories,
      today: dayIn(fund.charter.timeZone, this.clock.now()),
      form: state.form ?? EMPTY_FORM,
      newKey: newToken,
      ...(state.done === undefined ? {} : { done: state.done }),
    });
    sendPage(reply, html, state.status ?? 200);
  }
}

/** The form again, with a sentence at the field that was wrong. */
function formAfter(voice: Voice, typed: Typed, refusal: Refusal): FormState {
  const field = refusal.code === "invalid" ? refusal.options.field : undefined;
  if (field === undefined) return refusedForm(voice, typed, refusal);
  const sentences: Readonly<Record<string, string>> = {
    amount: voice.say("problem.amount", { example: voice.money(2500n) }),
    counted: voice.say("problem.amount", { example: voice.money(2500n) }),
    cap: voice.say("problem.amount", { example: voice.money(2500n) }),
    courtFee: voice.say("problem.amount", { example: voice.money(2500n) }),
    day: voice.say("problem.day"),
    holding: voice.say("problem.holding"),
    to: voice.say("problem.holding"),
    label: voice.say("problem.label"),
  };
  return { typed, wrong: { [field]: sentences[field] ?? voice.say("problem.choose") } };
}

function isZero(text: string | undefined): boolean {
  return /^0([.,]0+)?$/.test((text ?? "").trim());
}

function wrong(field: string): never {
  throw new Refusal("invalid", { field });
}

function oneOf<T extends string>(list: readonly T[], value: string | undefined, field: string): T {
  return list.find((item) => item === value) ?? wrong(field);
}

function idOf(value: string | undefined, field = "entry"): string {
  return value !== undefined && isId(value) ? value : wrong(field);
}

function seqOf(value: string | undefined): bigint {
  return /^\d{1,15}$/.test(value ?? "") ? BigInt(value ?? 0) : wrong("seq");
}
