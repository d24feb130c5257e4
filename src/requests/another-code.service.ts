import { Injectable } from "@nestjs/common";
import type { Json } from "../kernel/canonical-json.js";
import type { Day } from "../kernel/clock.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, rows, type Tx } from "../platform/database/database.js";
import { Decisions } from "../treasurers/decisions.service.js";
import { ClaimCodes } from "./claim-codes.service.js";

type AnotherSubject = { readonly request: string; readonly day: Day; readonly amount: number } & {
  readonly [key: string]: Json;
};

/** A request as a treasurer may find it: by what the person remembers, and nothing that was sealed. */
export interface FoundRequest {
  readonly requestId: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly category: string;
}

export interface Granted extends FoundRequest {
  readonly decisionId: string;
}

const FOUND_MAX = 20;

/** Seven words in place of lost ones. Treasurers decide together for whom; then one of them makes the words, once, and they are shown to that one alone. */
@Injectable()
export class AnotherCode {
  constructor(
    private readonly decisions: Decisions,
    private readonly codes: ClaimCodes,
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

  /** By the day and the amount that the person remembers. */
  find(tx: Tx, fund: Fund, day: Day, amount: bigint): Promise<FoundRequest[]> {
    return this.listed(
      tx,
      "from aid_request r where r.fund_id = $1 and r.day = $2 and r.amount = $3 and r.state <> 'withdrawn'",
      [fund.fundId, day, amount],
    );
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
    const [found] = await this.listed(tx, "from aid_request r where r.fund_id = $1 and r.request_id = $2", [
      fund.fundId,
      requestId,
    ]);
    if (!found) throw new Refusal("no-such-request");
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

  private async listed(tx: Tx, from: string, values: unknown[]): Promise<FoundRequest[]> {
    const found = await rows<Omit<FoundRequest, "amount"> & { amount: string }>(
      tx,
      `select r.request_id as "requestId", r.day::text as day, r.amount, r.category ${from} order by r.arrival limit ${FOUND_MAX}`,
      values,
    );
    return found.map((r) => ({ ...r, amount: BigInt(r.amount) }));
  }
}
