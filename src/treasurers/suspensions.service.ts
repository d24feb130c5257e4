import { Injectable } from "@nestjs/common";
import type { Json } from "../kernel/canonical-json.js";
import { Clock } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { row, rows, sqlState, type Tx } from "../platform/database/database.js";
import { Decisions } from "./decisions.service.js";
import { Seats } from "./seats.service.js";

/** So long are a treasurer's passkeys shut: time to decide on another seat. */
export const SUSPENSION_HOURS = 72;

export interface Suspension {
  readonly suspensionId: string;
  readonly treasurerId: string;
  readonly until: Date;
}

type LiftSubject = { readonly suspension: string; readonly treasurer: string } & { readonly [key: string]: Json };

/**
 * A phone was stolen, or somebody was made to sign: one other treasurer shuts that treasurer's passkeys at once, for three days. It moves no money and changes no seat. So many as sign a payout
 * open them again, and nobody suspends twice in a week, so that one alone cannot shut out the rest.
 */
@Injectable()
export class Suspensions {
  constructor(
    private readonly decisions: Decisions,
    private readonly seats: Seats,
    private readonly clock: Clock,
  ) {
    this.decisions.register<LiftSubject>({
      name: "lift-suspension",
      needed: (_tx, fund) => Promise.resolve(fund.charter.quorum),
      decided: async (tx, fund, decisionId, { suspension }) => {
        await tx.query(
          "update suspension set lifted_by = $3 where fund_id = $1 and suspension_id = $2 and lifted_by is null",
          [fund.fundId, suspension, decisionId],
        );
      },
      says: (voice, _fund, { treasurer }, nameOf) => voice.say("suspend.says.lift", { name: nameOf(treasurer) }),
    });
  }

  /** Who is suspended now. */
  all(tx: Tx, fund: Fund): Promise<Suspension[]> {
    return rows<Suspension>(
      tx,
      `select suspension_id as "suspensionId", treasurer_id as "treasurerId", until from suspension
       where fund_id = $1 and until > $2 and lifted_by is null order by until`,
      [fund.fundId, this.clock.now()],
    );
  }

  /** Shuts another treasurer's passkeys, and ends their sessions. Refuses `no-such-page`, `not-yours` for oneself, `suspended-enough`. */
  async suspend(tx: Tx, fund: Fund, byTreasurer: string, treasurerId: string): Promise<void> {
    if (treasurerId === byTreasurer) throw new Refusal("not-yours");
    const seats = await this.seats.all(tx, fund.fundId);
    if (!seats.some((seat) => seat.treasurerId === treasurerId)) throw new Refusal("no-such-page");
    const began = this.clock.now();
    const until = new Date(began.getTime() + SUSPENSION_HOURS * 3_600_000);
    try {
      await tx.query(
        "insert into suspension (fund_id, suspension_id, treasurer_id, by_treasurer, began_at, until) values ($1, $2, $3, $4, $5, $6)",
        [fund.fundId, newId(), treasurerId, byTreasurer, began, until],
      );
    } catch (error) {
      if (sqlState(error) === "CP409") throw new Refusal("suspended-enough");
      throw error;
    }
    await tx.query("delete from session where fund_id = $1 and treasurer_id = $2", [fund.fundId, treasurerId]);
  }

  /** Asks the others to open them again. Refuses `no-such-page`. */
  async proposeLift(tx: Tx, fund: Fund, treasurerId: string, suspensionId: string): Promise<void> {
    const found = await row<{ treasurer: string }>(
      tx,
      "select treasurer_id as treasurer from suspension where fund_id = $1 and suspension_id = $2 and until > $3 and lifted_by is null",
      [fund.fundId, suspensionId, this.clock.now()],
    );
    if (found === null) throw new Refusal("no-such-page");
    const subject = { suspension: suspensionId, treasurer: found.treasurer };
    await this.decisions.open(tx, fund, treasurerId, "lift-suspension", subject);
  }
}
