import { createHmac } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { randomBytes } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";

/** How many tries a client has, per lane: [tries, seconds]. */
export const LANES = {
  claim: [10, 60],
  passkey: [20, 60],
  mail: [10, 3600],
} as const;
export type Lane = keyof typeof LANES;

/** Outside practice, what comes from this machine itself comes through an onion service or a tunnel: many people behind one address have so many times the tries of one network. */
export const SHARED_TIMES = 30;

/**
 * Limits per client, in memory. A client is an HMAC of its network (IPv4 /24, IPv6 /48) under a key that lives as long as this process:
 * no address is kept or written. In practice, loopback is not limited, so that many people can try things on one machine.
 */
export class Limits {
  private readonly key = randomBytes(32);
  private readonly lanes = lanes(1);
  private readonly shared = lanes(SHARED_TIMES);

  constructor(private readonly exemptLoopback: boolean) {}

  /** The name under which a client is counted; null for one that is not limited. */
  clientOf(request: FastifyRequest): string | null {
    if (this.exemptLoopback && isLoopback(request.ip)) return null;
    return createHmac("sha256", this.key).update(networkOf(request.ip)).digest("base64");
  }

  /** Takes one try. Refuses `too-many` with the seconds to wait. */
  async take(lane: Lane, request: FastifyRequest): Promise<void> {
    const client = this.clientOf(request);
    if (client === null) return;
    try {
      await this.limiter(lane, request).consume(client);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new Refusal("too-many", {
        values: { seconds: (error.msBeforeNext + 999 - ((error.msBeforeNext + 999) % 1000)) / 1000 },
      });
    }
  }

  /** For a try that was right. */
  async giveBack(lane: Lane, request: FastifyRequest): Promise<void> {
    const client = this.clientOf(request);
    if (client !== null) await this.limiter(lane, request).reward(client);
  }

  private limiter(lane: Lane, request: FastifyRequest): RateLimiterMemory {
    return (isLoopback(request.ip) ? this.shared : this.lanes)[lane];
  }
}

function lanes(times: number): Record<Lane, RateLimiterMemory> {
  const lane = (name: Lane): RateLimiterMemory =>
    new RateLimiterMemory({ points: LANES[name][0] * times, duration: LANES[name][1] });
  return { claim: lane("claim"), passkey: lane("passkey"), mail: lane("mail") };
}

const isLoopback = (ip: string): boolean => ip.startsWith("127.") || ip === "::1" || ip === "::ffff:127.0.0.1";

/** The part of an address that stands for a household or an office. */
export function networkOf(ip: string): string {
  const v4 = /(\d+\.\d+\.\d+)\.\d+$/.exec(ip);
  return v4?.[1] ?? ip.split(":").slice(0, 3).join(":");
}
