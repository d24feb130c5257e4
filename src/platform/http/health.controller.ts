import { Controller, Get, Headers, HttpCode, Inject, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import { timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { collectDefaultMetrics, register } from "prom-client";
import { Refusal } from "../../kernel/refusal.js";
import { METRICS_TOKEN } from "../config/tokens.js";
import { Database } from "../database/database.js";

@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    private readonly database: Database,
    @Inject(METRICS_TOKEN) private readonly token: string | null,
  ) {
    if (!register.getSingleMetric("process_cpu_user_seconds_total")) collectDefaultMetrics();
  }

  /** The process answers. */
  @Get("healthz")
  @HttpCode(200)
  alive(): { status: "ok" } {
    return { status: "ok" };
  }

  /** The process can do its work: the database answers. */
  @Get("readyz")
  async ready(): Promise<{ status: "ready" }> {
    try {
      await this.database.read.query("select 1");
    } catch {
      throw new Refusal("busy");
    }
    return { status: "ready" };
  }

  /** On loopback, or with the token. */
  @Get("metrics")
  async metrics(
    @Req() request: FastifyRequest,
    @Headers("authorization") authorization: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const loopback = request.ip === "127.0.0.1" || request.ip === "::1";
    if (!loopback && !this.isToken(authorization)) throw new Refusal("no-such-page");
    void reply.type(register.contentType).send(await register.metrics());
  }

  private isToken(authorization: unknown): boolean {
    if (this.token === null || typeof authorization !== "string") return false;
    const given = Buffer.from(authorization);
    const wanted = Buffer.from(`Bearer ${this.token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
