import { Injectable } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import { Clock } from "../../kernel/clock.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database } from "../../platform/database/database.js";
import { Limits } from "../../platform/http/limits.js";
import { ProofOfWork } from "../../platform/http/proof-of-work.service.js";
import { StepUpGate, type Shown, type StepUp } from "../../platform/http/step-up-gate.js";
import { RequestKeys } from "../request-keys.service.js";
import { ASK_STEP_UP } from "./ask-step-up.js";

/** Lets requests through: nobody is locked out, and whoever sends thousands works or waits for each. */
@Injectable()
export class AskAdmission {
  private readonly gate: StepUpGate;

  constructor(
    private readonly database: Database,
    private readonly keys: RequestKeys,
    limits: Limits,
    proofs: ProofOfWork,
    private readonly clock: Clock,
  ) {
    this.gate = new StepUpGate("ask", ASK_STEP_UP, limits, proofs, clock);
  }

  /** Refuses `proof-needed` (with the challenge), `ticket-waits` and `too-many`. What came before under the same key is let through: it gets its answer again. */
  async admit(fund: Fund, request: FastifyRequest, shown: Shown): Promise<void> {
    if (await this.keys.isKnown(this.database.read, fund.fundId, shown.key, this.clock.now())) return;
    await this.gate.pass(fund.fundId, request, shown);
  }

  stepUpFor(fund: Fund, request: FastifyRequest, ticket?: string): Promise<StepUp | null> {
    return this.gate.stepUpFor(fund.fundId, request, ticket);
  }
}
