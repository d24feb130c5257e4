import { Body, Controller, Get, HttpCode, Param, Req } from "@nestjs/common";
import { ApiProperty, ApiTags } from "@nestjs/swagger";
import { IsIn, IsInt, IsUUID, Matches, Max, Min } from "class-validator";
import type { FastifyRequest } from "fastify";
import { Clock, dayIn } from "../kernel/clock.js";
import { AMOUNT_MAX, toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { HELD_BY_HAND } from "../ledger/account.js";
import { JournalReads } from "../ledger/journal-reads.service.js";
import { REASONS, type Reason } from "../ledger/transaction.js";
import { Funds } from "../funds/funds.service.js";
import { Database } from "../platform/database/database.js";
import { KeyedPost } from "../platform/http/idempotency-key.js";
import { DeskActs } from "../treasurers/desk-acts.service.js";
import { Sessions } from "../treasurers/sessions.service.js";
import { Custody, type CustodyChange } from "./custody.service.js";
import { HandEntries } from "./hand-entries.service.js";
import { WHATS, type What } from "./hand-entry.js";
import { MayBeLeftOut } from "../platform/http/body.js";

const AMOUNT = { description: "Minor units.", minimum: 1, maximum: Number(AMOUNT_MAX) };
const ACCOUNT = /^assets:[a-z0-9:-]{1,60}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export class EntryByHand {
  @ApiProperty({ enum: WHATS }) @IsIn(WHATS) what: What;
  @ApiProperty(AMOUNT) @IsInt() @Min(1) @Max(Number(AMOUNT_MAX)) amount: number;
  @ApiProperty({ required: false, description: "Today where it is absent." })
  @MayBeLeftOut()
  @Matches(DAY)
  day?: string;
  @ApiProperty({ required: false }) @MayBeLeftOut() @Matches(ACCOUNT) holding?: string;
  @ApiProperty({ required: false, description: "For moved." }) @MayBeLeftOut() @Matches(ACCOUNT) to?: string;
  @ApiProperty({ required: false }) @MayBeLeftOut() @Matches(/^[a-z][a-z-]{1,15}$/) category?: string;
  @ApiProperty({ required: false, description: "For bail." }) @MayBeLeftOut() @IsUUID(4) deposit?: string;
  @ApiProperty({ required: false }) @MayBeLeftOut() @IsInt() @Min(0) @Max(Number(AMOUNT_MAX)) courtFee?: number;
}

export class EntryToUndo {
  @ApiProperty({ description: "The entry's number in the journal." }) @IsInt() @Min(1) seq: number;
  @ApiProperty({ enum: REASONS }) @IsIn(REASONS) reason: Reason;
}

export class HoldingWanted {
  @ApiProperty({ enum: HELD_BY_HAND }) @IsIn(HELD_BY_HAND) rail: CustodyChange["rail"];
  @ApiProperty({ description: "Never a name." }) @Matches(/^[a-z0-9-]{1,16}$/) label: string;
  @ApiProperty() @IsUUID(4) keeper: string;
  @ApiProperty({ ...AMOUNT, required: false })
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(Number(AMOUNT_MAX))
  cap?: number;
}

export class Counted {
  @ApiProperty() @Matches(ACCOUNT) holding: string;
  @ApiProperty({ ...AMOUNT, minimum: 0 }) @IsInt() @Min(0) @Max(Number(AMOUNT_MAX)) amount: number;
}

/** What treasurers enter by hand, as an API: one enters, another confirms. */
@ApiTags("holdings")
@Controller("api/v1/funds/:fund")
export class HoldingsController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly sessions: Sessions,
    private readonly entries: HandEntries,
    private readonly custody: Custody,
    private readonly reads: JournalReads,
    private readonly acts: DeskActs,
    private readonly clock: Clock,
  ) {}

  @Get("holdings")
  async holdings(@Param("fund") slug: string, @Req() request: FastifyRequest): Promise<object> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    if ((await this.sessions.treasurer(fund, request)) === null) throw new Refusal("sign-in");
    const tx = this.database.read;
    const found = await this.custody.holdings(tx, fund);
    const out = await this.reads.outstandingDeposits(tx, fund.fundId);
    return {
      holdings: found.map((h) => ({
        ...h,
        balance: toJsonAmount(h.balance),
        cap: h.cap === null ? null : toJsonAmount(h.cap),
        keeper: h.keeper?.treasurerId ?? null,
        counted:
          h.counted === null
            ? null
            : { day: h.counted.day, counted: toJsonAmount(h.counted.counted), booked: toJsonAmount(h.counted.booked) },
      })),
      deposits: out.map((d) => ({
        ...d,
        amount: toJsonAmount(d.amount),
        outstanding: toJsonAmount(d.outstanding),
        forfeited: toJsonAmount(d.forfeited),
      })),
    };
  }

  @KeyedPost("hand-entries")
  async enter(
    @Param("fund") slug: string,
    @Body() body: EntryByHand,
    @Req() request: FastifyRequest,
  ): Promise<{ id: string }> {
    return this.acts.once(slug, request, { act: "enter", body }, async (tx, { fund, treasurerId }) => {
      const { what, amount, day, holding, to, category, deposit, courtFee } = body;
      const id = await this.entries.enter(tx, fund, treasurerId, {
        what,
        holding,
        to,
        category,
        deposit,
        amount: BigInt(amount),
        day: day ?? dayIn(fund.charter.timeZone, this.clock.now()),
        ...(courtFee === undefined ? {} : { courtFee: BigInt(courtFee) }),
      });
      return { id };
    });
  }

  @KeyedPost("hand-entries/:id/confirmations")
  async confirm(
    @Param("fund") slug: string,
    @Param("id") id: string,
    @Req() request: FastifyRequest,
  ): Promise<{ seq: number | null }> {
    return this.acts.once(slug, request, { act: "confirm", id }, (tx, { fund, treasurerId }) =>
      this.entries.confirm(tx, fund, treasurerId, id),
    );
  }

  @KeyedPost("hand-entries/:id/withdrawal")
  @HttpCode(200)
  async takeBack(
    @Param("fund") slug: string,
    @Param("id") id: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.acts.once(slug, request, { act: "take-back", id }, async (tx, { fund }) => {
      await this.entries.takeBack(tx, fund, id);
      return {};
    });
  }

  @KeyedPost("reversals")
  async undo(
    @Param("fund") slug: string,
    @Body() body: EntryToUndo,
    @Req() request: FastifyRequest,
  ): Promise<{ id: string }> {
    return this.acts.once(slug, request, { act: "undo", body }, async (tx, { fund, treasurerId }) => ({
      id: await this.entries.undo(tx, fund, treasurerId, BigInt(body.seq), body.reason),
    }));
  }

  @KeyedPost("holdings")
  async change(
    @Param("fund") slug: string,
    @Body() body: HoldingWanted,
    @Req() request: FastifyRequest,
  ): Promise<{ id: string }> {
    return this.acts.once(slug, request, { act: "custody", body }, async (tx, { fund, treasurerId }) => ({
      id: await this.entries.change(tx, fund, treasurerId, {
        rail: body.rail,
        label: body.label,
        keeper: body.keeper,
        cap: body.cap === undefined ? null : BigInt(body.cap),
      }),
    }));
  }

  @KeyedPost("holding-counts")
  async count(
    @Param("fund") slug: string,
    @Body() body: Counted,
    @Req() request: FastifyRequest,
  ): Promise<{ difference: number }> {
    return this.acts.once(slug, request, { act: "count", body }, async (tx, { fund, treasurerId }) => {
      const { difference } = await this.custody.count(tx, fund, treasurerId, body.holding, BigInt(body.amount));
      return { difference: toJsonAmount(difference) };
    });
  }
}
