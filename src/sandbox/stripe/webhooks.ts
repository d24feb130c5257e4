import Stripe from "stripe";
import type { Delivery } from "./store.js";
import type { PracticeStripe } from "./practice-stripe.js";

const signer = new Stripe("sk_test_practice").webhooks;
const RETRY_MS_MAX = 10_000;
const AT_ONCE_MAX = 16;

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
    const { deliveries } = this.practice.store.state;
    for (const delivery of [...deliveries]) {
      if (this.busy.size >= AT_ONCE_MAX) return;
      if (this.busy.has(delivery.eventId) || !this.isDue(delivery)) continue;
      this.busy.add(delivery.eventId);
      void this.deliver(delivery.eventId).then((done) => {
        this.busy.delete(delivery.eventId);
        delivery.attempts++;
        if (done) this.forget(delivery);
        else
          this.notBefore.set(
            delivery.eventId,
            performance.now() + Math.min(RETRY_MS_MAX, 250 * 2 ** delivery.attempts),
          );
        this.practice.store.changed();
      });
    }
  }

  private forget(delivery: Delivery): void {
    const { deliveries } = this.practice.store.state;
    const at = deliveries.indexOf(delivery);
    if (at >= 0) deliveries.splice(at, 1);
    this.notBefore.delete(delivery.eventId);
  }

  /** Each event meets its fault once: it is dropped, or comes late, or twice. */
  private isDue(delivery: Delivery): boolean {
    if (delivery.attempts === 0 && !this.notBefore.has(delivery.eventId)) {
      const fault = this.practice.faults?.delivery();
      const { deliveries } = this.practice.store.state;
      if (fault?.dropped === true) {
        deliveries.splice(deliveries.indexOf(delivery), 1);
        return false;
      }
      if (fault?.copies === 2) void this.deliver(delivery.eventId);
      this.notBefore.set(delivery.eventId, performance.now() + (fault?.delayMs ?? 0));
    }
    return (this.notBefore.get(delivery.eventId) ?? 0) <= performance.now();
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
