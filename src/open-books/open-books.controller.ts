import { Controller, Get, Param, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiOkResponse, ApiTags } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Json } from "../kernel/canonical-json.js";
import { toJsonAmount } from "../kernel/money.js";
import { charterToJson } from "../funds/charter.js";
import { frameOf, Funds } from "../funds/funds.service.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import { Database } from "../platform/database/database.js";
import { booksPage } from "./books.page.js";
import { Figures } from "./figures.service.js";

/** The public figures never change within a tick; a proxy may keep them for a few seconds. */
const PUBLIC_CACHE = "public, max-age=5";
const WEEKS_SHOWN = 26;

@ApiTags("open books")
@Controller()
export class OpenBooksController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly figures: Figures,
  ) {}

  @Get("api/v1/funds")
  @ApiOkResponse({ description: "The funds of this server.", schema: { type: "object" } })
  async list(): Promise<{ funds: { slug: string; name: string; currency: string }[] }> {
    const funds = await this.funds.list(this.database.read);
    return { funds: funds.map((f) => ({ slug: f.slug, name: f.charter.name, currency: f.currency })) };
  }

  @Get("api/v1/funds/:fund")
  @ApiOkResponse({
    description: "A fund's charter and its public figures, as published. `log` is null until there is a log.",
    schema: { type: "object" },
  })
  async fund(
    @Param("fund") slug: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Record<string, Json>> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const f = await this.figures.of(this.database.read, fund.fundId);
    void reply.header("cache-control", PUBLIC_CACHE).header("access-control-allow-origin", "*");
    const count = (n: bigint | null): number | null => (n === null ? null : Number(n));
    return {
      slug: fund.slug,
      name: fund.charter.name,
      currency: fund.currency,
      practice: fund.practice,
      state: fund.state,
      charter: { ...charterToJson(fund.charter), version: fund.charterVersion },
      balances: {
        asOf: f.asOf,
        settled: toJsonAmount(f.settled),
        inTransit: toJsonAmount(f.inTransit),
        reserve: toJsonAmount(f.reserve),
        held: toJsonAmount(f.held),
        onDeposit: toJsonAmount(f.onDeposit),
        freeToPromise: toJsonAmount(f.freeToPromise),
      },
      given: toJsonAmount(f.given),
      paidOut: toJsonAmount(f.paidOut),
      queue: {
        waiting: count(f.waiting),
        asked: count(f.asked),
        paid: count(f.paid),
        confirmed: count(f.confirmed),
        hiddenBelow: fund.charter.publication.k,
      },
      weeks: (await this.figures.weeks(this.database.read, fund.fundId, WEEKS_SHOWN)).map((w) => ({
        monday: w.monday,
        in: toJsonAmount(w.in),
        out: toJsonAmount(w.out),
      })),
      log: null,
    };
  }

  /** Published groups, newest first: the books' first cut, until the log carries them as entries. */
  @Get("api/v1/funds/:fund/batches")
  @ApiOkResponse({ description: "Published groups, newest first; `before` pages on.", schema: { type: "object" } })
  async batches(
    @Param("fund") slug: string,
    @Query("before") before: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    void reply.header("cache-control", PUBLIC_CACHE).header("access-control-allow-origin", "*");
    return { batches: await this.figures.batches(this.database.read, fund.fundId, pageOf(before)) };
  }

  @Get(":fund/books")
  @ApiExcludeEndpoint()
  async books(
    @Param("fund") slug: string,
    @Query("before") before: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const html = booksPage({
      voice: voiceFor(request, fund.currency),
      fund: frameOf(fund),
      k: fund.charter.publication.k,
      figures: await this.figures.of(this.database.read, fund.fundId),
      weeks: await this.figures.weeks(this.database.read, fund.fundId, WEEKS_SHOWN),
      batches: await this.figures.batches(this.database.read, fund.fundId, pageOf(before)),
    });
    void reply.header("cache-control", PUBLIC_CACHE).header("vary", "accept-language");
    sendPage(reply, html);
  }
}

function pageOf(before: unknown): number | null {
  return typeof before === "string" && /^[1-9]\d{0,8}$/.test(before) ? Number(before) : null;
}
