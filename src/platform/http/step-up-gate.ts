import type { Challenge } from "altcha-lib";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Limits } from "./limits.js";
import { ProofNeeded, type Mark, type ProofOfWork, type Purpose, type Ticket } from "./proof-of-work.service.js";
import * as rules from "./step-up.js";
import { Tally } from "./tally.js";

/** Where a caller of the API shows its proof. */
export const PROOF_HEADER = "proof-of-work";
export const PROOF_DESCRIPTION =
  "While many are sent: the answer to the `challenge` of a `proof-needed` problem, as ALTCHA's payload (base64 of {challenge, solution}). Good for ten minutes and one use at that fund.";

/** What a form or a caller shows for itself; the key is its Idempotency-Key. */
export interface Shown {
  readonly key: string;
  readonly proof?: string;
  readonly ticket?: string;
}

/** What a form carries while many are sent. */
export interface StepUp {
  readonly challenge: Challenge;
  /** For a browser without script. */
  readonly ticket: string;
}

/** How a form was let through. */
export type Passed = "free" | "proof" | "ticket";

export const EVERYBODY = "everybody";

/** Room for what a form costs besides, taken before anything is spent and given back when it was not. */
export interface Room {
  take(network: string): void;
  giveBack(network: string): void;
}

/**
 * Lets a form through that anybody may send, so that whoever sends many pays for each, with work or with waiting, and nobody is locked out. Counts are in memory and per
 * process: of n web processes, each allows as much.
 */
export class StepUpGate {
  private readonly networks = new Tally(rules.NETWORK_WINDOW_SECONDS);
  private readonly tries = new Tally(rules.NETWORK_WINDOW_SECONDS);
  private readonly sent = new Tally(rules.LOAD_WINDOW_SECONDS);
  private readonly tickets = new Tally(rules.TICKETS_WINDOW_SECONDS);

  constructor(
    private readonly form: Purpose["form"],
    private readonly rule: rules.StepUpRule,
    private readonly limits: Limits,
    private readonly proofs: ProofOfWork,
    private readonly clock: Clock,
    private readonly room: Room | null = null,
  ) {}

  /** Refuses `proof-needed` (with the challenge), `ticket-waits` and `too-many`. */
  async pass(fundId: string, request: FastifyRequest, shown: Shown): Promise<Passed> {
    const network = this.limits.clientOf(request);
    if (network === null) return "free";
    const step = rules.stepFor(this.rule, this.load(fundId, network));
    let passed: Passed = "free";
    if (step.kind === "free") this.room?.take(network);
    else {
      const paid = await this.paid(fundId, network, shown);
      if (paid === null) {
        this.tries.add(network, this.clock.now());
        if (step.kind === "refused")
          throw new Refusal("too-many", { values: { seconds: rules.NETWORK_WINDOW_SECONDS / 4 } });
        throw new ProofNeeded(await this.proofs.challenge(this.purpose(fundId), step.rounds));
      }
      passed = paid;
    }
    this.count(fundId, network);
    return passed;
  }

  /** What the form must carry for this client now; null while nothing is asked for. A ticket that waits is kept. Counts nothing. */
  async stepUpFor(fundId: string, request: FastifyRequest, ticket?: string): Promise<StepUp | null> {
    const network = this.limits.clientOf(request);
    const step = network === null ? null : rules.stepFor(this.rule, this.load(fundId, network));
    if (step === null || step.kind === "free") return null;
    const purpose = this.purpose(fundId);
    return {
      challenge: await this.proofs.challenge(purpose, step.rounds),
      ticket: ticket ?? (await this.proofs.ticket(purpose)),
    };
  }

  /** With work, or with waiting; then it is spent. */
  private async paid(fundId: string, network: string, shown: Shown): Promise<Passed | null> {
    const purpose = this.purpose(fundId);
    const proof = shown.proof === undefined ? null : await this.proofs.read(purpose, shown.proof);
    if (proof !== null && (await this.spent(fundId, proof, network, shown.key))) return "proof";
    const ticket = shown.ticket === undefined ? null : await this.proofs.readTicket(purpose, shown.ticket);
    return ticket !== null && (await this.ticketSpent(fundId, ticket, network, shown.key)) ? "ticket" : null;
  }

  private load(fundId: string, network: string): rules.Load {
    const now = this.clock.now();
    return {
      network: this.networks.count(network, now),
      fund: this.sent.count(fundId, now),
      server: this.sent.count(EVERYBODY, now),
      tries: this.tries.count(network, now),
    };
  }

  private count(fundId: string, network: string): void {
    const now = this.clock.now();
    this.networks.add(network, now);
    this.sent.add(fundId, now);
    this.sent.add(EVERYBODY, now);
  }

  private async spent(fundId: string, mark: Mark, network: string, key: string): Promise<boolean> {
    this.room?.take(network);
    const spent = await this.proofs.spend(fundId, mark, key);
    if (!spent) this.room?.giveBack(network);
    return spent;
  }

  /** Refuses `ticket-waits` while it is not ripe, or not its turn: it stays good. */
  private async ticketSpent(fundId: string, ticket: Ticket, network: string, key: string): Promise<boolean> {
    const now = this.clock.now();
    if (ticket.ripeInSeconds > 0) throw new Refusal("ticket-waits", { values: { seconds: ticket.ripeInSeconds } });
    const used = { network: this.tickets.count(network, now), server: this.tickets.count(EVERYBODY, now) };
    if (!rules.ticketHasTurn(this.rule, used))
      throw new Refusal("ticket-waits", { values: { seconds: rules.TICKETS_WINDOW_SECONDS / 2 } });
    // Counted before it is spent, and taken back when it was spent before: many at once do not slip through.
    for (const name of [network, EVERYBODY]) this.tickets.add(name, now);
    if (await this.spent(fundId, ticket, network, key)) return true;
    for (const name of [network, EVERYBODY]) this.tickets.add(name, now, -1);
    return false;
  }

  private purpose(fundId: string): Purpose {
    return { fundId, form: this.form };
  }
}
