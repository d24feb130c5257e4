import { Injectable } from "@nestjs/common";
import type { Json } from "../kernel/canonical-json.js";
import type { Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { row, type Tx } from "../platform/database/database.js";
import { Decisions } from "../treasurers/decisions.service.js";
import { Selections } from "./selection.service.js";

type TurnSubject = { readonly request: string; readonly day: Day; readonly amount: number } & {
  readonly [key: string]: Json;
};

/** A night bail cannot wait for its turn: the quorum lets it go before the line. What is paid is still approved like everything else, and how often it happened is counted in public. */
@Injectable()
export class OutOfTurn {
  constructor(
    private readonly decisions: Decisions,
    selections: Selections,
  ) {
    this.decisions.register<TurnSubject>({
      name: "out-of-turn",
      needed: (_tx, fund) => Promise.resolve(fund.charter.quorum),
      decided: (tx, fund, decisionId, { request }) => selections.outOfTurn(tx, fund, request, decisionId),
      says: (voice, _fund, { amount, day }) =>
        voice.say("turn.says", { amount: voice.money(BigInt(amount)), day: voice.day(day) }),
    });
  }

  /** Asks the others. Refuses `no-such-request`, and `wrong-state` for what does not wait in line. */
  async propose(tx: Tx, fund: Fund, treasurerId: string, requestId: string): Promise<void> {
    const found = await row<{ day: Day; amount: string; state: string }>(
      tx,
      "select day::text as day, least(amount, $3::bigint) - sent as amount, state from aid_request where fund_id = $1 and request_id = $2",
      [fund.fundId, requestId, fund.charter.capPerRequest],
    );
    if (found === null) throw new Refusal("no-such-request");
    if (found.state !== "waiting") throw new Refusal("wrong-state");
    const subject = { request: requestId, day: found.day, amount: toJsonAmount(BigInt(found.amount)) };
    await this.decisions.open(tx, fund, treasurerId, "out-of-turn", subject);
  }
}
