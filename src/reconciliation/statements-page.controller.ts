import { Body, Controller, Get, Param, Post, Query, Req, Res } from "@nestjs/common";
import { RouteConfig } from "@nestjs/platform-fastify";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { newToken } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { frameOf, Funds, type Fund } from "../funds/funds.service.js";
import { Custody } from "../holdings/custody.service.js";
import { EMPTY_FORM, formKey, typedTexts, type FormState } from "../pages/fields.js";
import { link, sendPage, voiceFor } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { Database, type Tx } from "../platform/database/database.js";
import { ACCEPTS_A_FILE, readFormWithFile } from "../platform/http/forms-with-files.js";
import { problemOf } from "../platform/http/problems.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import { Seats } from "../treasurers/seats.service.js";
import { Sessions } from "../treasurers/sessions.service.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import { ENTRIES_IN, ENTRIES_OUT, LineMatches } from "./line-matches.service.js";
import { gapsOf, readLines, type Delimiter } from "./statement-file.js";
import { StatementLines, type Kept, type Opened } from "./statement-lines.service.js";
import { delimiterIn, formAfter, idOf, mappingFrom, seqsOf, textOf, ticked } from "./statements-input.js";
import { StatementReads } from "./statement-reads.service.js";
import { statementsPage } from "./statements.page.js";
import { previewPage, stampOf } from "./statements-preview.js";

type Typed = Readonly<Record<string, string>>;

