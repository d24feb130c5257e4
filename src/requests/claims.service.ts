import { toJsonAmount } from "../kernel/money.js";
import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { canonicalJson } from "../kernel/canonical-json.js";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { freeToPromise } from "../ledger/balance.js";
import { Journal } from "../ledger/journal.service.js";
import { envelopeLeft, turnBand } from "../funds/envelope.js";
import { Funds, type Fund } from "../funds/funds.service.js";
import { PublicReceipts, type PublicPlace } from "../publication/public-receipts.service.js";
import type { ReceiptFile } from "../publication/receipt.js";
import { Database, row, rows, type Tx } from "../platform/database/database.js";
import { Seats } from "../treasurers/seats.service.js";
import { AidRequestRow } from "./aid-request.entity.js";
import { isChangeable, publicState, type Outcome, type PublicState, type Rail } from "./aid-request.js";
import { deriveClaim, type Claim } from "./claim-code.js";
import { Line } from "./line.service.js";
import { AskingPause } from "./limits/asking-pause.service.js";
import { Floods } from "./limits/floods.service.js";
import { RequestKeys } from "./request-keys.service.js";
import { open, seal } from "./sealing.js";

/** A request that was opened with its seven words. */
export interface OpenedRequest {
  readonly claim: Claim;
  readonly fund: Fund;
  readonly request: AidRequestRow;
}

export interface Message {
  readonly day: Day;
  readonly from: "requester" | "fund";
  readonly text: string;
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

/** The Idempotency-Key of an act and what was sent with it; null when the sender gave none. */
export type Once = { readonly key: string; readonly body: string } | null;

/** What the person who asked can see and do with the seven words, and nothing more. */
@Injectable()
export class Claims {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly seats: Seats,
    private readonly journal: Journal,
    private readonly line: Line,
    private readonly pause: AskingPause,
    private readonly floods: Floods,
    private readonly keys: RequestKeys,
    private readonly published: PublicReceipts,
    private readonly clock: Clock,
  ) {}

  /** Costs the same for every text. Refuses `claim-code` for all that opens nothing. `slug`: only a request of this fund. */
  async open(code: string, slug?: string): Promise<OpenedRequest> {
    const claim = await deriveClaim(code);
    const found = await row<{ fund_id: string; request_id: string }>(
      this.database.read,
      "select fund_id, request_id from claim_locator where tag_hash = $1",
      [claim.tagHash],
    );
    const request =
      found === null
        ? null
        : await this.database.read.findOneBy(AidRequestRow, { fundId: found.fund_id, requestId: found.request_id });
    if (request === null) throw new Refusal("claim-code");
    const fund = await this.funds.byId(this.database.read, request.fundId);
    if (slug !== undefined && fund.slug !== slug) throw new Refusal("claim-code");
    return { claim, fund, request };
  }

  /** The same request as it stands now, without deriving the words again. */
  async again(opened: OpenedRequest): Promise<OpenedRequest> {
    const { fundId, requestId } = opened.request;
    const request = await this.database.read.findOneBy(AidRequestRow, { fundId, requestId });
    if (request === null) throw new Refusal("claim-code");
    return { ...opened, request };
  }

  async standing({ claim, fund, request }: OpenedRequest): Promise<Standing> {
    const messages = await this.messages(request, claim);
    const free = freeToPromise(await this.journal.balances(this.database.read, fund.fundId));
    const state = publicState(request.state, free <= 0n);
    const askingPausedUntil = await this.pause.until(this.database.read, fund);
    return {
      state,
      messages,
      ...(askingPausedUntil === null ? {} : { askingPausedUntil }),
      ...(request.state === "waiting" ? { place: await this.place(fund, request) } : {}),
      ...(request.sentAmount !== null && request.sentDay !== null
        ? {
            receipt: {
              amount: request.sentAmount,
              day: request.sentDay,
              index: (await this.publicPlace(request))?.index ?? null,
            },
          }
        : {}),
    };
  }

