import { Injectable } from "@nestjs/common";
import type { Fund } from "../funds/funds.service.js";
import { row, type Tx } from "../platform/database/database.js";
import { LogReads } from "../tlog/log-reads.service.js";
import { Seats } from "../treasurers/seats.service.js";

/** What a browser needs to seal by itself: the treasurers' recipients, and where the public log says the same. */
export interface SealingKeys {
  readonly recipients: readonly string[];
  readonly origin: string;
  readonly vkey: string;
  /** The roster's entry. */
  readonly index: number;
}

@Injectable()
export class SealingKeysReads {
  constructor(
    private readonly seats: Seats,
    private readonly log: LogReads,
  ) {}

  /** Null until the log with the roster is published: then the server seals on arrival, and the page says so. */
  async of(tx: Tx, fund: Fund): Promise<SealingKeys | null> {
    const log = await this.log.published(fund.fundId);
    if (log === null) return null;
    const found = await row<{ idx: string }>(
      tx,
      "select max(idx) as idx from log_entry where fund_id = $1 and kind = 'roster' and idx < $2",
      [fund.fundId, log.size],
    );
    if (found?.idx == null) return null;
    const recipients = await this.seats.recipients(tx, fund.fundId);
    return { recipients, origin: log.origin, vkey: log.vkey, index: Number(found.idx) };
  }
}
