import { Controller, Get, Param, Query, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiOkResponse, ApiQuery, ApiTags } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Json } from "../kernel/canonical-json.js";
import { toJsonAmount } from "../kernel/money.js";
import { charterToJson } from "../funds/charter.js";
import { frameOf, Funds } from "../funds/funds.service.js";
import { sendPage, voiceFor } from "../pages/layout.js";
import { Database } from "../platform/database/database.js";
import { Refusal } from "../kernel/refusal.js";
import { ENTRY_KINDS } from "../publication/entry.js";
import { LogReads, type PublishedLog } from "../tlog/log-reads.service.js";
import { PublicAddress } from "../platform/http/address.js";
import { booksPage } from "./books.page.js";
import { entryPage } from "./entry.page.js";
import { Figures } from "./figures.service.js";
import type { Placed } from "../publication/entry.js";

/** The public figures never change within a tick; a proxy may keep them for a few seconds. */
const PUBLIC_CACHE = "public, max-age=5";
const WEEKS_SHOWN = 26;
const ENTRIES_MAX = 100;

@ApiTags("open books")
@Controller()
export class OpenBooksController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly figures: Figures,
    private readonly log: LogReads,
    private readonly address: PublicAddress,
  ) {}

  @Get("api/v1/funds")
  @ApiOkResponse({ description: "The funds of this server.", schema: { type: "object" } })
  async list(): Promise<{ funds: { slug: string; name: string; currency: string }[] }> {
    const funds = await this.funds.list(this.database.read);
    return { funds: funds.map((f) => ({ slug: f.slug, name: f.charter.name, currency: f.currency })) };
  }

  @Get("api/v1/funds/:fund")
  @ApiOkResponse({
    description:
      "A fund's charter and its public figures, as published. `log` is null until its first checkpoint is published.",
    schema: { type: "object" },
  })
  async fund(
    @Param("fund") slug: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Record<string, Json>> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const f = await this.figures.of(this.database.read, fund.fundId);
    const log = await this.log.published(fund.fundId);
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
      log: log === null ? null : { origin: log.origin, vkey: log.vkey, size: log.size },
    };
  }

  /** Public entries as they stand in the log, oldest first. */
  @Get("api/v1/funds/:fund/entries")
  @ApiQuery({
    name: "from",
    required: false,
    description: "The first index; at or past the log's size the list is empty.",
  })
  @ApiQuery({ name: "limit", required: false, description: `1 to ${ENTRIES_MAX}` })
  @ApiOkResponse({ description: "The log's published size, and entries from an index on.", schema: { type: "object" } })
  async entries(
    @Param("fund") slug: string,
    @Query("from") from: unknown,
    @Query("limit") limit: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ size: number; entries: Placed[] }> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const log = await this.required(fund.fundId);
    void reply.header("cache-control", PUBLIC_CACHE).header("access-control-allow-origin", "*");
    const entries = await this.figures.entries(
      this.database.read,
      fund.fundId,
      wholeNumber("from", from, 0, 0, Number.MAX_SAFE_INTEGER),
      wholeNumber("limit", limit, ENTRIES_MAX, 1, ENTRIES_MAX),
    );
    return { size: log.size, entries };
  }

  /** An entry's place in the log as a C2SP tlog-proof: it verifies offline. */
  @Get("api/v1/funds/:fund/entries/:index/proof")
  @ApiOkResponse({
    description: "c2sp.org/tlog-proof@v1 against the published checkpoint.",
    schema: { type: "string" },
  })
  async proof(@Param("fund") slug: string, @Param("index") index: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const proof = await this.log.proof(await this.required(fund.fundId), indexOf(index));
    if (proof === null) throw new Refusal("no-such-page");
    void reply
      .header("access-control-allow-origin", "*")
      .header("content-disposition", `attachment; filename="${fund.slug}-${index}.tlog-proof"`)
      .type("text/plain; charset=utf-8")
      .send(proof);
  }

  /** A charter word for word: its canonical JSON (RFC 8785) has the hash that the log carries. */
  @Get("api/v1/funds/:fund/charters/:version")
  @ApiOkResponse({ description: "One version of the charter.", schema: { type: "object" } })
  async charter(
    @Param("fund") slug: string,
    @Param("version") version: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    void reply.header("access-control-allow-origin", "*");
    return (await this.funds.charter(this.database.read, fund, indexOf(version))).charter;
  }

  @Get(":fund/books")
  @ApiExcludeEndpoint()
  async books(
    @Param("fund") slug: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const tx = this.database.read;
    const wanted = {
      before: wholeNumberOrNull(query["before"]),
      kind: ENTRY_KINDS.find((kind) => kind === query["kind"]) ?? null,
      month:
        typeof query["month"] === "string" && /^\d{4}-(0[1-9]|1[0-2])$/.test(query["month"]) ? query["month"] : null,
    };
    const html = booksPage({
      voice: voiceFor(request, fund.currency),
      fund: frameOf(fund),
      k: fund.charter.publication.k,
      figures: await this.figures.of(tx, fund.fundId),
      weeks: await this.figures.weeks(tx, fund.fundId, WEEKS_SHOWN),
      entries: await this.figures.page(tx, fund.fundId, wanted),
      imported: await this.figures.imported(tx, fund.fundId),
      choices: await this.figures.choices(tx, fund.fundId),
      wanted,
      address: `${this.address.origin}/${fund.slug}`,
      log: await this.log.published(fund.fundId),
      halted: await this.log.halted(fund.fundId),
    });
    void reply.header("cache-control", PUBLIC_CACHE).header("vary", "accept-language");
    sendPage(reply, html);
  }

  @Get(":fund/books/:index")
  @ApiExcludeEndpoint()
  async entry(
    @Param("fund") slug: string,
    @Param("index") index: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const log = await this.required(fund.fundId);
    const [placed] = await this.figures.entries(this.database.read, fund.fundId, indexOf(index), 1);
    const proof = await this.log.proof(log, indexOf(index));
    if (placed?.index !== indexOf(index) || proof === null) throw new Refusal("no-such-page");
    const voice = voiceFor(request, fund.currency);
    void reply.header("cache-control", PUBLIC_CACHE).header("vary", "accept-language");
    sendPage(reply, entryPage({ voice, fund: frameOf(fund), placed, proof, size: log.size }));
  }

  private async required(fundId: string): Promise<PublishedLog> {
    const log = await this.log.published(fundId);
    if (log === null) throw new Refusal("no-log-yet");
    return log;
  }
}

/** An index in an address. */
function indexOf(text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw new Refusal("no-such-page");
  return Number(text);
}

function wholeNumberOrNull(value: unknown): number | null {
  return typeof value === "string" && /^[1-9]\d{0,14}$/.test(value) ? Number(value) : null;
}

/** A number of the query; absent is `otherwise`. Refuses anything else with the field's name. */
function wholeNumber(field: string, value: unknown, otherwise: number, min: number, max: number): number {
  if (value === undefined) return otherwise;
  const given = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : -1;
  if (given < min || given > max) throw new Refusal("invalid", { field });
  return given;
}
