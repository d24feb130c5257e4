import { Injectable } from "@nestjs/common";
import { addDays, Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import type { Fund } from "../funds/funds.service.js";
import { rows, type Tx } from "../platform/database/database.js";

/** The closed list of what treasurers must look at; the database keeps the same. */
export type AlarmKind =
  | "gift-mismatch"
  | "payout-without-hold"
  | "cards-refused"
  | "cards-paused"
  | "other-currency"
  | "unknown-at-stripe"
  | "lost-events"
  | "not-booked"
  | "flood"
  | "not-released";

export interface Alarm {
  readonly alarmId: string;
  readonly kind: AlarmKind;
  readonly about: string;
  readonly day: Day;
}

/** Trouble with cards passes by itself: the desk tells of it for so long. */
const CARD_ALARM_DAYS = 7;
const SHOWN_MAX = 50;

/** What treasurers must look at, whichever room found it. */
@Injectable()
export class Alarms {
  constructor(private readonly clock: Clock) {}

  /** The same about the same thing is one alarm, also after somebody has looked. */
  async raise(tx: Tx, fundId: string, kind: AlarmKind, about: string, day: Day): Promise<void> {
    await tx.query(
      "insert into alarm (fund_id, alarm_id, kind, about, day) values ($1, $2, $3, $4, $5) on conflict do nothing",
      [fundId, newId(), kind, about, day],
    );
  }

  /** Money that does not fit stays until somebody has looked. */
  unseen(tx: Tx, fund: Fund): Promise<Alarm[]> {
    return rows<Alarm>(
      tx,
      `select alarm_id as "alarmId", kind, about, day::text as day from alarm
       where fund_id = $1 and seen_by is null and (day >= $2 or kind not in ('cards-refused', 'cards-paused')) order by day desc limit ${SHOWN_MAX}`,
      [fund.fundId, addDays(dayIn(fund.charter.timeZone, this.clock.now()), -CARD_ALARM_DAYS)],
    );
  }

  /** Somebody has looked: it leaves the desk, and who looked is kept. */
  async seen(tx: Tx, fundId: string, treasurerId: string, alarmId: string): Promise<void> {
    await tx.query("update alarm set seen_by = $3 where fund_id = $1 and alarm_id = $2 and seen_by is null", [
      fundId,
      alarmId,
      treasurerId,
    ]);
  }
}
