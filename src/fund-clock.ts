import { Injectable } from "@nestjs/common";
import { Notices } from "./disbursements/notices/notices.service.js";
import { Payouts } from "./disbursements/payouts.service.js";
import { Selections } from "./disbursements/selection.service.js";
import { Funds, type Fund } from "./funds/funds.service.js";
import { ReleaseCheck } from "./release-check.js";
import { Statements } from "./holdings/statements.service.js";
import { Clock, dayIn } from "./kernel/clock.js";
import type { Database } from "./platform/database/database.js";
import { isOvertaken, Publisher } from "./publication/publisher.service.js";
import { Erasure } from "./requests/erasure.service.js";
import { Relocking } from "./requests/relocking/relocking.service.js";
import { Line } from "./requests/line.service.js";
import { Halted, LogKeeper } from "./tlog/log-keeper.service.js";
import { ChangesInForce } from "./treasurers/changes-in-force.service.js";
import { Sessions } from "./treasurers/sessions.service.js";

/** What the clock does for one fund: take away what is over, erase what has served, let the rule pick, publish when it is time, tell treasurers that something waits. */
@Injectable()
export class FundClock {
  constructor(
    private readonly selections: Selections,
    private readonly changes: ChangesInForce,
    private readonly release: ReleaseCheck,
    private readonly funds: Funds,
    private readonly publisher: Publisher,
    private readonly log: LogKeeper,
    private readonly erasure: Erasure,
    private readonly line: Line,
    private readonly relocking: Relocking,
    private readonly payouts: Payouts,
    private readonly sessions: Sessions,
    private readonly statements: Statements,
    private readonly notices: Notices,
    private readonly clock: Clock,
  ) {}

  /** One look at a fund, with the worker's database. */
  async run(database: Database, fund: Fund): Promise<void> {
    await database.atomically(async (tx) => {
      await this.sessions.sweep(tx, fund.fundId);
      await this.erasure.erase(tx, fund);
      await this.relocking.forgetOld(tx, fund);
      await this.payouts.passOnExpired(tx, fund);
      await this.selections.run(tx, fund);
    });
    await database.atomically((tx) => this.release.run(tx, fund));
    const now = await this.changed(database, fund);
    await this.publish(database, now);
    await this.notices.tell(database, fund);
  }

  /** Other rules or seats: what was proposed under the old ones goes back in line, and is signed anew. */
  private async changed(database: Database, fund: Fund): Promise<Fund> {
    const changed = await database.atomically(async (tx) => {
      if (!(await this.changes.isDue(tx, fund))) return false;
      await this.selections.putBackAll(tx, fund);
      return this.changes.takeEffect(tx, fund);
    });
    return changed ? this.funds.byId(database.read, fund.fundId) : fund;
  }

  /** By itself: when nothing may be signed, everything else goes on. */
  private async publish(database: Database, fund: Fund): Promise<void> {
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    try {
      const ticked = await database.atomically(async (tx) => {
        await this.statements.close(tx, fund);
        return this.publisher.tick(tx, fund, await this.line.counts(tx, fund.fundId));
      });
      await this.log.publish(database.read, fund.fundId, today, ticked !== null);
      await this.log.setHalted(database.read, fund.fundId, null, today);
    } catch (error) {
      if (isOvertaken(error)) return;
      if (!(error instanceof Halted)) throw error;
      await this.log.setHalted(database.read, fund.fundId, error.message, today);
    }
  }
}
