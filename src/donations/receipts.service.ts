import { Injectable } from "@nestjs/common";
import { Clock, dayIn, daysBetween } from "../kernel/clock.js";
import { Database, row } from "../platform/database/database.js";
import type { Fund } from "../funds/funds.service.js";
import { PublicReceipts, type PublicPlace } from "../publication/public-receipts.service.js";
import type { ReceiptFile } from "../publication/receipt.js";
import type { DonationRow } from "./donation.entity.js";

export interface Receipt {
  /** `waiting` for Stripe's word, `unpaid` when none came for a day. */
  readonly state: "waiting" | "unpaid" | "booked";
  readonly checkoutUrl: string | null;
  readonly day: string;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly refunded: bigint;
  readonly place: PublicPlace | null;
}

/** What a donor can see of their own gift. The journal alone says whether it is booked; its line number is not told, because two of them would count the payouts between. */
@Injectable()
export class Receipts {
  constructor(
    private readonly database: Database,
    private readonly published: PublicReceipts,
    private readonly clock: Clock,
  ) {}

  /** The file that proves the gift; null until its batch is published. */
  file(fund: Fund, donation: DonationRow): Promise<ReceiptFile | null> {
    return this.published.fileOfKey(fund.fundId, fund.currency, `gift:${donation.donationId}`);
  }

  async of(fund: Fund, donation: DonationRow): Promise<Receipt> {
    const key = `gift:${donation.donationId}`;
    const booked = await row<{ day: string; fee: string; refunded: string }>(
      this.database.read,
      `select t.day::text as day,
              (select coalesce(sum(p.amount), 0) from posting p join account a using (fund_id, account_no) where p.fund_id = t.fund_id and p.seq = t.seq and a.code = 'expenses:fees:stripe') as fee,
              (select coalesce(sum(p.amount), 0) from transaction r join posting p using (fund_id, seq) join account a using (fund_id, account_no)
                where r.fund_id = t.fund_id and r.kind = 'refund' and r.key like $3 and a.code = 'income:gifts') as refunded
       from transaction t where t.fund_id = $1 and t.key = $2`,
      [fund.fundId, key, `refund:${donation.donationId}:%`],
    );
    const nothing = {
      amount: donation.charged,
      fee: 0n,
      refunded: 0n,
      place: null,
      day: donation.day,
      checkoutUrl: donation.checkoutUrl,
    };
    if (booked === null) {
      const age = daysBetween(donation.day, dayIn(fund.charter.timeZone, this.clock.now()));
      return { ...nothing, state: age > 1 ? "unpaid" : "waiting" };
    }
    return {
      ...nothing,
      state: "booked",
      checkoutUrl: null,
      day: booked.day,
      fee: BigInt(booked.fee),
      refunded: BigInt(booked.refunded),
      place: await this.published.placeOfKey(fund.fundId, key),
    };
  }
}
