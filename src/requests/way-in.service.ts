import { Injectable } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import { Limits } from "../platform/http/limits.js";
import { Claims, type OpenedRequest } from "./claims.service.js";

/** Where everybody with seven words comes in: the limit of their network first, then their turn. Words that open something cost no try. */
@Injectable()
export class WayIn {
  constructor(
    private readonly claims: Claims,
    private readonly limits: Limits,
  ) {}

  /** Refuses `too-many`, `busy`, `claim-code`. */
  async open(code: string, request: FastifyRequest, slug?: string): Promise<OpenedRequest> {
    await this.limits.take("claim", request);
    const opened = await this.claims.open(code, this.limits.clientOf(request) ?? undefined, slug);
    await this.limits.giveBack("claim", request);
    return opened;
  }
}
