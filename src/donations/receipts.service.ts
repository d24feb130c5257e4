import { Injectable } from "@nestjs/common";
import { Clock, dayIn, daysBetween } from "../kernel/clock.js";
import { Database, row, rows } from "../platform/database/database.js";
import type { Fund } from "../funds/funds.service.js";
import { PublicReceipts, type PublicPlace } from "../publication/public-receipts.service.js";
import type { ReceiptFile } from "../publication/receipt.js";
import type { DonationRow } from "./donation.entity.js";

/** A monthly gift as its donor sees it. */
export interface Pledge {
  /** How many months were given so far. */
  readonly months: number;
  /** What is given each month. */
  readonly each: bigint;
  /** Since when the last renewal has failed; null while all is well. */
  readonly renewalFailedDay: string | null;
  readonly endedDay: string | null;
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
  readonly place: PublicPlace | null;
  /** Null for a gift that was given once. */
  readonly pledge: Pledge | null;
}

interface Booked {
  readonly key: string;
  readonly day: string;
  readonly given: string;
  readonly fee: string;
}

/** What a donor can see of their own gift. The journal alone says whether it is booked; its line number is not told, because two of them would count the payouts between. */
@Injectable()
export class Receipts {
  constructor(
    private readonly database: Database,
    private readonly published: PublicReceipts,
    private readonly clock: Clock,
  ) {}

  /** The file that proves the gift, of a monthly one the newest month that is published; null until there is one. */
  async file(fund: Fund, donation: DonationRow): Promise<ReceiptFile | null> {
    for (const { key } of await this.booked(donation)) {
      const file = await this.published.fileOfKey(fund.fundId, fund.currency, key);
      if (file !== null) return file;
    }
    return null;
  }

  async of(fund: Fund, donation: DonationRow): Promise<Receipt> {
    const booked = await this.booked(donation);
    const last = booked[0];
    const nothing = {
      amount: donation.charged,
      fee: 0n,
      refunded: 0n,
      place: null,
      day: donation.day,
      checkoutUrl: donation.checkoutUrl,
      pledge: null,
    };
    if (last === undefined) {
      const age = daysBetween(donation.day, dayIn(fund.charter.timeZone, this.clock.now()));
      return { ...nothing, state: age > 1 ? "unpaid" : "waiting" };
    }
    const sum = (of: (b: Booked) => string): bigint => booked.reduce((total, b) => total + BigInt(of(b)), 0n);
    const { renewalFailedDay, endedDay } = donation;
    return {
      ...nothing,
      state: "booked",
      checkoutUrl: null,
      day: last.day,
      amount: sum((b) => b.given),
      fee: sum((b) => b.fee),
      refunded: await this.refunded(donation),
      place: await this.place(fund, booked),
      pledge:
        donation.frequency === "monthly"
          ? { months: booked.length, each: donation.charged, renewalFailedDay, endedDay }
          : null,
    };
  }

  /** Newest first. Keys are compared byte by byte, and ";" comes right after ":": the range holds the gift and each of its months. */
  private booked({ fundId, donationId }: DonationRow): Promise<Booked[]> {
    return rows<Booked>(
      this.database.read,
      `select t.key, t.day::text as day, -sum(p.amount) filter (where a.code like 'income:%') as given, coalesce(sum(p.amount) filter (where a.code = 'expenses:fees:stripe'), 0) as fee
       from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no)
       where t.fund_id = $1 and t.key >= $2 and t.key < $2 || ';' and t.kind = 'gift' group by t.seq, t.key, t.day order by t.seq desc`,
      [fundId, `gift:${donationId}`],
    );
  }

  private async refunded({ fundId, donationId }: DonationRow): Promise<bigint> {
    const found = await row<{ refunded: string }>(
      this.database.read,
      `select coalesce(sum(p.amount), 0) as refunded from transaction r join posting p using (fund_id, seq) join account a using (fund_id, account_no)
       where r.fund_id = $1 and r.kind = 'refund' and (r.key like $2 or r.key like $3) and a.code like 'income:gifts%'`,
      [fundId, `refund:${donationId}:%`, `refund-failed:${donationId}:%`],
    );
    return BigInt(found?.refunded ?? 0);
  }

  private async place(fund: Fund, booked: readonly Booked[]): Promise<PublicPlace | null> {
    for (const { key } of booked) {
      const place = await this.published.placeOfKey(fund.fundId, key);
      if (place !== null) return place;
    }
    return null;
  }
}
