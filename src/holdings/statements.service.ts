import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { toJsonAmount } from "../kernel/money.js";
import type { Fund } from "../funds/funds.service.js";
import { row, type Tx } from "../platform/database/database.js";
import { Submissions } from "../publication/submissions.service.js";
import { Custody } from "./custody.service.js";

/** Once a month the public is told how many holdings somebody counted who does not keep them, and how far the counts were from the book, as one total. */
@Injectable()
export class Statements {
  constructor(
    private readonly custody: Custody,
    private readonly submissions: Submissions,
    private readonly clock: Clock,
  ) {}

  /** In the SQL transaction of the tick, before it: the first tick of a month closes the one that was published last. Returns whether it did. */
  async close(tx: Tx, fund: Fund): Promise<boolean> {
    if (fund.state === "founding") return false;
    const last = await row<{ month: string }>(
      tx,
      "select to_char(as_of, 'YYYY-MM') as month from publication where fund_id = $1",
      [fund.fundId],
    );
    if (last === null || last.month >= dayIn(fund.charter.timeZone, this.clock.now()).slice(0, 7)) return false;
    const holdings = (await this.custody.holdings(tx, fund)).filter(
      (h) => h.code !== "assets:stripe" && (h.balance !== 0n || h.keeper !== null),
    );
    const counted = holdings.filter((h) => h.counted !== null && !h.late);
    const difference = counted.reduce((sum, h) => sum + (h.counted?.counted ?? 0n) - (h.counted?.booked ?? 0n), 0n);
    await this.submissions.submit(tx, fund.fundId, newId(), {
      v: 1,
      kind: "statement",
      month: last.month,
      holdings: holdings.length,
      counted: counted.length,
      difference: toJsonAmount(difference),
    });
    return true;
  }
}
