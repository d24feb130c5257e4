import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../kernel/clock.js";
import { Database } from "../platform/database/database.js";
import { PublicGivings } from "../publication/public-giving.service.js";
import type { Fund } from "./funds.service.js";
import { meterOf, type Meter } from "./meter.js";

/** How a fund stands this month, in public figures alone: what its own desk knows earlier is not in it. */
@Injectable()
export class Meters {
  constructor(
    private readonly database: Database,
    private readonly givings: PublicGivings,
    private readonly clock: Clock,
  ) {}

  async of(fund: Fund): Promise<Meter | null> {
    const month = dayIn(fund.charter.timeZone, this.clock.now()).slice(0, 7);
    return meterOf(fund.charter.monthlyGoal, await this.givings.of(this.database.read, fund.fundId, month));
  }
}
