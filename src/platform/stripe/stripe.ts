import Stripe from "stripe";
import { Refusal } from "../../kernel/refusal.js";
import type { StripeSettings } from "../config/config.js";

/** Pinned: the shape of what Stripe sends does not change under us. */
export const STRIPE_API_VERSION = "2026-10-28.endive";

export function makeStripe(settings: StripeSettings): Stripe {
  return new Stripe(settings.secretKey, {
    apiVersion: STRIPE_API_VERSION,
    timeout: 20_000,
    maxNetworkRetries: 2,
    telemetry: false,
    ...(settings.host ? { host: settings.host.hostname, port: settings.host.port, protocol: "http" as const } : {}),
  });
}

/** Whose account at Stripe a call is for: a connected one, or the server's own (empty). */
export function onAccount(account: string): Stripe.RequestOptions | undefined {
  return account === "" ? undefined : { stripeAccount: account };
}

/** The card service of this server; without keys, card gifts are off and everything else works. */
export class CardService {
  readonly stripe: Stripe | null;

  constructor(readonly settings: StripeSettings | null) {
    this.stripe = settings ? makeStripe(settings) : null;
  }

  /** Where the donor's browser is sent to pay: the give page's form may go there and nowhere else. */
  get checkoutOrigin(): string {
    return this.settings?.host ? `http://localhost:${this.settings.host.port}` : "https://checkout.stripe.com";
  }

  /** Where a donor looks after a monthly gift. */
  get portalOrigin(): string {
    return this.settings?.host ? this.checkoutOrigin : "https://billing.stripe.com";
  }

  /** Refuses `cards-off` when there is no key. */
  required(): Stripe {
    if (!this.stripe) throw new Refusal("cards-off");
    return this.stripe;
  }
}
