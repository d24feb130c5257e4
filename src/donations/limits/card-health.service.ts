import { Inject, Injectable } from "@nestjs/common";
import Stripe from "stripe";
import { Clock, dayIn } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { REPORT, type Report } from "../../platform/config/tokens.js";
import { Alarms } from "../../treasurers/alarms.service.js";
import { Database } from "../../platform/database/database.js";

/** So long a refusal of Stripe's is believed without asking again. */
const BELIEVED_SECONDS = 60;

/** Whether Stripe takes our key, as far as the last start of a gift told. */
@Injectable()
export class CardHealth {
  /** By fund: a fund may have an account of its own. */
  private readonly refusedAt = new Map<string, Date>();

  constructor(
    private readonly database: Database,
    private readonly alarms: Alarms,
    private readonly clock: Clock,
    @Inject(REPORT) private readonly report: Report,
  ) {}

  /** Did Stripe refuse us a moment ago? After a minute the next gift asks again. */
  isRefused(fundId: string): boolean {
    const at = this.refusedAt.get(fundId);
    return at !== undefined && this.clock.now().getTime() - at.getTime() < BELIEVED_SECONDS * 1000;
  }

  /** Stripe said 401 or 403: a key that was revoked, an account that is frozen. Tells the desk and the operator, once a day and once a minute, and is the refusal to throw. */
  async refused(fund: Fund, error: Stripe.errors.StripeError): Promise<Refusal> {
    if (!this.isRefused(fund.fundId))
      this.report(`Stripe refuses the key or the account of ${fund.slug} (${error.type}): its card gifts are off`);
    this.refusedAt.set(fund.fundId, this.clock.now());
    const day = dayIn(fund.charter.timeZone, this.clock.now());
    await this.alarms.raise(this.database.read, fund.fundId, "cards-refused", day, day);
    return new Refusal("cards-refused");
  }
}

/** Is it our key or account that Stripe does not take, and not what we asked for? */
export function isKeyRefused(error: unknown): error is Stripe.errors.StripeError {
  return (
    error instanceof Stripe.errors.StripeAuthenticationError || error instanceof Stripe.errors.StripePermissionError
  );
}