/** One request at this desk. */
interface Here {
  readonly fund: Fund;
  readonly treasurer: TreasurerRow;
  readonly voice: Voice;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The treasurers' page of statements: works without script. What a file says of people goes from its request into its answer, and nowhere else. */
@ApiExcludeController()
@Controller(":fund/desk/statements")
export class StatementsPageController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly sessions: Sessions,
    private readonly seats: Seats,
    private readonly custody: Custody,
    private readonly lines: StatementLines,
    private readonly matches: LineMatches,
    private readonly reads: StatementReads,
    private readonly acts: DeskActs,
  ) {}

  @Get()
  async show(
    @Param("fund") slug: string,
    @Query() query: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.acts.visit(slug, request, reply);
    if (visit === null) return;
    const { fund, treasurer } = visit;
    const voice = voiceFor(request, fund.currency);
    await this.answer({ fund, treasurer, voice, request, reply }, typedTexts(query));
  }

  /** Somebody came back to the address of a preview: what was in it is gone. */
  @Get("files")
  gone(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    void reply.redirect(link(voiceFor(request).language, `/${encodeURIComponent(slug)}/desk/statements`), 303);
  }

  /** Every form about lines that are kept; `act` says which. */
  @Post()
  async post(
    @Param("fund") slug: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const here = await this.here(slug, request, reply);
    const { key: _key, ...typed } = typedTexts(body);
    const seated = { fund: here.fund, treasurerId: here.treasurer.treasurerId };
    try {
      const { done } = await this.acts.under(seated, formKey(typedTexts(body)), typed, async (tx) => ({
        done: await this.act(tx, here, typed),
      }));
      this.backTo(here, typed["holding"], done);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.refused(here, typed, error);
    }
  }

  /** A file: read and shown, read again as the person says, and kept when they have seen how it was read. */
  @Post("files")
  @RouteConfig(ACCEPTS_A_FILE)
  async file(@Param("fund") slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const here = await this.here(slug, request, reply);
    let typed: Typed = { form: "file" };
    try {
      const form = await readFormWithFile(request);
      typed = form.fields;
      const holding = typed["holding"] ?? "";
      if (!(await this.codes(here.fund)).includes(holding)) throw new Refusal("invalid", { field: "holding" });
      await this.fileOf(here, holding, typed, textOf(form));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.refused(here, { ...typed, form: "file" }, error);
    }
  }

  private async fileOf(here: Here, holding: string, typed: Typed, text: string): Promise<void> {
    const { fund, treasurer } = here;
    const asked = typed["seen"] === undefined ? null : typed;
    const { guess, uncut } = await this.cut(fund, holding, text, asked === null ? undefined : delimiterIn(asked));
    // With another delimiter the columns are other ones: what was said of them holds no longer.
    const cutAnew =
      asked !== null && !(asked["seen"] ?? "").startsWith(JSON.stringify([guess.table.delimiter]).slice(0, -1));
    const opened: Opened = asked === null || cutAnew ? guess : { ...guess, mapping: mappingFrom(asked, guess.table) };
    const seen = stampOf(opened.mapping) === typed["seen"];
    const gaps = gapsOf(opened.mapping);
    const reading = gaps.length === 0 ? readLines(opened.table, opened.mapping, fund.currency) : null;
    const readable = reading !== null && reading.faults.length === 0 && reading.lines.length > 0;
    if (typed["act"] === "keep" && seen && readable) {
      const what = { holding, table: opened.table, mapping: opened.mapping };
      const seated = { fund, treasurerId: treasurer.treasurerId };
      const body = { act: "keep", holding, mapping: opened.mapping, text };
      const { added, known } = await this.acts.under<Kept>(seated, formKey(typed), body, (tx) =>
        this.lines.keep(tx, fund, treasurer.treasurerId, what),
      );
      this.backTo(here, holding, `kept:${added}:${known}`);
      return;
    }
    const { voice } = here;
    const named = [...(asked === null ? [] : gaps), ...(uncut ? ["delimiter"] : [])];
    const wrong = Object.fromEntries(named.map((field) => [field, voice.say("problem.choose")]));
    const changed = typed["act"] === "keep" && !seen;
    const html = previewPage({
      voice,
      frame: frameOf(fund),
      holding,
      text,
      opened,
      reading,
      changed,
      form: { typed: {}, wrong },
      newKey: newToken,
    });
    sendPage(here.reply, html, named.length > 0 ? 422 : 200);
  }

  /** Where a delimiter that was chosen leaves no line of money at all, the file is cut as before, so that nothing is lost. */
  private async cut(
    fund: Fund,
    holding: string,
    text: string,
    delimiter?: Delimiter,
  ): Promise<{ guess: Opened; uncut: boolean }> {
    const tx = this.database.read;
    try {
      return { guess: await this.lines.open(tx, fund, holding, text, delimiter), uncut: false };
    } catch (error) {
      if (delimiter === undefined || !(error instanceof Refusal)) throw error;
      return { guess: await this.lines.open(tx, fund, holding, text), uncut: true };
    }
  }

  private async act(tx: Tx, { fund, treasurer }: Here, typed: Typed): Promise<string> {
    const me = treasurer.treasurerId;
    switch (typed["act"]) {
      case "match":
        await this.matches.match(tx, fund, me, ticked(typed, "yes-").map((lineId) => ({ lineId, seqs: seqsOf(typed[`is-${lineId}`]) }))); // prettier-ignore
        return "done";
      case "begin": {
        const what = [...ENTRIES_IN, ...ENTRIES_OUT].find((w) => w === typed["what"]);
        if (what === undefined) throw new Refusal("invalid", { field: "what" });
        await this.matches.begin(tx, fund, me, { lineId: idOf(typed["line"]), what, other: typed["other"] });
        return "entered";
      }
      case "leave":
        await this.matches.leave(tx, fund, me, ticked(typed, "leave-"));
        return "done";
      case "take-up":
        await this.matches.takeUp(tx, fund, idOf(typed["line"]));
        return "done";
      case "undo":
        await this.matches.undo(tx, fund, me, idOf(typed["line"]));
        return "done";
      case "take-away":
        await this.lines.takeAway(tx, fund, me, idOf(typed["file"]));
        return "done";
      default:
        throw new Refusal("unreadable");
    }
  }

  private async here(slug: string, request: FastifyRequest, reply: FastifyReply): Promise<Here> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const treasurer = await this.sessions.require(fund, request);
    return { fund, treasurer, voice: voiceFor(request, fund.currency), request, reply };
  }

  private backTo({ fund, voice, reply }: Here, holding: string | undefined, done: string): void {
    const path = link(voice.language, `/${fund.slug}/desk/statements`);
    void reply.redirect(`${path}&holding=${encodeURIComponent(holding ?? "")}&done=${done}`, 303);
  }

  private async refused(here: Here, typed: Typed, refusal: Refusal): Promise<void> {
    await this.answer(here, { holding: typed["holding"] ?? "" }, formAfter(here.voice, typed, refusal), problemOf(refusal.code).status); // prettier-ignore
  }

  /** Holdings that a bank or a wallet writes statements of: all but what Stripe tells itself, and cash. */
  private async codes(fund: Fund): Promise<string[]> {
    const all = await this.custody.holdings(this.database.read, fund);
    return all.map((h) => h.code).filter((code) => code !== "assets:stripe" && !code.startsWith("assets:cash:"));
  }

  private async answer(
    { fund, voice, reply }: Here,
    asked: Typed,
    form: FormState = EMPTY_FORM,
    status = 200,
  ): Promise<void> {
    const tx = this.database.read;
    const [codes, open] = [await this.codes(fund), await this.reads.openCounts(tx, fund)];
    const holding = codes.find((code) => code === asked["holding"]) ?? codes.find((code) => open.has(code)) ?? codes[0] ?? "assets:bank"; // prettier-ignore
    const matchedFrom = /^\d{1,6}$/.test(asked["matched"] ?? "") ? Number(asked["matched"]) : 0;
    const all = await this.custody.holdings(tx, fund);
    const html = statementsPage({
      voice,
      frame: frameOf(fund),
      holding,
      codes,
      open,
      elsewhere: all.map((h) => h.code).filter((code) => code !== "assets:stripe" && code !== holding),
      board: await this.reads.board(tx, fund, holding, matchedFrom),
      seats: await this.seats.all(tx, fund.fundId),
      matchedFrom,
      form,
      newKey: newToken,
      ...(asked["done"] === undefined ? {} : { done: asked["done"] }),
    });
    sendPage(reply, html, status);
  }
}
