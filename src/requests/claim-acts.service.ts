import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { canonicalJson } from "../kernel/canonical-json.js";
import { Clock, dayIn, isDay, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { Database } from "../platform/database/database.js";
import { Seats } from "../treasurers/seats.service.js";
import { AidRequestRow } from "./aid-request.entity.js";
import { isChangeable, publicState, type Outcome, type PublicState, type RequestState } from "./aid-request.js";
import { requireRight } from "./claim-rights.js";
import { Claims, idOf, type Once, type OpenedRequest } from "./claims.service.js";
import type { PayTo } from "./details.js";
import { Erasure } from "./erasure.service.js";
import { Floods } from "./limits/floods.service.js";
import { seal } from "./sealing.js";
import { SentParts } from "./sent-parts.service.js";

export interface WhatChanges {
  readonly amount?: bigint | undefined;
  readonly neededBy?: Day | undefined;
  readonly payTo?: PayTo | undefined;
  /** In place of `payTo`: the age file that the person's own browser made. */
  readonly sealed?: string | undefined;
  readonly language: string;
}

/** What can be done to a request with seven words. Each act asks first whether these words may (`claim-rights.ts`). */
@Injectable()
export class ClaimActs {
  constructor(
    private readonly database: Database,
    private readonly claims: Claims,
    private readonly seats: Seats,
    private readonly floods: Floods,
    private readonly erasure: Erasure,
    private readonly parts: SentParts,
    private readonly clock: Clock,
  ) {}

  /**
   * Another amount, another day or another way to be paid. The place in line stays. What was signed for another amount or way no longer counts; of the day, nothing was signed.
   */
  async change(opened: OpenedRequest, what: WhatChanges, once: Once = null): Promise<PublicState> {
    const { fund, kind } = opened;
    const { amount, neededBy, payTo } = what;
    const redirects = payTo !== undefined || what.sealed !== undefined;
    if (redirects) requireRight(kind, "pay-to");
    if (neededBy !== undefined) requireRight(kind, "needed-by");
    if (amount !== undefined && (amount <= 0n || amount > fund.charter.capPerRequest))
      throw new Refusal("invalid", { field: "amount" });
    if (amount === undefined && neededBy === undefined && !redirects) throw new Refusal("invalid", { field: "amount" });
    if (neededBy !== undefined && (!isDay(neededBy) || neededBy < this.today(opened)))
      throw new Refusal("invalid", { field: "neededBy" });
    if (payTo !== undefined && what.sealed !== undefined) throw new Refusal("invalid", { field: "sealed" });
    const sealed =
      payTo === undefined
        ? (what.sealed ?? null)
        : await seal(
            canonicalJson({ payTo: { rail: payTo.rail, to: payTo.to }, language: what.language }),
            await this.seats.recipients(this.database.read, fund.fundId),
          );
    const state = await this.claims.withLocked(opened, once, async (tx, request) => {
      if (!isChangeable(request.state)) throw new Refusal("wrong-state");
      // What was sent cannot be asked for less than.
      if (amount !== undefined && amount <= request.sent) throw new Refusal("invalid", { field: "amount" });
      const otherAmount = amount !== undefined && amount !== request.amount;
      // Once the rule has picked a request, every other amount starts the signing again: that is for the person alone.
      const asksMore = otherAmount && (amount > request.amount || request.state !== "waiting");
      if (amount !== undefined) requireRight(kind, asksMore ? "ask-more" : "ask-less");
      const signedAnew = otherAmount || sealed !== null;
      const next: RequestState = signedAnew ? "waiting" : request.state;
      await tx.update(AidRequestRow, idOf(request), {
        state: next,
        version: request.version + (signedAnew ? 1 : 0),
        ...(amount === undefined ? {} : { amount }),
        ...(neededBy === undefined ? {} : { neededBy }),
        ...(sealed === null
          ? {}
          : {
              sealed,
              sealedBefore: request.sealedBefore ?? request.sealed,
              sealedHash: createHash("sha256").update(sealed).digest(),
              sealedBy: payTo === undefined ? ("browser" as const) : ("server" as const),
            }),
      });
      return next;
    });
    return publicState({ state: state as RequestState, sent: opened.request.sent }, false);
  }

  /**
   * Takes the request back; what was written goes at once. After a part was sent it means "enough": the rest is not sent, and the request has ended as paid.
   * Doing it again changes nothing.
   */
  async withdraw(opened: OpenedRequest, once: Once = null): Promise<"withdrawn" | "paid"> {
    requireRight(opened.kind, "withdraw");
    const state = await this.claims.withLocked(opened, once, async (tx, request) => {
      if (request.state === "withdrawn") return "withdrawn";
      if (request.state === "paid" && request.sent < request.amount) return "paid";
      if (!isChangeable(request.state)) throw new Refusal("wrong-state");
      if (request.sent > 0n) {
        const ended = { state: "paid" as const, version: request.version + 1, endedDay: this.today(opened) };
        await tx.update(AidRequestRow, idOf(request), ended);
        return "paid";
      }
      await tx.update(AidRequestRow, idOf(request), {
        state: "withdrawn",
        version: request.version + 1,
        sealed: null,
        sealedBefore: null,
        endedDay: this.today(opened),
      });
      await tx.query("delete from request_message where fund_id = $1 and request_id = $2", [
        request.fundId,
        request.requestId,
      ]);
      return "withdrawn";
    });
    return state === "paid" ? "paid" : "withdrawn";
  }

  /** Whoever opens a request that was set aside with a flood is somebody: it is in line again, where it was. */
  async comeBack(opened: OpenedRequest): Promise<void> {
    await this.claims.withLocked(opened, null, async (tx, request) => {
      await this.floods.comeBack(tx, request.fundId, request.requestId);
      return undefined;
    });
  }

  /** Everything goes at once, and nothing brings it back. Refuses `wrong-state` before it has ended, `legal-hold` while a court has asked for it, `helper-words`. */
  async erase(opened: OpenedRequest): Promise<void> {
    requireRight(opened.kind, "withdraw");
    await this.claims.withLocked(opened, null, async (tx, request) => {
      await this.erasure.eraseNow(tx, opened.fund, request.requestId);
      return undefined;
    });
  }

  /** The person's word about what arrived: of one part, the last one where none is named. */
  async confirm(
    opened: OpenedRequest,
    word: { readonly outcome: Outcome; readonly amount?: bigint | undefined; readonly part?: number | undefined },
    once: Once = null,
  ): Promise<void> {
    requireRight(opened.kind, "confirm");
    const { outcome, amount, part } = word;
    if (outcome === "other-amount" && (amount === undefined || amount <= 0n))
      throw new Refusal("invalid", { field: "amount" });
    await this.claims.withLocked(opened, once, async (tx, request) => {
      await this.parts.answer(tx, request, { part, outcome, amount });
      return undefined;
    });
  }

  /** Locks a message for the treasurers and for the person's own words, and keeps nothing else of it; `sealed` is one that the person's own browser locked so. */
  async write(
    opened: OpenedRequest,
    message: { readonly text: string } | { readonly sealed: string },
    once: Once = null,
  ): Promise<void> {
    requireRight(opened.kind, "messages");
    const recipients = await this.seats.recipients(this.database.read, opened.fund.fundId);
    const sealed =
      "sealed" in message ? message.sealed : await seal(message.text, [...recipients, opened.claim.recipient]);
    await this.claims.withLocked(opened, once, async (tx, request) => {
      if (request.state === "withdrawn") throw new Refusal("wrong-state");
      await tx.query(
        `insert into request_message (fund_id, message_id, request_id, ordinal, day, sender, sealed)
         select $1, $2, $3, coalesce(max(ordinal), 0) + 1, $4, 'requester', $5 from request_message where fund_id = $1 and request_id = $3`,
        [request.fundId, newId(), request.requestId, this.today(opened), sealed],
      );
    });
  }

  private today(opened: OpenedRequest): Day {
    return dayIn(opened.fund.charter.timeZone, this.clock.now());
  }
}
