import { createHash, createHmac } from "node:crypto";
import { Injectable } from "@nestjs/common";
import Stripe from "stripe";
import { Clock, dayIn } from "../../kernel/clock.js";
import { newId, newToken } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import { AMOUNT_MAX, toJsonAmount } from "../../kernel/money.js";
import type { Fund } from "../../funds/funds.service.js";
import { purposeOf } from "../../funds/purpose.js";
import { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import { Database, row, type Tx } from "../../platform/database/database.js";
import { PublicAddress } from "../../platform/http/address.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { CardHealth, isKeyRefused } from "../limits/card-health.service.js";
import { cardGiftMin, cardStep, chargedWithFee, takesCards, type Frequency } from "../donation.js";
import { PledgesEnd } from "../pledges/pledges-end.service.js";
import { DonationRow } from "../donation.entity.js";

export interface GiftWish {
  readonly amount: bigint;
  readonly coverFee: boolean;
  readonly frequency: Frequency;
  /** Under which the donor asks to be shown; null for none. */
  readonly displayName: string | null;
  /** What the donor saw that it is for (`purposeOf`); null when nothing was said. */
  readonly purpose: string | null;
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
    private readonly pledgesEnd: PledgesEnd,
  ) {}

  /** Gifts open with the first treasurer. */
  async isOpen(tx: Tx, fund: Fund): Promise<boolean> {
    if (fund.state === "open" || fund.state === "winding-down") return true;
    return fund.state === "founding" && (await tx.existsBy(TreasurerRow, { fundId: fund.fundId }));
  }

  takesCardsFor(fund: Fund): boolean {
    return this.cards.stripe !== null && takesCards(fund.currency);
  }

  /** Refuses `invalid`, `purpose-changed`, `gifts-closed`, `monthly-ended`, `cards-off`, `key-used-before`, `cards-refused` and `stripe-unreachable`. Nothing is charged here. */
  async start(fund: Fund, wish: GiftWish): Promise<StartedGift> {
    this.cards.required();
    if (!takesCards(fund.currency)) throw new Refusal("cards-off");
    const charged = chargedFor(wish, fund.currency);
    if (wish.amount < cardGiftMin(fund.currency) || charged % cardStep(fund.currency) !== 0n || charged > AMOUNT_MAX)
      throw new Refusal("invalid", { field: "amount" });
    if (wish.purpose !== null && wish.purpose !== purposeOf(fund.charter)) throw new Refusal("purpose-changed");
    const donation = await this.database.atomically(async (tx) => {
      if (!(await this.isOpen(tx, fund))) throw new Refusal("gifts-closed");
      if (wish.frequency === "monthly") await this.pledgesEnd.mustTakeMonthly(tx, fund.fundId);
      return this.rowFor(tx, fund, wish, await this.accountOf(tx, fund));
    });
    const receiptUrl = `${this.address.origin}/${fund.slug}/receipts/${donation.receiptToken}`;
    if (donation.checkoutUrl !== null)
      return { id: donation.donationId, checkoutUrl: donation.checkoutUrl, receiptUrl };
    const session = await this.openSession(fund, donation, receiptUrl);
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

  /** A fund with its own account takes its gifts there (direct charges). */
  private async accountOf(tx: Tx, fund: Fund): Promise<string | null> {
    const found = await row<{ account: string }>(tx, "select account from card_account where fund_id = $1", [
      fund.fundId,
    ]);
    return found?.account ?? null;
  }

  private async rowFor(tx: Tx, fund: Fund, wish: GiftWish, cardAccount: string | null): Promise<DonationRow> {
    const keyHash = createHash("sha256").update(wish.key).digest();
    // Under the key, which we do not keep: a name that is taken away again cannot be guessed from what is left.
    const fingerprint = createHmac("sha256", wish.key)
      .update(JSON.stringify([wish.amount.toString(), wish.coverFee, wish.frequency, wish.displayName]))
      .digest();
    await tx.createQueryBuilder().insert().into(DonationRow).orIgnore().values({
      fundId: fund.fundId, donationId: newId(), amount: wish.amount, charged: chargedFor(wish, fund.currency), frequency: wish.frequency,
      day: dayIn(fund.charter.timeZone, this.clock.now()), keyHash, fingerprint, receiptToken: newToken(), checkoutSession: null, checkoutUrl: null,
      charterVersion: fund.charterVersion, displayName: wish.displayName, cardAccount, subscription: null, renewalFailedDay: null, endedDay: null,
    }).updateEntity(false).execute(); // prettier-ignore
    const donation = await tx.findOneByOrFail(DonationRow, { fundId: fund.fundId, keyHash });
    if (!donation.fingerprint.equals(fingerprint)) throw new Refusal("key-used-before");
    return donation;
  }

  private async openSession(
    fund: Fund,
    donation: DonationRow,
    receiptUrl: string,
  ): Promise<{ id: string; url: string }> {
    try {
      const session = await this.cards.required().checkout.sessions.create(
        {
          ...sessionFor(fund, donation),
          success_url: receiptUrl,
          cancel_url: `${this.address.origin}/${fund.slug}/give?cancelled=1`,
        },
        { idempotencyKey: `checkout:${donation.donationId}`, ...onAccount(donation.cardAccount ?? "") },
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

/** What Stripe is asked for. Our names travel with the payment itself, or with the subscription, whose payments carry none. */
function sessionFor(fund: Fund, donation: DonationRow): Stripe.Checkout.SessionCreateParams {
  const metadata = { fund: fund.fundId, donation: donation.donationId };
  const monthly = donation.frequency === "monthly";
  const price_data = {
    currency: fund.currency,
    unit_amount: toJsonAmount(donation.charged),
    product_data: { name: fund.charter.name },
    ...(monthly ? { recurring: { interval: "month" as const } } : {}),
  };
  const line_items = [{ quantity: 1, price_data }];
  return monthly
    ? { mode: "subscription", line_items, metadata, subscription_data: { metadata } }
    : { mode: "payment", submit_type: "donate", line_items, metadata, payment_intent_data: { metadata } };
}

/** What the card is asked for. */
function chargedFor(wish: GiftWish, currency: string): bigint {
  return wish.coverFee ? chargedWithFee(wish.amount, currency) : wish.amount;
}
