import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Database } from "../platform/database/database.js";

export type CardAlarm = "gift-mismatch" | "other-currency" | "unknown-at-stripe" | "lost-events" | "not-booked";

/** What people must look at. The same about the same thing is one alarm. */
@Injectable()
export class Alarms {
  constructor(private readonly database: Database) {}

  async raise(fundId: string, kind: CardAlarm, about: string, day: Day): Promise<void> {
    await this.database.plain(
      "insert into alarm (fund_id, alarm_id, kind, about, day) values ($1, $2, $3, $4, $5) on conflict do nothing",
      [fundId, newId(), kind, about, day],
    );
  }
}
