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

  /**
   * Null until the log with the roster that is in force is published: then the server seals on arrival, and the page says so. Between the moment when other seats are in force and their publication, the log still
   * names those who sat before, and a browser would rightly say that the page's keys are others.
   */
  async of(tx: Tx, fund: Fund): Promise<SealingKeys | null> {
    const log = await this.log.published(fund.fundId);
    const inForce = await this.seats.latestRoster(tx, fund.fundId);
    if (log === null || inForce === null) return null;
    const found = await row<{ idx: string; version: number }>(
      tx,
      `select idx, (convert_from(body, 'UTF8')::jsonb ->> 'version')::int as version from log_entry
       where fund_id = $1 and kind = 'roster' and idx < $2 order by idx desc limit 1`,
      [fund.fundId, log.size],
    );
    if (found?.version !== inForce.version) return null;
    const recipients = inForce.roster.seats.map((seat) => seat.recipient);
    return { recipients, origin: log.origin, vkey: log.vkey, index: Number(found.idx) };
  }
}
