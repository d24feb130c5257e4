import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import type { Challenge } from "altcha-lib";
import type { FastifyRequest } from "fastify";
import { IsNull, Not } from "typeorm";
import { Clock } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database } from "../../platform/database/database.js";
import { Limits } from "../../platform/http/limits.js";
import {
  ProofNeeded,
  ProofOfWork,
  type Mark,
  type Purpose,
  type Ticket,
} from "../../platform/http/proof-of-work.service.js";
import { Tally } from "../../platform/http/tally.js";
import { CardHealth } from "./card-health.service.js";
import { CardPause } from "./card-pause.service.js";
import { DonationRow } from "../donation.entity.js";
import * as rule from "./step-up.js";

/** What a form or a caller shows for itself; the key is its Idempotency-Key. */
export interface Shown {
  readonly key: string;
  readonly proof?: string;
  readonly ticket?: string;
}

/** What a form carries while many gifts are started. */
export interface StepUp {
  readonly challenge: Challenge;
  /** For a browser without script. */
  readonly ticket: string;
}

/** Why card gifts rest, and until when where that is known. */
export interface Rest {
  readonly until: Date | null;
}

const EVERYBODY = "everybody";

/**
 * Lets starts of gifts through, so that whoever tries stolen cards pays for each try. Counts are in memory and per process: of n web processes, each allows as much.
 */
@Injectable()
export class Admission {
  private readonly networks = new Tally(rule.NETWORK_WINDOW_SECONDS);
  private readonly tries = new Tally(rule.NETWORK_WINDOW_SECONDS);
  private readonly starts = new Tally(rule.LOAD_WINDOW_SECONDS);
  private readonly sessions = new Tally(rule.SESSIONS_WINDOW_SECONDS);
  private readonly tickets = new Tally(rule.TICKETS_WINDOW_SECONDS);

  constructor(
    private readonly database: Database,
    private readonly limits: Limits,
    private readonly proofs: ProofOfWork,
    private readonly pause: CardPause,
    private readonly health: CardHealth,
    private readonly clock: Clock,
  ) {}

  /**
   * Refuses `cards-paused`, `cards-refused`, `proof-needed` (with the challenge), `ticket-waits` and `too-many`. What was started before,
   * under the same key, is let through: an answer that was lost costs nothing.
   */
  async admit(fund: Fund, request: FastifyRequest, shown: Shown): Promise<void> {
    if (await this.wasStarted(fund, shown.key)) return;
    await this.pause.mustNotBe(this.database.read, fund.fundId);
    if (this.health.isRefused(fund.fundId)) throw new Refusal("cards-refused");
    const network = this.limits.clientOf(request);
    if (network === null) return;
    const step = rule.stepFor(this.load(fund, network));
    if (step.kind === "free") this.takeSession(network);
    else if (!(await this.hasPaid(fund, network, shown))) {
      this.tries.add(network, this.clock.now());
      if (step.kind === "refused")
        throw new Refusal("too-many", { values: { seconds: rule.NETWORK_WINDOW_SECONDS / 4 } });
      throw new ProofNeeded(await this.proofs.challenge(purposeOf(fund), step.rounds));
    }
    this.count(fund, network);
  }

  /** With work, or with waiting; then it is spent. */
  private async hasPaid(fund: Fund, network: string, shown: Shown): Promise<boolean> {
    const purpose = purposeOf(fund);
    const proof = shown.proof === undefined ? null : await this.proofs.read(purpose, shown.proof);
    if (proof !== null && (await this.spent(fund, proof, network, shown.key))) return true;
    const ticket = shown.ticket === undefined ? null : await this.proofs.readTicket(purpose, shown.ticket);
    return ticket !== null && (await this.ticketSpent(fund, ticket, network, shown.key));
  }

  /** What the form must carry for this client now; null while nothing is asked for. A ticket that waits is kept. Counts nothing. */
  async stepUpFor(fund: Fund, request: FastifyRequest, ticket?: string): Promise<StepUp | null> {
    const network = this.limits.clientOf(request);
    const step = network === null ? null : rule.stepFor(this.load(fund, network));
    if (step === null || step.kind === "free") return null;
    const purpose = purposeOf(fund);
    return {
      challenge: await this.proofs.challenge(purpose, step.rounds),
      ticket: ticket ?? (await this.proofs.ticket(purpose)),
    };
  }

  /** Null while card gifts go. */
  async rest(fund: Fund): Promise<Rest | null> {
    const until = await this.pause.until(this.database.read, fund.fundId);
    return until !== null || this.health.isRefused(fund.fundId) ? { until } : null;
  }

  private load(fund: Fund, network: string): rule.Load {
    const now = this.clock.now();
    return {
      network: this.networks.count(network, now),
      fund: this.starts.count(fund.fundId, now),
      server: this.starts.count(EVERYBODY, now),
      tries: this.tries.count(network, now),
    };
  }

  private count(fund: Fund, network: string): void {
    const now = this.clock.now();
    this.networks.add(network, now);
    this.starts.add(fund.fundId, now);
    this.starts.add(EVERYBODY, now);
  }

  /** One of the card pages that may be opened in this minute; taken before anything is spent, so that a wait costs no proof. Refuses `too-many`. */
  private takeSession(network: string): void {
    const now = this.clock.now();
    const opened = { network: this.sessions.count(network, now), server: this.sessions.count(EVERYBODY, now) };
    if (!rule.mayOpenSession(opened))
      throw new Refusal("too-many", { values: { seconds: rule.SESSIONS_WINDOW_SECONDS } });
    for (const name of [network, EVERYBODY]) this.sessions.add(name, now);
  }

  private async spent(fund: Fund, mark: Mark, network: string, key: string): Promise<boolean> {
    this.takeSession(network);
    const spent = await this.proofs.spend(fund.fundId, mark, key);
    if (!spent) for (const name of [network, EVERYBODY]) this.sessions.add(name, this.clock.now(), -1);
    return spent;
  }

  /** Refuses `ticket-waits` while it is not ripe, or not its turn: it stays good. */
  private async ticketSpent(fund: Fund, ticket: Ticket, network: string, key: string): Promise<boolean> {
    const now = this.clock.now();
    if (ticket.ripeInSeconds > 0) throw new Refusal("ticket-waits", { values: { seconds: ticket.ripeInSeconds } });
    const used = { network: this.tickets.count(network, now), server: this.tickets.count(EVERYBODY, now) };
    if (!rule.ticketHasTurn(used))
      throw new Refusal("ticket-waits", { values: { seconds: rule.TICKETS_WINDOW_SECONDS / 2 } });
    // Counted before it is spent, and taken back when it was spent before: many at once do not slip through.
    for (const name of [network, EVERYBODY]) this.tickets.add(name, now);
    if (await this.spent(fund, ticket, network, key)) return true;
    for (const name of [network, EVERYBODY]) this.tickets.add(name, now, -1);
    return false;
  }

  private wasStarted(fund: Fund, key: string): Promise<boolean> {
    const keyHash = createHash("sha256").update(key).digest();
    return this.database.read.existsBy(DonationRow, { fundId: fund.fundId, keyHash, checkoutUrl: Not(IsNull()) });
  }
}

const purposeOf = (fund: Fund): Purpose => ({ fundId: fund.fundId, form: "give" });
