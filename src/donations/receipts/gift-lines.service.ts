import { Injectable } from "@nestjs/common";
import { In } from "typeorm";
import type { Day } from "../../kernel/clock.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database, rows } from "../../platform/database/database.js";
import { DonationRow } from "../donation.entity.js";
import { codesIn, comesIn, receiptNumber, type GiftLine } from "./yearly.js";

export interface Statement {
  readonly lines: readonly GiftLine[];
  /** Which of the pasted links opened nothing here, counted from 1. */
  readonly unknown: readonly number[];
  /** Which of them have no payment in the books. */
  readonly unbooked: readonly number[];
}

/**
 * Keys are compared byte by byte, and ";" comes right after ":", so the ranges hold `gift:<id>`, `gift:<id>:<invoice>`, `refund:<id>:<refund>` and those that came back, `dispute:<id>:…`. What a dispute moved stands in `assets:disputed`: it touches no income. The limit (40 years of months) also makes
 * PostgreSQL ask the index once for each receipt, instead of reading the fund's book.
 */
export const LINES = `
  select d.id, t.key, t.kind::text as kind, t.day::text as day, sum(p.amount) filter (where a.code like 'income:%' or a.code = 'assets:disputed') as amount,
    coalesce(sum(p.amount) filter (where a.code = 'expenses:fees:stripe'), 0) as fee
  from unnest($2::uuid[]) as d(id)
  cross join lateral (values ('gift:' || d.id), ('refund:' || d.id), ('dispute:' || d.id), ('dispute-won:' || d.id)) as k(prefix)
  cross join lateral (select x.fund_id, x.seq, x.key, x.kind, x.day from transaction x where x.fund_id = $1 and x.key >= k.prefix and x.key < k.prefix || ';' limit 500) t
  join posting p on p.fund_id = t.fund_id and p.seq = t.seq
  join account a on a.fund_id = p.fund_id and a.account_no = p.account_no
  where t.kind in ('gift', 'refund', 'dispute', 'dispute-won') and not exists (select from transaction r where r.fund_id = t.fund_id and r.reverses = t.seq)
  group by d.id, t.key, t.kind, t.day, t.seq order by t.day, t.seq`;

/** Gifts and refunds by receipt, out of the journal: a monthly gift has a transaction for each month. */
@Injectable()
export class GiftLines {
  constructor(private readonly database: Database) {}

  /** All that belongs to these receipts, oldest first. What was undone in the books is not told. */
  async of(fund: Fund, donations: readonly DonationRow[]): Promise<GiftLine[]> {
    const numbers = new Map(donations.map((d) => [d.donationId, receiptNumber(d.receiptToken)]));
    const found = await rows<{
      id: string;
      key: string;
      kind: GiftLine["kind"];
      day: Day;
      amount: string;
      fee: string;
    }>(this.database.read, LINES, [fund.fundId, [...numbers.keys()]]);
    return found.map((line) => ({
      donationId: line.id,
      key: line.key,
      kind: line.kind,
      day: line.day,
      amount: comesIn(line.kind) ? -BigInt(line.amount) : BigInt(line.amount),
      fee: BigInt(line.fee),
      number: numbers.get(line.id) ?? "",
    }));
  }

  /** One statement over what was pasted; a receipt that came twice counts once. The days are those of the fund's time zone, as the journal has them. */
  async statement(fund: Fund, pasted: string, year: string): Promise<Statement> {
    const codes = codesIn(pasted);
    const wanted = codes.filter((code) => code !== null);
    const donations =
      wanted.length === 0
        ? []
        : await this.database.read.findBy(DonationRow, { fundId: fund.fundId, receiptToken: In(wanted) });
    const byCode = new Map(donations.map((d) => [d.receiptToken, d.donationId]));
    const all = await this.of(fund, donations);
    const booked = new Set(all.map((line) => line.donationId));
    const positions = (isOne: (donationId: string | undefined) => boolean): number[] =>
      codes.flatMap((code, i) => (isOne(code === null ? undefined : byCode.get(code)) ? [i + 1] : []));
    return {
      lines: all.filter((line) => line.day.startsWith(`${year}-`)),
      unknown: positions((id) => id === undefined),
      unbooked: positions((id) => id !== undefined && !booked.has(id)),
    };
  }
}
