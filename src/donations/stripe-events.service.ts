import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { Clock } from "../kernel/clock.js";
import { changed, Database } from "../platform/database/database.js";
import { Jobs } from "../platform/jobs/jobs.js";
import type { SignedEvent } from "../platform/stripe/webhook.js";

export const BOOK_PAYMENT = "donations.book-payment";
export const BOOK_AVAILABLE = "donations.book-available";
export const BOOK_BANK = "donations.book-bank";

/** Stores each event once, and enqueues what it asks for in the same transaction. What an event says about money is never believed: jobs fetch the object again. */
@Injectable()
export class StripeEvents {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
  ) {}

  async store(event: SignedEvent, body: Buffer): Promise<void> {
    await this.database.atomically(async (tx) => {
      const objectId = typeof event.object["id"] === "string" ? event.object["id"] : null;
      const stored = await changed(
        tx,
        `insert into stripe_event (event_id, type, object_id, created_at, received_at, body_hash) values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning event_id`,
        [event.id, event.type, objectId, event.created, this.clock.now(), createHash("sha256").update(body).digest()],
      );
      if (stored.length === 0) return;
      const intent = paymentIntentOf(event);
      if (intent !== null)
        await this.jobs.enqueue(tx, BOOK_PAYMENT, { paymentIntent: intent }, { jobKey: `payment:${intent}` });
      if (event.type === "payout.paid" && objectId !== null)
        await this.jobs.enqueue(tx, BOOK_BANK, { payout: objectId }, { jobKey: `payout:${objectId}` });
    });
  }
}

/** The PaymentIntent that an event is about, whatever kind of event it is; null when it is about none. */
export function paymentIntentOf(event: Pick<SignedEvent, "type" | "object">): string | null {
  const { object, id, payment_intent: named } = event.object;
  const found = object === "payment_intent" ? id : named;
  return typeof found === "string" &&
    /^pi_\w+$/.test(found) &&
    /^(checkout\.session|payment_intent|charge|refund)\./.test(event.type)
    ? found
    : null;
}
