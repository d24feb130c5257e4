import { Injectable } from "@nestjs/common";
import { Refusal } from "../kernel/refusal.js";
import { invariant } from "../kernel/invariant.js";
import { Database, isBusy, isUnknown, sqlState } from "../platform/database/database.js";
import { APPEND, answerAt, appendParameters, type AppendRow, type Posted } from "./append.js";
import { Gatherer } from "../kernel/gatherer.js";
import type { Draft } from "./transaction.js";

interface Item {
  readonly draft: Draft;
  readonly at: Date;
}

/** Beyond a few hundred a group gains little, and its first caller waits (bench `posting`). */
const GROUP_SIZE_MAX = 256;
/** About three seconds of pauses in all: a PostgreSQL that was killed is back by then. */
const TRIES_MAX = 7;
const FIRST_PAUSE_MS = 25;
/** A lock that does not come costs its timeout at each try: nobody waits longer than this for the next one. */
const PATIENCE_MS = 6000;

/**
 * Posting without a SQL transaction of one's own: whatever arrives for a fund while its last group is being written shares the next commit. The storm of gifts
 * of one viral fund goes through here. Callers that change other rows in the same act use `Journal.post`.
 */
@Injectable()
export class GroupCommit {
  private readonly gatherer = new Gatherer<Item, Posted>(
    GROUP_SIZE_MAX,
    (item) => item.draft.key,
    (fundId, items) => this.write(fundId, items),
  );
  /** Codes to numbers, by fund. Only committed accounts are ever seen here, and those never change. */
  private readonly numbers = new Map<string, ReadonlyMap<string, number>>();

  constructor(private readonly database: Database) {}

  /**
   * Books one transaction and answers when it is on disk. Refuses `key-used-before`, `not-enough-free`, `not-reversible`, `not-on-deposit`, each for this
   * draft alone; `busy` (503, nothing was booked) and `outcome-unknown` (503: the connection was lost when it mattered; the same key tells later).
   */
  post(fundId: string, draft: Draft, at: Date): Promise<Posted> {
    return this.gatherer.add(fundId, { draft, at });
  }

  private async write(fundId: string, items: readonly Item[]): Promise<readonly (Posted | Error)[]> {
    try {
      return await this.append(fundId, items);
    } catch (error) {
      // Something in the group is malformed and PostgreSQL refused it all: halve it until the culprit stands alone and answers for itself.
      if (error instanceof Refusal || items.length === 1) return items.map(() => error as Error);
      const half = items.length >> 1;
      return [...(await this.write(fundId, items.slice(0, half))), ...(await this.write(fundId, items.slice(half)))];
    }
  }

  /** A lost connection leaves the outcome unknown, and the keys make it safe to ask again: what was booked is answered, what was not is booked. */
  private async append(fundId: string, items: readonly Item[]): Promise<readonly (Posted | Error)[]> {
    let unknown = false;
    const began = process.hrtime.bigint();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.appendOnce(fundId, items);
      } catch (error) {
        if (sqlState(error) === "CP404") throw new Refusal("no-such-fund");
        if (!isBusy(error)) throw error;
        unknown ||= isUnknown(error);
        const waitedMs = Number((process.hrtime.bigint() - began) / 1_000_000n);
        if (attempt === TRIES_MAX || waitedMs > PATIENCE_MS) throw new Refusal(unknown ? "outcome-unknown" : "busy");
        const pause = FIRST_PAUSE_MS * 2 ** (attempt - 1);
        await new Promise((resolve) => setTimeout(resolve, pause + (process.hrtime()[1] % pause)));
      }
    }
  }

  private async appendOnce(fundId: string, items: readonly Item[]): Promise<readonly (Posted | Error)[]> {
    const drafts = items.map((item) => item.draft);
    const numbers = await this.accountNumbers(fundId, drafts);
    const accounts = drafts.flatMap((draft) => draft.postings.map((p) => numbers.get(p.account) ?? 0));
    const at = items.reduce((latest, item) => (item.at > latest ? item.at : latest), items[0]?.at ?? new Date(0));
    const [row] = await this.database.plain<AppendRow>(APPEND, appendParameters(fundId, drafts, at, accounts));
    invariant(row?.o_status.length === items.length, "journal_append answers each transaction of its group");
    return items.map((_, i) => answerAt(row, i));
  }

  private async accountNumbers(fundId: string, drafts: readonly Draft[]): Promise<ReadonlyMap<string, number>> {
    const known = this.numbers.get(fundId);
    if (known !== undefined && drafts.every((draft) => draft.postings.every((p) => known.has(p.account)))) return known;
    const found = await this.database.plain<{ code: string; account_no: number }>(
      "select code, account_no from account where fund_id = $1",
      [fundId],
    );
    const numbers = new Map(found.map((a) => [a.code, a.account_no]));
    this.numbers.set(fundId, numbers);
    return numbers;
  }
}