  /** The file that proves, offline, that the payout is in the public books. Refuses `not-published-yet`. */
  async proof({ fund, request }: OpenedRequest): Promise<ReceiptFile> {
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
    const ahead = (await this.line.waiting(this.database.read, fund)).filter(
      (w) => BigInt(w.arrival) < request.arrival,
    ).length;
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

  /** Another amount or another way to be paid. The place in line stays; what was signed for the old one no longer counts. */
  async change(
    opened: OpenedRequest,
    what: { amount?: bigint | undefined; payTo?: { rail: Rail; to: string } | undefined; language: string },
    once: Once = null,
  ): Promise<void> {
    const { fund } = opened;
    if (what.amount !== undefined && (what.amount <= 0n || what.amount > fund.charter.capPerRequest))
      throw new Refusal("invalid", { field: "amount" });
    const sealed =
      what.payTo === undefined
        ? null
        : await seal(
            canonicalJson({ payTo: what.payTo, language: what.language }),
            await this.seats.recipients(this.database.read, fund.fundId),
          );
    await this.withLocked(opened, once, async (tx, request) => {
      if (!isChangeable(request.state)) throw new Refusal("wrong-state");
      await tx.update(AidRequestRow, idOf(request), {
        state: "waiting",
        version: request.version + 1,
        ...(what.amount === undefined ? {} : { amount: what.amount }),
        ...(sealed === null
          ? {}
          : {
              sealed,
              sealedBefore: request.sealedBefore ?? request.sealed,
              sealedHash: createHash("sha256").update(sealed).digest(),
              sealedBy: "server" as const,
            }),
      });
    });
  }

  /** Takes the request back; what was written goes at once. Doing it again changes nothing. */
  async withdraw(opened: OpenedRequest, once: Once = null): Promise<void> {
    await this.withLocked(opened, once, async (tx, request) => {
      if (request.state === "withdrawn") return;
      if (!isChangeable(request.state)) throw new Refusal("wrong-state");
      const endedDay = dayIn(opened.fund.charter.timeZone, this.clock.now());
      await tx.update(AidRequestRow, idOf(request), {
        state: "withdrawn",
        version: request.version + 1,
        sealed: null,
        sealedBefore: null,
        endedDay,
      });
      await tx.query("delete from request_message where fund_id = $1 and request_id = $2", [
        request.fundId,
        request.requestId,
      ]);
    });
  }

  /** Whoever opens a request that was set aside with a flood is somebody: it is in line again, where it was. */
  async comeBack(opened: OpenedRequest): Promise<void> {
    const { fundId, requestId } = opened.request;
    await this.database.atomically((tx) => this.floods.comeBack(tx, fundId, requestId));
  }

  /** The person's word about what arrived. The last word counts; the first "received" is counted. */
  async confirm(opened: OpenedRequest, outcome: Outcome, amount: bigint | undefined, once: Once = null): Promise<void> {
    if (outcome === "other-amount" && (amount === undefined || amount <= 0n))
      throw new Refusal("invalid", { field: "amount" });
    await this.withLocked(opened, once, async (tx, request) => {
      if (request.state !== "paid") throw new Refusal("wrong-state");
      if (request.outcome === outcome && request.outcomeAmount === (outcome === "other-amount" ? amount : null)) return;
      const step = (outcome === "received" ? 1 : 0) - (request.outcome === "received" ? 1 : 0);
      await tx.update(AidRequestRow, idOf(request), {
        outcome,
        outcomeAmount: outcome === "other-amount" ? (amount ?? null) : null,
      });
      await tx.query("update queue set confirmed = confirmed + $2 where fund_id = $1", [request.fundId, step]);
    });
  }

  /** Locks a message for the treasurers and for the person's own words, and keeps nothing else of it. */
  async write(opened: OpenedRequest, text: string, once: Once = null): Promise<void> {
    const recipients = await this.seats.recipients(this.database.read, opened.fund.fundId);
    const sealed = await seal(text, [...recipients, opened.claim.recipient]);
    await this.withLocked(opened, once, async (tx, request) => {
      if (request.state === "withdrawn") throw new Refusal("wrong-state");
      const day = dayIn(opened.fund.charter.timeZone, this.clock.now());
      await tx.query(
        `insert into request_message (fund_id, message_id, request_id, ordinal, day, sender, sealed)
         select $1, $2, $3, coalesce(max(ordinal), 0) + 1, $4, 'requester', $5 from request_message where fund_id = $1 and request_id = $3`,
        [request.fundId, newId(), request.requestId, day, sealed],
      );
    });
  }

  private async messages(request: AidRequestRow, claim: Claim): Promise<Message[]> {
    const kept = await rows<{ day: string; sender: "requester" | "fund"; sealed: string }>(
      this.database.read,
      "select day::text as day, sender, sealed from request_message where fund_id = $1 and request_id = $2 order by ordinal",
      [request.fundId, request.requestId],
    );
    return Promise.all(
      kept.map(async (m) => ({ day: m.day, from: m.sender, text: await open(m.sealed, claim.identity) })),
    );
  }

  /** Locks the request first, so that the same key sent twice at once acts once. */
  private async withLocked(
    opened: OpenedRequest,
    once: Once,
    act: (tx: Tx, request: AidRequestRow) => Promise<void>,
  ): Promise<void> {
    const { fundId, requestId } = opened.request;
    const body = once === null ? "" : `${requestId} ${once.body}`;
    await this.database.atomically(async (tx) => {
      const request = await tx.findOne(AidRequestRow, {
        where: idOf(opened.request),
        lock: { mode: "pessimistic_write" },
      });
      if (request === null) throw new Refusal("claim-code");
      if (once !== null && (await this.keys.find(tx, fundId, once.key, body, this.clock.now())) !== null) return;
      await act(tx, request);
      if (once !== null) await this.keys.keep(tx, fundId, once.key, body, "done", this.clock.now());
    });
  }
}

function idOf(request: AidRequestRow): { fundId: string; requestId: string } {
  return { fundId: request.fundId, requestId: request.requestId };
}
