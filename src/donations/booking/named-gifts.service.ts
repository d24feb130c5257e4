import { Injectable } from "@nestjs/common";
import { invariant } from "../../kernel/invariant.js";
import { Gatherer } from "../../kernel/gatherer.js";
import { giftKey } from "../../ledger/flows/card.js";
import { Database } from "../../platform/database/database.js";
import type { Named } from "./payment.js";

const GROUP_SIZE_MAX = 256;

/** What a payment that settled says of itself. */
export interface Asked {
  readonly fundId: string;
  readonly account: string;
  /** Null when it names no gift of this fund. */
  readonly donationId: string | null;
  readonly invoiceId?: string;
  /** The balance transaction that it settled as. */
  readonly lineId: string;
}

export interface Found {
  /** Null when there is no such gift, when it is of another account, and when another payment settled it before. */
  readonly named: Named | null;
  /** Whether payments of this fund failed lately: only then a success is counted. */
  readonly failedBefore: boolean;
}

interface Row {
  readonly charged: string | null;
  readonly frequency: string;
  readonly account: string;
  readonly source: string | null;
  readonly failed: boolean;
}

/** The gifts that payments name. Those that are asked for while a group is being read share the next look (bench `webhooks`). */
@Injectable()
export class NamedGifts {
  private readonly gatherer = new Gatherer<Asked, Found>(
    GROUP_SIZE_MAX,
    (asked) => asked.lineId,
    (_lane, items) => this.read(items),
  );

  constructor(private readonly database: Database) {}

  of(asked: Asked): Promise<Found> {
    return this.gatherer.add("", asked);
  }

  private async read(items: readonly Asked[]): Promise<Found[]> {
    const rows = await this.database.plain<Row>(
      `select d.charged, d.frequency, coalesce(d.card_account, '') as account, t.source,
              exists (select from card_pause p where p.fund_id = q.fund_id and (p.failures > 0 or p.minutes > 0)) as failed
       from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as q (fund_id, donation_id, key, ord)
         left join donation d on d.fund_id = q.fund_id and d.donation_id = q.donation_id
         left join transaction t on t.fund_id = q.fund_id and t.key = q.key order by q.ord`,
      [
        items.map((asked) => asked.fundId),
        items.map((asked) => asked.donationId),
        items.map((asked) => giftKey(asked.donationId ?? "", asked.invoiceId)),
      ],
    );
    return items.map((asked, i) => this.answer(asked, rows[i]));
  }

  private answer(asked: Asked, row: Row | undefined): Found {
    invariant(row !== undefined, "each payment is answered once");
    const { donationId } = asked;
    const settledBefore = row.source !== null && row.source !== asked.lineId;
    if (donationId === null || row.charged === null || row.account !== asked.account || settledBefore)
      return { named: null, failedBefore: row.failed };
    const named = {
      donationId,
      charged: BigInt(row.charged),
      monthly: row.frequency === "monthly",
      ...(asked.invoiceId === undefined ? {} : { invoiceId: asked.invoiceId }),
    };
    return { named, failedBefore: row.failed };
  }
}
