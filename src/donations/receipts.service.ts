import { Injectable } from "@nestjs/common";
import { Clock, dayIn, daysBetween } from "../kernel/clock.js";
import { Database, row } from "../platform/database/database.js";
import type { Fund } from "../funds/funds.service.js";
import type { DonationRow } from "./donation.entity.js";

export interface Receipt {
  /** `waiting` for Stripe's word, `unpaid` when none came for a day. */
  readonly state: "waiting" | "unpaid" | "booked";
  readonly checkoutUrl: string | null;
  readonly day: string;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly refunded: bigint;
  readonly batch: { readonly batchNo: number; readonly day: string; readonly count: number } | null;
}

/** What a donor can see of their own gift. The journal alone says whether it is booked; its line number is not told, because two of them would count the payouts between. */
@Injectable()
export class Receipts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async of(fund: Fund, donation: DonationRow): Promise<Receipt> {
    const booked = await row<{
      day: string;
      fee: string;
      refunded: string;
      batch_no: number | null;
      batch_day: string | null;
      count: number | null;
    }>(
      this.database.read,
      `select t.day::text as day, b.batch_no, b.day::text as batch_day, (b.entry ->> 'count')::int as count,
              (select coalesce(sum(p.amount), 0) from posting p join account a using (fund_id, account_no) where p.fund_id = t.fund_id and p.seq = t.seq and a.code = 'expenses:fees:stripe') as fee,
              (select coalesce(sum(p.amount), 0) from transaction r join posting p using (fund_id, seq) join account a using (fund_id, account_no)
                where r.fund_id = t.fund_id and r.kind = 'refund' and r.key like $3 and a.code = 'income:gifts') as refunded
       from transaction t left join batch_member m on m.fund_id = t.fund_id and m.seq = t.seq left join batch b on b.fund_id = m.fund_id and b.batch_no = m.batch_no
       where t.fund_id = $1 and t.key = $2`,
      [fund.fundId, `gift:${donation.donationId}`, `refund:${donation.donationId}:%`],
    );
    const nothing = {
      amount: donation.charged,
      fee: 0n,
      refunded: 0n,
      batch: null,
      day: donation.day,
      checkoutUrl: donation.checkoutUrl,
    };
    if (booked === null) {
      const age = daysBetween(donation.day, dayIn(fund.charter.timeZone, this.clock.now()));
      return { ...nothing, state: age > 1 ? "unpaid" : "waiting" };
    }
    const batch =
      booked.batch_no === null
        ? null
        : { batchNo: booked.batch_no, day: booked.batch_day ?? "", count: booked.count ?? 0 };
    return {
      ...nothing,
      state: "booked",
      checkoutUrl: null,
      day: booked.day,
      fee: BigInt(booked.fee),
      refunded: BigInt(booked.refunded),
      batch,
    };
  }
}
