import { Injectable } from "@nestjs/common";
import { Refusal } from "../kernel/refusal.js";
import { Funds, type Fund } from "../funds/funds.service.js";
import { Database, row, type Tx } from "../platform/database/database.js";
import { AidRequestRow } from "./aid-request.entity.js";
import { deriveClaim, type Claim } from "./claim-code.js";
import type { CodeKind } from "./claim-rights.js";
import { RequestKeys } from "./request-keys.service.js";
import { Clock } from "../kernel/clock.js";

/** A request that was opened with seven words. */
export interface OpenedRequest {
  readonly claim: Claim;
  readonly kind: CodeKind;
  readonly fund: Fund;
  readonly request: AidRequestRow;
}

/** The Idempotency-Key of an act and what was sent with it; null when the sender gave none. */
export type Once = { readonly key: string; readonly body: string } | null;

/** From seven words to a request, and the lock that every act with them takes first. */
@Injectable()
export class Claims {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly keys: RequestKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * Costs the same for every text, and asks the database one question for all that opens nothing: malformed, never made, taken back, erased, or another fund's. Refuses `claim-code`.
   * `client`: whose turn it is. `slug`: only a request of this fund.
   */
  async open(code: string, client?: string, slug?: string): Promise<OpenedRequest> {
    const claim = await deriveClaim(code, client);
    const found = await row<{ fund_id: string; request_id: string; kind: CodeKind }>(
      this.database.read,
      "select l.fund_id, l.request_id, l.kind from claim_locator l join fund f using (fund_id) where l.tag_hash = $1 and ($2::text is null or f.slug = $2)",
      [claim.tagHash, slug ?? null],
    );
    if (found === null) throw new Refusal("claim-code");
    const request = await this.requestOf(this.database.read, found.fund_id, found.request_id);
    return { claim, kind: found.kind, fund: await this.funds.byId(this.database.read, request.fundId), request };
  }

  /** The same request as it stands now, without deriving the words again. */
  async again(opened: OpenedRequest): Promise<OpenedRequest> {
    const { fundId, requestId } = opened.request;
    return { ...opened, request: await this.requestOf(this.database.read, fundId, requestId) };
  }

  /**
   * Locks the request first, then looks whether the words still open it, so that words that were taken back meanwhile act no more, and the same key sent twice at once acts once. Names the
   * words to the database, which lets nothing be changed without. Returns what the act answered, or what it answered under this key before.
   */
  async withLocked(
    opened: OpenedRequest,
    once: Once,
    act: (tx: Tx, request: AidRequestRow) => Promise<string | undefined>,
  ): Promise<string> {
    const { fundId, requestId } = opened.request;
    const body = once === null ? "" : `${requestId} ${once.body}`;
    return this.database.atomically(async (tx) => {
      const request = await tx.findOne(AidRequestRow, {
        where: idOf(opened.request),
        lock: { mode: "pessimistic_write" },
      });
      const names = await row(
        tx,
        "select set_config('commonpot.claim_tag', encode(tag_hash, 'hex'), true) from claim_locator where tag_hash = $1 and fund_id = $2 and request_id = $3",
        [opened.claim.tagHash, fundId, requestId],
      );
      if (request === null || names === null) throw new Refusal("claim-code");
      const before = once === null ? null : await this.keys.find(tx, fundId, once.key, body, this.clock.now());
      if (before !== null) return before;
      const answer = (await act(tx, request)) ?? "done";
      if (once !== null) await this.keys.keep(tx, fundId, once.key, body, answer, this.clock.now());
      return answer;
    });
  }

  private async requestOf(tx: Tx, fundId: string, requestId: string): Promise<AidRequestRow> {
    const request = await tx.findOneBy(AidRequestRow, { fundId, requestId });
    if (request === null) throw new Refusal("claim-code");
    return request;
  }
}

export function idOf(request: AidRequestRow): { fundId: string; requestId: string } {
  return { fundId: request.fundId, requestId: request.requestId };
}
