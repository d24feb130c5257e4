import { Readable } from "node:stream";
import { Controller, Get, Param, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { Funds, type Fund } from "../funds/funds.service.js";
import { Database } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import type { About } from "./exports/about.js";
import { FEED_ENTRIES_MAX, toAtom } from "./exports/atom.js";
import { toBeancount } from "./exports/beancount.js";
import { toCsv } from "./exports/csv.js";
import { toHledger } from "./exports/hledger.js";
import { toJsonLines } from "./exports/jsonl.js";
import { Figures } from "./figures.service.js";
import type { Placed } from "../publication/entry.js";

/** Entries that are read from the database at a time, so that a ledger of any length leaves in little memory. */
const READ_AT_ONCE = 500;

/** The published entries as files for other programs. */
@ApiExcludeController()
@Controller(":fund/books")
export class ExportsController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly figures: Figures,
    private readonly address: PublicAddress,
  ) {}

  @Get("ledger.csv")
  async csv(@Param("fund") slug: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    send(reply, "text/csv; charset=utf-8", toCsv(this.all(fund), this.about(fund)));
  }

  @Get("ledger.jsonl")
  async jsonLines(@Param("fund") slug: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    send(reply, "application/jsonl; charset=utf-8", toJsonLines(this.all(fund)));
  }

  @Get("ledger.journal")
  async hledger(@Param("fund") slug: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    send(reply, "text/plain; charset=utf-8", toHledger(this.all(fund), this.about(fund)));
  }

  @Get("ledger.beancount")
  async beancount(@Param("fund") slug: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    send(reply, "text/plain; charset=utf-8", toBeancount(this.all(fund), this.about(fund)));
  }

  @Get("feed.atom")
  async feed(@Param("fund") slug: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const newest = await this.figures.page(this.database.read, fund.fundId, { before: null, kind: null, month: null });
    send(reply, "application/atom+xml; charset=utf-8", toAtom(newest.slice(0, FEED_ENTRIES_MAX), this.about(fund)));
  }

  private async *all(fund: Fund): AsyncGenerator<Placed> {
    for (let from = 0; ; from += READ_AT_ONCE) {
      const page = await this.figures.entries(this.database.read, fund.fundId, from, READ_AT_ONCE);
      yield* page;
      if (page.length < READ_AT_ONCE) return;
    }
  }

  private about({ fundId, slug, currency, charter }: Fund): About {
    return { fundId, slug, currency, name: charter.name, url: this.address.origin };
  }
}

function send(reply: FastifyReply, type: string, chunks: AsyncIterable<string>): void {
  void reply
    .type(type)
    .header("cache-control", "public, max-age=5")
    .header("access-control-allow-origin", "*")
    .send(Readable.from(chunks));
}
