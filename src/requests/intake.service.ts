import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { Database, sqlState, type Tx } from "../platform/database/database.js";
import { Seats } from "../treasurers/seats.service.js";
import { AidRequestRow } from "./aid-request.entity.js";
import { makeClaim, type Claim } from "./claim-code.js";
import { locate } from "./claim-codes.service.js";
import type { SealedDetails } from "./details.js";
import { AskingPause } from "./limits/asking-pause.service.js";
import { Floods } from "./limits/floods.service.js";
import { RequestKeys } from "./request-keys.service.js";
import { seal } from "./sealing.js";

/** What a person asks for. Either `details` (sealed here, on arrival) or `sealed` (sealed in their browser). */
export interface Ask {
  readonly amount: bigint;
  readonly category?: string | undefined;
  readonly neededBy?: string | undefined;
  /** "This fund has not helped me before": only where the rule goes by it. */
  readonly firstHelp?: boolean | undefined;
  readonly details?: SealedDetails | undefined;
  readonly sealed?: string | undefined;
  readonly noCode: boolean;
}

export interface Asked {
  readonly claimCode: string | null;
  readonly state: "waiting";
}

@Injectable()
export class Intake {
  constructor(
    private readonly database: Database,
    private readonly seats: Seats,
    private readonly keys: RequestKeys,
    private readonly pause: AskingPause,
    private readonly floods: Floods,
    private readonly clock: Clock,
  ) {}

  /** Puts a request in line. The plaintext lives in this call alone. Refuses `asking-closed`, `asking-paused` (with the day that it opens again), `words-off`, `invalid`, `key-used-before`. */
  async ask(fund: Fund, ask: Ask, key: string): Promise<Asked> {
    if (fund.state !== "open") throw new Refusal("asking-closed");
    this.check(fund, ask);
    const body = canonicalJson(JSON.parse(JSON.stringify({ ...ask, amount: ask.amount.toString() })) as Json);
    const before = await this.keys.find(this.database.read, fund.fundId, key, body, this.clock.now());
    if (before !== null) return JSON.parse(before) as Asked;
    const until = await this.pause.until(this.database.read, fund);
    if (until !== null) throw new Refusal("asking-paused", { values: { day: until } });
    const made = ask.noCode ? null : await makeClaim();
    const sealed =
      ask.sealed ??
      (await seal(
        canonicalJson(ask.details as unknown as Json),
        await this.seats.recipients(this.database.read, fund.fundId),
      ));
    const answer: Asked = { claimCode: made?.code ?? null, state: "waiting" };
    try {
      await this.database.atomically(async (tx) => {
        await this.keys.keep(tx, fund.fundId, key, body, JSON.stringify(answer), this.clock.now());
        await this.putInLine(tx, fund, ask, sealed, made?.claim ?? null);
      });
    } catch (error) {
      if (sqlState(error) !== "23505") throw error;
      // The same key came twice at once: the other one was first, and its answer stands.
      const first = await this.keys.find(this.database.read, fund.fundId, key, body, this.clock.now());
      if (first === null) throw error;
      return JSON.parse(first) as Asked;
    }
    return answer;
  }

  private check(fund: Fund, ask: Ask): void {
    if (ask.amount <= 0n || ask.amount > fund.charter.capPerRequest) throw new Refusal("invalid", { field: "amount" });
    if (ask.details?.words !== undefined && !fund.charter.words) throw new Refusal("words-off", { field: "words" });
    if (ask.category !== undefined && ask.category !== "other" && !fund.charter.categories.includes(ask.category))
      throw new Refusal("invalid", { field: "category" });
    if (ask.neededBy !== undefined && ask.neededBy < dayIn(fund.charter.timeZone, this.clock.now()))
      throw new Refusal("invalid", { field: "neededBy" });
    if (ask.firstHelp !== undefined && fund.charter.rule !== "never-helped-first")
      throw new Refusal("invalid", { field: "firstHelp" });
    if ((ask.sealed === undefined) === (ask.details === undefined)) throw new Refusal("invalid", { field: "payTo" });
  }

  private async putInLine(tx: Tx, fund: Fund, ask: Ask, sealed: string, claim: Claim | null): Promise<void> {
    const { arrival, floodId } = await this.floods.arrive(tx, fund);
    const request: AidRequestRow = {
      fundId: fund.fundId, requestId: newId(), arrival, floodId, day: dayIn(fund.charter.timeZone, this.clock.now()), amount: ask.amount,
      category: ask.category ?? "other", neededBy: ask.neededBy ?? null, firstHelp: ask.firstHelp ?? false, state: "waiting", chosenDay: null, outOfTurn: false, version: 1, sealed, sealedBefore: null, sealedHash: createHash("sha256").update(sealed).digest(),
      sealedBy: ask.sealed === undefined ? "server" : "browser", replyRecipient: claim?.recipient ?? null,
      sent: 0n, endedDay: null,
    }; // prettier-ignore
    await tx.insert(AidRequestRow, request);
    if (claim) await locate(tx, request, claim, "own");
  }
}
