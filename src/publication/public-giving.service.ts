import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { row, type Tx } from "../platform/database/database.js";

/** What the public log says of giving and of need, and nothing that it does not say yet. */
export interface PublicGiving {
  /** Given in the month, less what went back to donors or to their banks; never below zero. Minor units. */
  readonly given: bigint;
  /** Requests in line; null where the log hides a small number. */
  readonly waiting: number | null;
  /** Up to where the log speaks. */
  readonly asOf: Day;
}

/** Books that a fund brings along (an import, an opening) and transfers between funds are nobody's gift of this month. */
const NOT_GIVEN = ["import", "opening", "transfer"];

@Injectable()
export class PublicGivings {
  /** `month` is like "2026-11". Null while nothing is published. */
  async of(tx: Tx, fundId: string, month: string): Promise<PublicGiving | null> {
    const told = await row<{ as_of: Day; given: string; waiting: number | null }>(
      tx,
      `select p.as_of::text as as_of,
              (select coalesce(-sum((leg ->> 'amount')::bigint), 0) from log_entry e, jsonb_array_elements(convert_from(e.body, 'UTF8')::jsonb -> 'postings') leg
                where e.fund_id = $1 and e.idx < shown.size and e.day >= $2::date and e.day < $2::date + interval '1 month' and e.kind <> all ($3)
                  and (leg ->> 'account' like 'income:%' or leg ->> 'account' = 'expenses:chargebacks'))::text as given,
              (select (convert_from(e.body, 'UTF8')::jsonb ->> 'waiting')::int from log_entry e
                where e.fund_id = $1 and e.idx < shown.size and e.kind = 'queue' order by e.idx desc limit 1) as waiting
       from published shown join publication p using (fund_id) where shown.fund_id = $1`,
      [fundId, `${month}-01`, NOT_GIVEN],
    );
    if (told === null) return null;
    const given = BigInt(told.given);
    return { given: given > 0n ? given : 0n, waiting: told.waiting, asOf: told.as_of };
  }
}
