import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import Stripe from "stripe";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId, newToken } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { AMOUNT_MAX, toJsonAmount } from "../kernel/money.js";
import type { Fund } from "../funds/funds.service.js";
import { TreasurerRow } from "../treasurers/treasurer.entity.js";
import { Database, type Tx } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { CardService } from "../platform/stripe/stripe.js";
import { CardHealth, isKeyRefused } from "./card-health.service.js";
import { CARD_GIFT_MIN, chargedWithFee } from "./donation.js";
import { DonationRow } from "./donation.entity.js";

export interface GiftWish {
  readonly amount: bigint;
  readonly coverFee: boolean;
  /** The same key and the same wish give the same checkout. */
  readonly key: string;
}

export interface StartedGift {
  readonly id: string;
  readonly checkoutUrl: string;
  readonly receiptUrl: string;
}

/** Starts gifts by card: a row of ours first, then a Checkout Session under a key that is derived from the row. */
@Injectable()
export class Checkout {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
    private readonly health: CardHealth,
  ) {}

  /** Gifts open with the first treasurer. */
  async isOpen(tx: Tx, fund: Fund): Promise<boolean> {
    if (fund.state === "open" || fund.state === "winding-down") return true;
    return fund.state === "founding" && (await tx.existsBy(TreasurerRow, { fundId: fund.fundId }));
  }

  get cardsAreOn(): boolean {
    return this.cards.stripe !== null;
  }

  /** Refuses `invalid`, `gifts-closed`, `cards-off`, `key-used-before`, `cards-refused` and `stripe-unreachable`. Nothing is charged here. */
  async start(fund: Fund, wish: GiftWish): Promise<StartedGift> {
    const stripe = this.cards.required();
    const charged = wish.coverFee ? chargedWithFee(wish.amount) : wish.amount;
    if (wish.amount < CARD_GIFT_MIN || charged > AMOUNT_MAX) throw new Refusal("invalid", { field: "amount" });
    const donation = await this.database.atomically(async (tx) => {
      if (!(await this.isOpen(tx, fund))) throw new Refusal("gifts-closed");
      return this.rowFor(tx, fund, wish);
    });
    const receiptUrl = `${this.address.origin}/${fund.slug}/receipts/${donation.receiptToken}`;
    if (donation.checkoutUrl !== null)
      return { id: donation.donationId, checkoutUrl: donation.checkoutUrl, receiptUrl };
    const session = await this.openSession(stripe, fund, donation, receiptUrl);
    await this.database.read.update(
      DonationRow,
      { fundId: fund.fundId, donationId: donation.donationId },
      { checkoutSession: session.id, checkoutUrl: session.url },
    );
    return { id: donation.donationId, checkoutUrl: session.url, receiptUrl };
  }

  async byReceipt(fund: Fund, token: string): Promise<DonationRow> {
    const donation = /^[\w-]{43}$/.test(token)
      ? await this.database.read.findOneBy(DonationRow, { fundId: fund.fundId, receiptToken: token })
      : null;
    if (!donation) throw new Refusal("no-such-page");
    return donation;
  }

  private async rowFor(tx: Tx, fund: Fund, wish: GiftWish): Promise<DonationRow> {
    const keyHash = createHash("sha256").update(wish.key).digest();
    const fingerprint = createHash("sha256")
      .update(`${wish.amount} ${String(wish.coverFee)}`)
      .digest();
    await tx.createQueryBuilder().insert().into(DonationRow).orIgnore().values({
      fundId: fund.fundId, donationId: newId(), amount: wish.amount, charged: wish.coverFee ? chargedWithFee(wish.amount) : wish.amount, frequency: "once",
      day: dayIn(fund.charter.timeZone, this.clock.now()), keyHash, fingerprint, receiptToken: newToken(), checkoutSession: null, checkoutUrl: null,
      charterVersion: fund.charterVersion, displayName: null, cardAccount: null, subscription: null, endedDay: null,
    }).updateEntity(false).execute(); // prettier-ignore
    const donation = await tx.findOneByOrFail(DonationRow, { fundId: fund.fundId, keyHash });
    if (!donation.fingerprint.equals(fingerprint)) throw new Refusal("key-used-before");
    return donation;
  }

  private async openSession(
    stripe: Stripe,
    fund: Fund,
    donation: DonationRow,
    receiptUrl: string,
  ): Promise<{ id: string; url: string }> {
    const metadata = { fund: fund.fundId, donation: donation.donationId };
    try {
      const session = await stripe.checkout.sessions.create(
        {
          mode: "payment",
          submit_type: "donate",
          line_items: [
            {
              quantity: 1,
              price_data: {
                currency: fund.currency,
                unit_amount: toJsonAmount(donation.charged),
                product_data: { name: fund.charter.name },
              },
            },
          ],
          metadata,
          payment_intent_data: { metadata },
          success_url: receiptUrl,
          cancel_url: `${this.address.origin}/${fund.slug}/give?cancelled=1`,
        },
        { idempotencyKey: `checkout:${donation.donationId}` },
      );
      if (session.url === null) throw new Refusal("stripe-unreachable");
      return { id: session.id, url: session.url };
    } catch (error) {
      if (isKeyRefused(error)) throw await this.health.refused(fund, error);
      if (error instanceof Stripe.errors.StripeInvalidRequestError) throw new Refusal("invalid", { field: "amount" });
      if (error instanceof Stripe.errors.StripeError) throw new Refusal("stripe-unreachable");
      throw error;
    }
  }
}
