import { Injectable } from "@nestjs/common";
import { Refusal } from "../kernel/refusal.js";
import { row, rows, sqlState, type Tx } from "../platform/database/database.js";
import type { AccountLine } from "./account.js";
import type { Balances } from "./balance.js";
import type { Draft } from "./transaction.js";

export interface Posted {
  readonly seq: bigint;
  /** True when a transaction with this key and this content was there already. */
  readonly replayed: boolean;
}

/** The only caller of the owner's functions: `journal_append`, `place_hold`, `release_hold`, `open_accounts`. */
@Injectable()
export class Journal {
  /** Writes one transaction. Refuses `key-used-before` (same key, other content) and `not-enough-free` (a decision that is not covered). */
  async post(tx: Tx, fundId: string, draft: Draft, recordedAt: Date): Promise<Posted> {
    const answer = await this.call<{ o_seq: string; o_replayed: boolean }>(
      tx,
      "select * from journal_append($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      [
        fundId,
        draft.kind,
        draft.day,
        recordedAt,
        draft.key,
        draft.postings.map((p) => p.account),
        draft.postings.map((p) => p.amount.toString()),
        draft.reverses?.toString() ?? null,
        draft.hold ?? null,
      ],
    );
    return { seq: BigInt(answer?.o_seq ?? 0), replayed: answer?.o_replayed ?? false };
  }

  /** Promises money: refuses `not-enough-free` unless it is free at this moment, under the fund's lock. */
  async placeHold(tx: Tx, fundId: string, holdId: string, amount: bigint): Promise<void> {
    await this.call(tx, "select place_hold($1, $2, $3)", [fundId, holdId, amount.toString()]);
  }

  async releaseHold(tx: Tx, fundId: string, holdId: string): Promise<void> {
    await this.call(tx, "select release_hold($1, $2)", [fundId, holdId]);
  }

  async openAccounts(tx: Tx, fundId: string, lines: readonly AccountLine[]): Promise<void> {
    await this.call(tx, "select open_accounts($1, $2, $3, $4)", [
      fundId,
      lines.map((l) => l.code),
      lines.map((l) => l.type),
      lines.map((l) => l.bucket),
    ]);
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

  /** Balance of each account that ever moved, by code. */
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
