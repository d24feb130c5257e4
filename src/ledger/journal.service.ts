import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { invariant } from "../kernel/invariant.js";
import { Refusal } from "../kernel/refusal.js";
import { row, rows, sqlState, type Tx } from "../platform/database/database.js";
import { answerAt, APPEND_BY_CODE, appendParameters, type AppendRow, type Posted } from "./append.js";
import type { Balances } from "./balance.js";
import type { Draft } from "./transaction.js";

/** A solidarity transfer: one gives, the other receives, and both books carry its id. */
export interface Transfer {
  readonly transferId: string;
  readonly amount: bigint;
  readonly from: { readonly fundId: string; readonly holding: string; readonly day: Day };
  readonly to: { readonly fundId: string; readonly holding: string; readonly day: Day };
}

/** The owner's functions, called within an act's own SQL transaction. `GroupCommit` is the way for postings that are an act by themselves. */
@Injectable()
export class Journal {
  /**
   * Writes one transaction with the checks of `journal_append`. Refuses `key-used-before` (same key, other content), `not-enough-free` (a decision
   * that is not covered, or a hold that is), `not-reversible`, `not-on-deposit`.
   */
  async post(tx: Tx, fundId: string, draft: Draft, recordedAt: Date): Promise<Posted> {
    const parameters = appendParameters(
      fundId,
      [draft],
      recordedAt,
      draft.postings.map((p) => p.account),
    );
    const answer = await this.call<AppendRow>(tx, APPEND_BY_CODE, parameters);
    invariant(answer !== null, "journal_append answers");
    const posted = answerAt(answer, 0);
    if (posted instanceof Refusal) throw posted;
    return posted;
  }

  /** Promises money: refuses `not-enough-free` unless it is free at this moment, under the fund's lock, with the reserve as of `today`. */
  async placeHold(tx: Tx, fundId: string, holdId: string, amount: bigint, today: Day): Promise<void> {
    await this.call(tx, "select place_hold($1, $2, $3, $4)", [fundId, holdId, amount.toString(), today]);
  }

  async releaseHold(tx: Tx, fundId: string, holdId: string): Promise<void> {
    await this.call(tx, "select release_hold($1, $2)", [fundId, holdId]);
  }

  /** Brings the reserve to what the charter wants today: young gifts grow old without any posting. */
  async keepReserve(tx: Tx, fundId: string, today: Day): Promise<void> {
    await this.call(tx, "select keep_reserve($1, $2)", [fundId, today]);
  }

  /** Both funds or neither. Refuses `not-enough-free`. Returns false when it was there already. */
  async transfer(tx: Tx, transfer: Transfer, recordedAt: Date): Promise<boolean> {
    const { from, to } = transfer;
    const answer = await this.call<{ status: number }>(
      tx,
      "select journal_transfer($1, $2, $3, $4, $5, $6, $7, $8, $9) as status",
      [
        from.fundId,
        to.fundId,
        transfer.transferId,
        transfer.amount.toString(),
        from.holding,
        to.holding,
        from.day,
        to.day,
        recordedAt,
      ],
    );
    if (answer?.status === 2) throw new Refusal("key-used-before");
    if (answer?.status === 3) throw new Refusal("not-enough-free");
    return answer?.status === 0;
  }

  /** Opens accounts of the chart by their codes; those that exist are left alone. */
  async openAccounts(tx: Tx, fundId: string, codes: readonly string[]): Promise<void> {
    await this.call(tx, "select open_accounts($1, $2)", [fundId, codes]);
  }

  /** The most that a decision may bring a holding to; null takes the cap away. */
  async setCap(tx: Tx, fundId: string, code: string, cap: bigint | null): Promise<void> {
    await this.call(tx, "select set_cap($1, $2, $3)", [fundId, code, cap?.toString() ?? null]);
  }

  async balances(tx: Tx, fundId: string): Promise<Balances> {
    const book = await row<Record<keyof Balances, string>>(
      tx,
      `select settled, in_transit as "inTransit", reserve, held, on_deposit as "onDeposit" from book where fund_id = $1`,
      [fundId],
    );
    if (!book) throw new Refusal("no-such-fund");
    return {
      settled: BigInt(book.settled),
      inTransit: BigInt(book.inTransit),
      reserve: BigInt(book.reserve),
      held: BigInt(book.held),
      onDeposit: BigInt(book.onDeposit),
    };
  }

  /** Balance of each account of the fund, by code. */
  async accounts(tx: Tx, fundId: string): Promise<Map<string, bigint>> {
    const found = await rows<{ code: string; balance: string }>(
      tx,
      "select code, balance from account where fund_id = $1 order by code",
      [fundId],
    );
    return new Map(found.map((a) => [a.code, BigInt(a.balance)]));
  }

  private async call<T extends object>(tx: Tx, sql: string, values: readonly unknown[]): Promise<T | null> {
    try {
      return await row<T>(tx, sql, values);
    } catch (error) {
      switch (sqlState(error)) {
        case "CP402":
          throw new Refusal("not-enough-free");
        case "CP404":
          throw new Refusal("no-such-fund");
        case "CP409":
          throw new Refusal("key-used-before");
        default:
          throw error;
      }
    }
  }
}
