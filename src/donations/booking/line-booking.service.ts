import { Injectable } from "@nestjs/common";
import { accountFee, unknownAtStripe } from "../../ledger/flows/card.js";
import { Alarms } from "../../treasurers/alarms.service.js";
import { Database } from "../../platform/database/database.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { Booking } from "./booking.service.js";
import { CardFunds, dayAt } from "./card-funds.service.js";
import type { Look } from "./stripe-events.js";
import { behind, isAccountFee, pends, type StripeLine } from "./stripe-line.js";
import { StripeLines } from "./stripe-lines.service.js";

/** Books a balance transaction that no event told of, by what is behind it. Payouts have a service of their own. */
@Injectable()
export class LineBooking {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly booking: Booking,
    private readonly funds: CardFunds,
    private readonly lines: StripeLines,
    private readonly alarms: Alarms,
  ) {}

  async bookLine(line: StripeLine): Promise<void> {
    const what = behind(line);
    if (what === "payout") return;
    if (what === "account") return this.bookAccount(line);
    const look: Look = what === "charge" ? "gift" : what === "refund" ? "refunds" : "disputes";
    const intent = await this.intentBehind(line, what);
    if (intent === null) return this.bookAccount(line);
    await this.booking.bookPayment(line.account, intent, look);
    // What that look left out is of no payment of ours: the line is written down all the same, so that it is not looked for for ever.
    await this.lines.note(line, { standing: "foreign", fundId: null });
  }

  private async intentBehind(line: StripeLine, what: "charge" | "refund" | "dispute"): Promise<string | null> {
    const stripe = this.cards.required();
    const options = onAccount(line.account);
    if (line.object === null) return null;
    const { payment_intent: intent } =
      what === "charge"
        ? await stripe.charges.retrieve(line.object, undefined, options)
        : what === "refund"
          ? await stripe.refunds.retrieve(line.object, undefined, options)
          : await stripe.disputes.retrieve(line.object, undefined, options);
    return typeof intent === "string" ? intent : (intent?.id ?? null);
  }

  /** Stripe's own fees are an expense of the fund that uses the account; what nobody knows goes to suspense, with an alarm. */
  private async bookAccount(line: StripeLine): Promise<void> {
    const fund = (await this.funds.houseFund(line.account)) ?? (await this.funds.assigned(line.account, line.id));
    if (fund === null || line.currency !== fund.currency || line.net === 0) {
      await this.lines.note(line, { standing: "unassigned", fundId: null });
      return;
    }
    const what = { source: line.id, day: dayAt(fund, line.created), net: BigInt(line.net), pends: pends(line) };
    const known = isAccountFee(line.type);
    await this.booking.book(fund, [{ line, draft: known ? accountFee(what) : unknownAtStripe(what) }]);
    if (!known) await this.alarms.raise(this.database.read, fund.fundId, "unknown-at-stripe", line.id, what.day);
  }
}
