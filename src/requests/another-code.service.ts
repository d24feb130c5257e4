import { Injectable } from "@nestjs/common";
import type { Json } from "../kernel/canonical-json.js";
import type { Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, rows, type Tx } from "../platform/database/database.js";
import { Decisions } from "../treasurers/decisions.service.js";
import { FoundRequests, type FoundRequest } from "./found-requests.service.js";
import { ClaimCodes } from "./claim-codes.service.js";

type AnotherSubject = { readonly request: string; readonly day: Day; readonly amount: number } & {
  readonly [key: string]: Json;
};

export interface Granted extends FoundRequest {
  readonly decisionId: string;
}

/** Seven words in place of lost ones. Treasurers decide together for whom; then one of them makes the words, once, and they are shown to that one alone. */
@Injectable()
export class AnotherCode {
  constructor(
    private readonly decisions: Decisions,
    private readonly codes: ClaimCodes,
    private readonly found: FoundRequests,
  ) {
    this.decisions.register<AnotherSubject>({
      name: "another-code",
      needed: (_tx, fund) => Promise.resolve(fund.charter.quorum),
      decided: async (tx, fund, decisionId, { request }) => {
        await tx.query(
          "insert into another_code (fund_id, decision_id, request_id) select $1, $2, request_id from aid_request where fund_id = $1 and request_id = $3",
          [fund.fundId, decisionId, request],
        );
      },
      says: (voice, _fund, subject) =>
        voice.say("another.says", { amount: voice.money(BigInt(subject.amount)), day: voice.day(subject.day) }),
    });
  }

  /** Decided, and not made yet. */
  async granted(tx: Tx, fund: Fund): Promise<Granted[]> {
    const found = await rows<Omit<Granted, "amount"> & { amount: string }>(
      tx,
      `select a.decision_id as "decisionId", r.request_id as "requestId", r.day::text as day, r.amount, r.category
       from another_code a join aid_request r using (fund_id, request_id) where a.fund_id = $1 and a.made_by is null order by r.day, r.arrival`,
      [fund.fundId],
    );
    return found.map((g) => ({ ...g, amount: BigInt(g.amount) }));
  }

  /** Asks the others. Refuses `no-such-request`. */
  async propose(tx: Tx, fund: Fund, treasurerId: string, requestId: string): Promise<void> {
    const found = await this.found.byId(tx, fund, requestId);
    if (found === null) throw new Refusal("no-such-request");
    const subject = { request: requestId, day: found.day, amount: toJsonAmount(found.amount) };
    await this.decisions.open(tx, fund, treasurerId, "another-code", subject);
  }

  /** Makes them, once. What is returned is shown, and kept nowhere. Refuses `wrong-state` when they were made. */
  async make(tx: Tx, fund: Fund, treasurerId: string, decisionId: string): Promise<string> {
    const [taken] = await changed<{ request_id: string }>(
      tx,
      "update another_code set made_by = $3 where fund_id = $1 and decision_id = $2 and made_by is null returning request_id",
      [fund.fundId, decisionId, treasurerId],
    );
    if (!taken) throw new Refusal("wrong-state");
    return this.codes.issueAnotherCode(tx, fund, taken.request_id);
  }
}
