import { Injectable } from "@nestjs/common";
import { Clock, dayIn, daysBetween } from "../../kernel/clock.js";
import type { Fund } from "../../funds/funds.service.js";
import { PublicReceipts, type PublicPlace } from "../../publication/public-receipts.service.js";
import type { ReceiptFile } from "../../publication/receipt.js";
import { Database, row } from "../../platform/database/database.js";
import type { DonationRow } from "../donation.entity.js";
import { GiftLines } from "./gift-lines.service.js";
import { receiptNumber, totalsOf, type GiftLine } from "./yearly.js";

/** A monthly gift as its donor sees it. */
export interface Pledge {
  /** How many months were given so far. */
  readonly months: number;
  /** What is given each month. */
  readonly each: bigint;
  /** Since when the last renewal has failed; null while all is well. */
  readonly renewalFailedDay: string | null;
  readonly endedDay: string | null;
  /** The fund ended all of them: the donor need not look for what they did. */
  readonly endedByFund: boolean;
}

export interface Receipt {
  /** `waiting` for Stripe's word, `unpaid` when none came for a day. */
  readonly state: "waiting" | "unpaid" | "booked";
  readonly checkoutUrl: string | null;
  /** Of a monthly gift: the day of the last month. */
  readonly day: string;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly refunded: bigint;
  /** Taken back through the donor's bank. */
  readonly disputed: bigint;
  /** What a donor quotes to the fund. */
  readonly number: string;
  readonly place: PublicPlace | null;
  /** Null for a gift that was given once. */
  readonly pledge: Pledge | null;
}

/** What a donor can see of their own gift. The journal alone says whether it is booked; its line number is not told, because two of them would count the payouts between. */
@Injectable()
export class Receipts {
  constructor(
    private readonly database: Database,
    private readonly lines: GiftLines,
    private readonly published: PublicReceipts,
    private readonly clock: Clock,
  ) {}

  /** The file that proves the gift, of a monthly one the newest month that is published; null until there is one. */
  async file(fund: Fund, donation: DonationRow): Promise<ReceiptFile | null> {
    for (const { key } of newestFirst(await this.lines.of(fund, [donation]))) {
      const file = await this.published.fileOfKey(fund.fundId, fund.currency, key);
      if (file !== null) return file;
    }
    return null;
  }

  private async endedByFund(fund: Fund, endedDay: string | null): Promise<boolean> {
    if (endedDay === null) return false;
    const found = await row(
      this.database.read,
      "select 1 from pledges_end where fund_id = $1 and day <= $2 and (taken_again is null or taken_again >= $2)",
      [fund.fundId, endedDay],
    );
    return found !== null;
  }

  async of(fund: Fund, donation: DonationRow): Promise<Receipt> {
    const lines = await this.lines.of(fund, [donation]);
    const months = newestFirst(lines);
    const nothing = {
      amount: donation.charged,
      fee: 0n,
      refunded: 0n,
      disputed: 0n,
      number: receiptNumber(donation.receiptToken),
      place: null,
      day: donation.day,
      checkoutUrl: donation.checkoutUrl,
      pledge: null,
    };
    if (months[0] === undefined) {
      const age = daysBetween(donation.day, dayIn(fund.charter.timeZone, this.clock.now()));
      return { ...nothing, state: age > 1 ? "unpaid" : "waiting" };
    }
    const { given, refunded, disputed } = totalsOf(lines);
    const { renewalFailedDay, endedDay } = donation;
    return {
      ...nothing,
      state: "booked",
      checkoutUrl: null,
      day: months[0].day,
      amount: given,
      fee: months.reduce((sum, month) => sum + month.fee, 0n),
      refunded,
      disputed,
      place: await this.place(fund, months),
      pledge:
        donation.frequency === "monthly"
          ? {
              months: months.length,
              each: donation.charged,
              renewalFailedDay,
              endedDay,
              endedByFund: await this.endedByFund(fund, endedDay),
            }
          : null,
    };
  }

  private async place(fund: Fund, months: readonly GiftLine[]): Promise<PublicPlace | null> {
    for (const { key } of months) {
      const place = await this.published.placeOfKey(fund.fundId, key);
      if (place !== null) return place;
    }
    return null;
  }
}

/** The gifts alone: one, or one for each month. */
const newestFirst = (lines: readonly GiftLine[]): GiftLine[] => lines.filter((line) => line.kind === "gift").reverse();
