import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { freeToPromise } from "../ledger/balance.js";
import { Journal } from "../ledger/journal.service.js";
import { envelopeLeft, turnBand } from "../funds/envelope.js";
import type { Fund } from "../funds/funds.service.js";
import { ordered } from "../funds/rule.js";
import { Database, row, rows } from "../platform/database/database.js";
import { PublicReceipts } from "../publication/public-receipts.service.js";
import type { ReceiptFile } from "../publication/receipt.js";
import type { AidRequestRow } from "./aid-request.entity.js";
import { publicState, type PublicState } from "./aid-request.js";
import type { Claim } from "./claim-code.js";
import { mayDo, requireRight } from "./claim-rights.js";
import type { OpenedRequest } from "./claims.service.js";
import { AskingPause } from "./limits/asking-pause.service.js";
import { Line } from "./line.service.js";
import { readAnswer, type Phrase } from "./messages/message.js";
import { open } from "./sealing.js";
import { SentParts, type SentPart } from "./sent-parts.service.js";

export interface Message {
  readonly day: Day;
  readonly from: "requester" | "fund";
  /** Null for one that was locked with words that were lost since. */
  readonly text: string | null;
  /** A ready sentence of the fund's, said in the reader's own language. */
  readonly phrase?: Phrase;
}

export interface Standing {
  readonly state: PublicState;
  readonly place?: { readonly from: Day; readonly to: Day };
  readonly messages: readonly Message[];
  /** No new requests are taken until this day. */
  readonly askingPausedUntil?: Day;
  /** What was sent so far, oldest first. */
  readonly parts: readonly Part[];
  /** What still waits, after those parts. */
  readonly open: bigint;
  /** Where the line is drawn by lot: the last ticket; null for whoever has none yet. */
  readonly ticket?: Ticket | null;
}

export interface Ticket {
  readonly mark: string;
  /** Null until it is drawn. */
  readonly place: number | null;
  readonly of: number;
  readonly day: Day;
  /** The entry of the public books that holds the draw; null until it is published. */
  readonly index: number | null;
}

export interface Part extends Pick<SentPart, "part" | "amount" | "day" | "outcome"> {
  /** The entry of the public books that holds the payout, once it is published. */
  readonly index: number | null;
}

/** Where a request stands, as seven words show it: to whoever helps, without messages and without what singles the payout out. */
@Injectable()
export class Standings {
  constructor(
    private readonly database: Database,
    private readonly journal: Journal,
    private readonly line: Line,
    private readonly parts: SentParts,
    private readonly pause: AskingPause,
    private readonly published: PublicReceipts,
    private readonly clock: Clock,
  ) {}

  async of({ claim, kind, fund, request }: OpenedRequest): Promise<Standing> {
    const messages = mayDo(kind, "messages") ? await this.messages(request, claim) : [];
    const free = freeToPromise(await this.journal.balances(this.database.read, fund.fundId));
    const sent = await this.parts.of(this.database.read, request);
    const parts = await Promise.all(
      sent.map(async ({ part, amount, day, outcome, commitment }) => {
        const place = mayDo(kind, "proof") ? await this.published.placeOfCommitment(request.fundId, commitment) : null;
        return { part, amount, day, outcome, index: place?.index ?? null };
      }),
    );
    const askingPausedUntil = await this.pause.until(this.database.read, fund);
    return {
      state: publicState(request, free <= 0n),
      messages,
      ...(askingPausedUntil === null ? {} : { askingPausedUntil }),
      ...(await this.turn(fund, request)),
      parts,
      open: request.state === "paid" || request.state === "withdrawn" ? 0n : request.amount - request.sent,
    };
  }

  /** The file that proves, offline, that a payout is in the public books: the last one where none is named. Refuses `not-published-yet`, `helper-words`. */
  async proof({ kind, fund, request }: OpenedRequest, wanted?: number): Promise<ReceiptFile> {
    requireRight(kind, "proof");
    const sent = await this.parts.of(this.database.read, request);
    const part = wanted === undefined ? sent.at(-1) : sent.find((p) => p.part === wanted);
    if (part === undefined || part.salt === null) throw new Refusal("not-published-yet");
    const place = await this.published.placeOfCommitment(fund.fundId, part.commitment);
    if (place === null) throw new Refusal("not-published-yet");
    const details = {
      amount: toJsonAmount(part.amount),
      currency: fund.currency,
      category: request.category,
      sealed: part.sealedHash.toString("hex"),
    };
    const file = await this.published.file(fund.fundId, place, details, part.salt);
    if (file === null) throw new Refusal("not-published-yet");
    return file;
  }

  /** When the turn may come: in a lottery only for whoever has a place in it. The ticket is shown on, when it was its turn. */
  private async turn(fund: Fund, request: AidRequestRow): Promise<Pick<Standing, "place" | "ticket">> {
    const waits = request.state === "waiting";
    if (fund.charter.rule !== "lottery") return waits ? { place: await this.place(fund, request) } : {};
    const ticket = await row<Ticket>(
      this.database.read,
      `select t.mark, t.place, cardinality(d.marks) as of, coalesce(d.drawn_day, d.day)::text as day,
              (select e.idx::int from log_entry e join published p using (fund_id) where e.fund_id = d.fund_id and e.submission_id = coalesce(d.result_id, d.draw_id) and e.idx < p.size) as index
       from ticket t join draw d using (fund_id, draw_id) where t.fund_id = $1 and t.request_id = $2 and d.state in ('announced', 'drawn') order by d.week desc limit 1`,
      [request.fundId, request.requestId],
    );
    if (ticket === null) return waits ? { ticket } : {};
    return { ticket, ...(waits && ticket.place !== null ? { place: await this.place(fund, request) } : {}) };
  }

  /**
   * A band of a week, from what stands before in line and the pace of the envelope. Every request counts as a whole cap, so that the band moves by
   * people and never by their amounts.
   */
  private async place(fund: Fund, request: AidRequestRow): Promise<{ from: Day; to: Day }> {
    const { capPerRequest, envelopePerWeek, timeZone } = fund.charter;
    const line = ordered(await this.line.waiting(this.database.read, fund), fund.charter.rule);
    // Where all share, nobody stands before anybody.
    const before = line.findIndex((w) => w.requestId === request.requestId);
    const ahead = fund.charter.rule === "equal-split" || before < 0 ? 0 : before;
    const today = dayIn(timeZone, this.clock.now());
    const left = envelopeLeft(envelopePerWeek, await this.line.chosenThisWeek(this.database.read, fund, today));
    return turnBand(
      today,
      BigInt(ahead) * capPerRequest,
      capPerRequest,
      left - (left % capPerRequest),
      envelopePerWeek,
    );
  }

  private async messages(request: AidRequestRow, claim: Claim): Promise<Message[]> {
    const kept = await rows<{ day: string; sender: "requester" | "fund"; sealed: string }>(
      this.database.read,
      "select day::text as day, sender, sealed from request_message where fund_id = $1 and request_id = $2 order by ordinal",
      [request.fundId, request.requestId],
    );
    return Promise.all(
      kept.map(async ({ day, sender, sealed }) => {
        const text = await open(sealed, claim.identity).catch(() => null);
        const answer = sender === "fund" && text !== null ? readAnswer(text) : null;
        if (answer === null) return { day, from: sender, text };
        const { phrase, words = "" } = answer;
        return { day, from: sender, text: words, ...(phrase === undefined ? {} : { phrase }) };
      }),
    );
  }
}
