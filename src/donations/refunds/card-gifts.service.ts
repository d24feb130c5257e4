import { Injectable } from "@nestjs/common";
import type { Day } from "../../kernel/clock.js";
import type { Fund } from "../../funds/funds.service.js";
import { rows, type Tx } from "../../platform/database/database.js";
import { receiptNumber } from "../receipts/yearly.js";

export const GIFTS_SHOWN_MAX = 50;

/** A payment by card that is in the books, as the desk shows it: no name, and the number that the donor's receipt carries. */
export interface CardGift {
  readonly donationId: string;
  readonly charge: string;
  readonly account: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly number: string;
  readonly monthly: boolean;
  /** Given back of this donation so far, and decided but not booked yet. */
  readonly givenBack: bigint;
  readonly ordered: bigint;
  /** Taken back through the donor's bank, and not come in again. */
  readonly disputed: bigint;
  /** Why Stripe would not do the last one that was decided, in its own word. */
  readonly refused: string | null;
  /** Of a monthly gift, all payments together: what was given in all. */
  readonly given: bigint;
}

interface GiftRow {
  donation_id: string;
  charge: string;
  account: string;
  day: Day;
  amount: string;
  token: string;
  monthly: boolean;
  given_back: string;
  ordered: string;
  disputed: string;
  refused: string | null;
  given: string;
}

// Keys are compared byte by byte, and ";" comes right after ":", so that a range holds all that begins with a name.
const GIFTS = `
  select d.donation_id, l.object_id as charge, l.account, t.day::text as day, l.amount, d.receipt_token as token, d.frequency = 'monthly' as monthly,
    (select coalesce(sum(-x.amount), 0) from transaction b join stripe_line x on x.fund_id = b.fund_id and x.line_id = b.source
      where b.fund_id = d.fund_id and b.key >= 'refund:' || d.donation_id and b.key < 'refund:' || d.donation_id || ';') as given_back,
    (select coalesce(sum(-x.amount), 0) from (values ('dispute:' || d.donation_id), ('dispute-won:' || d.donation_id)) as k(prefix)
      join transaction b on b.fund_id = d.fund_id and b.key >= k.prefix and b.key < k.prefix || ';' join stripe_line x on x.fund_id = b.fund_id and x.line_id = b.source) as disputed,
    (select coalesce(sum(o.amount), 0) from refund_order o where o.fund_id = d.fund_id and o.donation_id = d.donation_id and o.refused is null
      and not exists (select from transaction b where b.fund_id = o.fund_id and b.key = 'refund:' || o.donation_id || ':' || o.refund)) as ordered,
    (select o.refused from refund_order o where o.fund_id = d.fund_id and o.donation_id = d.donation_id and o.charge = l.object_id order by o.day desc, o.decision_id limit 1) as refused,
    (select coalesce(sum(x.amount), 0) from transaction g join stripe_line x on x.fund_id = g.fund_id and x.line_id = g.source
      where g.fund_id = d.fund_id and g.kind = 'gift' and g.key >= 'gift:' || d.donation_id and g.key < 'gift:' || d.donation_id || ';') as given
  from transaction t
  join stripe_line l on l.fund_id = t.fund_id and l.line_id = t.source and l.object_id is not null
  join donation d on d.fund_id = t.fund_id and d.donation_id = split_part(t.key, ':', 2)::uuid
  where t.fund_id = $1 and t.kind = 'gift' and t.source is not null and t.key like 'gift:%'`;

/** Gifts by card with what has become of them, for whoever is asked to give one back. */
@Injectable()
export class CardGifts {
  /** The newest ones; with `number`, those of one receipt. */
  async newest(tx: Tx, fund: Fund, number: string | null): Promise<CardGift[]> {
    const wanted = (number ?? "").toUpperCase().replace(/[^0-9A-F]/g, "");
    const found =
      number === null
        ? await rows<GiftRow>(tx, `${GIFTS} order by t.seq desc limit ${GIFTS_SHOWN_MAX}`, [fund.fundId])
        : await rows<GiftRow>(
            tx,
            `${GIFTS} and upper(left(encode(sha256(convert_to('receipt ' || d.receipt_token, 'UTF8')), 'hex'), 12)) = $2 order by t.seq desc limit ${GIFTS_SHOWN_MAX}`,
            [fund.fundId, wanted],
          );
    return found.map(giftOf);
  }

  /** One payment, with its donation's row locked: of two decisions about one gift, one waits for the other. */
  async locked(tx: Tx, fundId: string, donationId: string, charge: string): Promise<CardGift | null> {
    await tx.query("select 1 from donation where fund_id = $1 and donation_id = $2 for no key update", [
      fundId,
      donationId,
    ]);
    const [found] = await rows<GiftRow>(tx, `${GIFTS} and d.donation_id = $2 and l.object_id = $3`, [
      fundId,
      donationId,
      charge,
    ]);
    return found ? giftOf(found) : null;
  }
}

function giftOf(r: GiftRow): CardGift {
  return {
    donationId: r.donation_id, charge: r.charge, account: r.account, day: r.day, amount: BigInt(r.amount), number: receiptNumber(r.token), monthly: r.monthly,
    givenBack: BigInt(r.given_back), ordered: BigInt(r.ordered), disputed: BigInt(r.disputed), refused: r.refused, given: BigInt(r.given),
  }; // prettier-ignore
}
