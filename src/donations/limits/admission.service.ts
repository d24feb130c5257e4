import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import { IsNull, Not } from "typeorm";
import { Clock } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database } from "../../platform/database/database.js";
import { Limits } from "../../platform/http/limits.js";
import { ProofOfWork } from "../../platform/http/proof-of-work.service.js";
import { EVERYBODY, StepUpGate, type Room, type Shown, type StepUp } from "../../platform/http/step-up-gate.js";
import { Tally } from "../../platform/http/tally.js";
import { CardHealth } from "./card-health.service.js";
import { CardPause } from "./card-pause.service.js";
import { DonationRow } from "../donation.entity.js";
import { GIFT_STEP_UP, mayOpenSession, SESSIONS_WINDOW_SECONDS } from "./gift-step-up.js";

/** Why card gifts rest, and until when where that is known. */
export interface Rest {
  readonly until: Date | null;
}

/** Lets starts of gifts through, so that whoever tries stolen cards pays for each try. */
@Injectable()
export class Admission {
  private readonly gate: StepUpGate;

  constructor(
    private readonly database: Database,
    limits: Limits,
    proofs: ProofOfWork,
    private readonly pause: CardPause,
    private readonly health: CardHealth,
    clock: Clock,
  ) {
    this.gate = new StepUpGate("give", GIFT_STEP_UP, limits, proofs, clock, new CardPages(clock));
  }

  /**
   * Refuses `cards-paused`, `cards-refused`, `proof-needed` (with the challenge), `ticket-waits` and `too-many`. What was started before,
   * under the same key, is let through: an answer that was lost costs nothing.
   */
  async admit(fund: Fund, request: FastifyRequest, shown: Shown): Promise<void> {
    if (await this.wasStarted(fund, shown.key)) return;
    await this.pause.mustNotBe(this.database.read, fund.fundId);
    if (this.health.isRefused(fund.fundId)) throw new Refusal("cards-refused");
    await this.gate.pass(fund.fundId, request, shown);
  }

  /** What the form must carry for this client now; null while nothing is asked for. */
  stepUpFor(fund: Fund, request: FastifyRequest, ticket?: string): Promise<StepUp | null> {
    return this.gate.stepUpFor(fund.fundId, request, ticket);
  }

  /** Null while card gifts go. */
  async rest(fund: Fund): Promise<Rest | null> {
    const until = await this.pause.until(this.database.read, fund.fundId);
    return until !== null || this.health.isRefused(fund.fundId) ? { until } : null;
  }

  private wasStarted(fund: Fund, key: string): Promise<boolean> {
    const keyHash = createHash("sha256").update(key).digest();
    return this.database.read.existsBy(DonationRow, { fundId: fund.fundId, keyHash, checkoutUrl: Not(IsNull()) });
  }
}

/** The card pages that may be opened in this minute; taken before anything is spent, so that a wait costs no proof. */
class CardPages implements Room {
  private readonly opened = new Tally(SESSIONS_WINDOW_SECONDS);

  constructor(private readonly clock: Clock) {}

  take(network: string): void {
    const now = this.clock.now();
    const opened = { network: this.opened.count(network, now), server: this.opened.count(EVERYBODY, now) };
    if (!mayOpenSession(opened)) throw new Refusal("too-many", { values: { seconds: SESSIONS_WINDOW_SECONDS } });
    for (const name of [network, EVERYBODY]) this.opened.add(name, now);
  }

  giveBack(network: string): void {
    for (const name of [network, EVERYBODY]) this.opened.add(name, this.clock.now(), -1);
  }
}
