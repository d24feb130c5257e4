import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { freeToPromise } from "../ledger/balance.js";
import { Journal } from "../ledger/journal.service.js";
import { envelopeLeft, turnBand } from "../funds/envelope.js";
import type { Fund } from "../funds/funds.service.js";
import { ordered } from "../funds/rule.js";
import { Database, rows } from "../platform/database/database.js";
import { PublicReceipts, type PublicPlace } from "../publication/public-receipts.service.js";
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
  /** `index` is the entry of the public books that holds the payout, once it is published. */
  readonly receipt?: { readonly amount: bigint; readonly day: Day; readonly index: number | null };
}

/** Where a request stands, as seven words show it: to whoever helps, without messages and without what singles the payout out. */
@Injectable()
export class Standings {
  constructor(
    private readonly database: Database,
    private readonly journal: Journal,
    private readonly line: Line,
    private readonly pause: AskingPause,
    private readonly published: PublicReceipts,
    private readonly clock: Clock,
  ) {}

  async of({ claim, kind, fund, request }: OpenedRequest): Promise<Standing> {
    const messages = mayDo(kind, "messages") ? await this.messages(request, claim) : [];
    const free = freeToPromise(await this.journal.balances(this.database.read, fund.fundId));
    const index = mayDo(kind, "proof") ? ((await this.publicPlace(request))?.index ?? null) : null;
    const askingPausedUntil = await this.pause.until(this.database.read, fund);
    return {
      state: publicState(request.state, free <= 0n),
      messages,
      ...(askingPausedUntil === null ? {} : { askingPausedUntil }),
      ...(request.state === "waiting" ? { place: await this.place(fund, request) } : {}),
      ...(request.sentAmount !== null && request.sentDay !== null
        ? { receipt: { amount: request.sentAmount, day: request.sentDay, index } }
        : {}),
    };
  }

  /** The file that proves, offline, that the payout is in the public books. Refuses `not-published-yet`, `helper-words`. */
  async proof({ kind, fund, request }: OpenedRequest): Promise<ReceiptFile> {
    requireRight(kind, "proof");
    const place = await this.publicPlace(request);
    const { receiptSalt, sentAmount } = request;
    if (place === null || receiptSalt === null || sentAmount === null) throw new Refusal("not-published-yet");
    const details = {
      amount: toJsonAmount(sentAmount),
      currency: fund.currency,
      category: request.category,
      sealed: request.sealedHash.toString("hex"),
    };
    const file = await this.published.file(fund.fundId, place, details, receiptSalt);
    if (file === null) throw new Refusal("not-published-yet");
    return file;
  }

  private async publicPlace({ fundId, receiptCommitment }: AidRequestRow): Promise<PublicPlace | null> {
    return receiptCommitment === null ? null : this.published.placeOfCommitment(fundId, receiptCommitment);
  }

  /**
   * A band of a week, from what stands before in line and the pace of the envelope. Every request counts as a whole cap, so that the band moves by
   * people and never by their amounts.
   */
  private async place(fund: Fund, request: AidRequestRow): Promise<{ from: Day; to: Day }> {
    const { capPerRequest, envelopePerWeek, timeZone } = fund.charter;
    const line = ordered(await this.line.waiting(this.database.read, fund), fund.charter.rule);
    const ahead = Math.max(
      0,
      line.findIndex((w) => w.requestId === request.requestId),
    );
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
