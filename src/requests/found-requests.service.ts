import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import type { Fund } from "../funds/funds.service.js";
import type { FormState } from "../pages/fields.js";
import type { Voice } from "../pages/words.js";
import { rows, type Tx } from "../platform/database/database.js";
import { remembered } from "./remembered.js";

/** A request as a treasurer may find it: by what the person remembers, and nothing that was sealed. */
export interface FoundRequest {
  readonly requestId: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly category: string;
}

type Typed = Readonly<Record<string, string>>;

/** The answer to a form, and the form again. */
export interface LookedFor {
  readonly found: readonly FoundRequest[] | null;
  readonly form: FormState;
  readonly status: 200 | 422;
}

const FOUND_MAX = 20;

/** How treasurers come upon one request: never by a list of who waits. */
@Injectable()
export class FoundRequests {
  /** By the day and the amount that the person remembers, as a treasurer typed them; null, and what was wrong, where they are none. */
  async lookedFor(tx: Tx, fund: Fund, voice: Voice, typed: Typed): Promise<LookedFor> {
    const read = remembered(typed, fund, voice);
    if ("wrong" in read) return { found: null, form: { typed, wrong: read.wrong }, status: 422 };
    const found = await this.find(tx, fund, read.day, read.amount);
    return { found, form: { typed, wrong: {} }, status: 200 };
  }

  private find(tx: Tx, fund: Fund, day: Day, amount: bigint): Promise<FoundRequest[]> {
    return this.listed(
      tx,
      "from aid_request r where r.fund_id = $1 and r.day = $2 and r.amount = $3 and r.state <> 'withdrawn'",
      [fund.fundId, day, amount],
    );
  }

  async byId(tx: Tx, fund: Fund, requestId: string): Promise<FoundRequest | null> {
    const [found] = await this.listed(tx, "from aid_request r where r.fund_id = $1 and r.request_id = $2", [
      fund.fundId,
      requestId,
    ]);
    return found ?? null;
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
