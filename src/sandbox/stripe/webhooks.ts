import Stripe from "stripe";
import type { PracticeStripe } from "./practice-stripe.js";

const signer = new Stripe("sk_test_practice").webhooks;
const RETRY_MS_MAX = 10_000;

/** Delivers events as Stripe does: signed, several at once, again and again until somebody says 200. */
export class Webhooks {
  private readonly busy = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private readonly notBefore = new Map<string, number>();

  constructor(
    private readonly practice: PracticeStripe,
    private readonly endpoint: () => string | null,
    private readonly secret: string,
    tickMs = 50,
  ) {
    this.timer = setInterval(() => this.tick(), tickMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    if (this.endpoint() === null) return;
    const due = this.practice.store.state.deliveries.filter(
      (d) => !this.busy.has(d.eventId) && (this.notBefore.get(d.eventId) ?? 0) <= performance.now(),
    );
    for (const delivery of due.slice(0, 8 - this.busy.size)) {
      this.busy.add(delivery.eventId);
      void this.deliver(delivery.eventId).then((done) => {
        this.busy.delete(delivery.eventId);
        const { deliveries } = this.practice.store.state;
        delivery.attempts++;
        if (done) deliveries.splice(deliveries.indexOf(delivery), 1);
        else
          this.notBefore.set(
            delivery.eventId,
            performance.now() + Math.min(RETRY_MS_MAX, 250 * 2 ** delivery.attempts),
          );
        this.practice.store.changed();
      });
    }
  }

  private async deliver(eventId: string): Promise<boolean> {
    const payload = JSON.stringify(this.practice.store.state.events[eventId], null, 2);
    const signature = signer.generateTestHeaderString({ payload, secret: this.secret, timestamp: this.practice.now() });
    try {
      const answer = await fetch(this.endpoint() ?? "", {
        method: "POST",
        headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature },
        body: payload,
        signal: AbortSignal.timeout(10_000),
      });
      return answer.status === 200;
    } catch {
      return false;
    }
  }
}
