import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { Clock } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import { Gatherer } from "../../kernel/gatherer.js";
import { Database, isBusy } from "../../platform/database/database.js";
import type { SignedEvent } from "../../platform/stripe/webhook.js";
import { nameIn, wantedBy } from "./stripe-events.js";

const GROUP_SIZE_MAX = 256;

export interface Arrived {
  readonly event: Pick<SignedEvent, "id" | "type" | "account" | "created" | "object">;
  /** Null for one that the sweep found. */
  readonly bodyHash: Buffer | null;
}

/**
 * Stores each event once, and enqueues what it asks for in the same commit. Events that arrive while a group is being written share the next one:
 * Stripe hears 200 when the group is on disk (bench `webhooks`).
 */
@Injectable()
export class StripeEvents {
  private readonly gatherer = new Gatherer<Arrived, true>(
    GROUP_SIZE_MAX,
    (arrived) => arrived.event.id,
    (_lane, items) => this.write(items),
  );

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Refuses `bad-signature` for an account that is no fund's, and `busy`: Stripe then sends it again. */
  async store(event: SignedEvent, body: Buffer): Promise<void> {
    if (event.account !== "" && !(await this.isOurs(event.account))) throw new Refusal("bad-signature");
    await this.gatherer.add("", { event, bodyHash: createHash("sha256").update(body).digest() });
  }

  /** Those that never came. Returns how many were new. */
  async storeFound(found: readonly Arrived[]): Promise<number> {
    return found.length === 0 ? 0 : this.insert(found);
  }

  private async write(items: readonly Arrived[]): Promise<true[]> {
    try {
      await this.insert(items);
      return items.map(() => true);
    } catch (error) {
      if (isBusy(error)) throw new Refusal("busy");
      throw error;
    }
  }

  private async insert(items: readonly Arrived[]): Promise<number> {
    const events = items.map((item) => item.event);
    const tasks = events.flatMap((event) => wantedBy(event).map((wanted) => ({ event: event.id, ...wanted })));
    const [answer] = await this.database.plain<{ n: number }>(
      "select store_events($1, $2, $3, $4, $5, $6, $7, $8) as n",
      [
        events.map((event) => event.id),
        events.map((event) => event.account),
        events.map((event) => event.type),
        events.map((event) => nameIn(event.object["id"])),
        events.map((event) => event.created),
        this.clock.now(),
        items.map((item) => item.bodyHash),
        JSON.stringify(tasks),
      ],
    );
    return answer?.n ?? 0;
  }

  private async isOurs(account: string): Promise<boolean> {
    const found = await this.database.plain("select 1 from card_account where account = $1", [account]);
    return found.length > 0;
  }
}
