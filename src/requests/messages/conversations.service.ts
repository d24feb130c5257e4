import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../../kernel/clock.js";
import { newId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database, row, rows, type Tx } from "../../platform/database/database.js";
import { Passkeys, type SignedOpening } from "../../treasurers/passkeys.service.js";
import type { RequestState } from "../aid-request.js";
import { AidRequestRow } from "../aid-request.entity.js";
import { Line } from "../line.service.js";

/** A request that can be written to, as the desk lists it. Nothing that was sealed. */
export interface Conversation {
  readonly requestId: string;
  readonly day: Day;
  readonly amount: bigint;
  readonly category: string;
  readonly state: RequestState;
  /** What was sent so far. */
  readonly sent: bigint;
  readonly messages: number;
  /** Messages that nobody has answered yet. */
  readonly unseen: number;
  /** Whoever asked kept seven words, and can read what is answered. */
  readonly reads: boolean;
}

/** Age files, for the treasurer's own browser. */
export interface OpenedConversation {
  readonly messages: readonly { readonly day: Day; readonly from: "requester" | "fund"; readonly sealed: string }[];
  /** Whom the answer is locked for beside the treasurers; null when nobody kept words. */
  readonly replyRecipient: string | null;
}

const LISTED_MAX = 200;

/** What treasurers and the person who asked write to each other. Opening one asks for the passkey and is recorded; an answer arrives locked. */
@Injectable()
export class Conversations {
  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
    private readonly line: Line,
    private readonly clock: Clock,
  ) {}

  /** What waits for an answer first; then whoever wrote before, and whoever is about to be paid. */
  async all(tx: Tx, fund: Fund): Promise<Conversation[]> {
    const found = await rows<Omit<Conversation, "amount" | "sent"> & { amount: string; sent: string }>(
      tx,
      `with talked as (
         select request_id, count(*)::int as messages, (count(*) filter (where not seen))::int as unseen from request_message where fund_id = $1 group by request_id
       )
       select r.request_id as "requestId", r.day::text as day, r.amount, r.category, r.state, r.sent, coalesce(t.messages, 0) as messages, coalesce(t.unseen, 0) as unseen, r.reply_recipient is not null as reads
       from aid_request r left join talked t using (request_id)
       where r.fund_id = $1 and r.state not in ('withdrawn', 'aside')
         and (t.request_id is not null or r.state in ('chosen', 'approved', 'sending') or exists (select from sent_part p where p.fund_id = r.fund_id and p.request_id = r.request_id and p.outcome is distinct from 'received'))
       order by coalesce(t.unseen, 0) = 0, t.request_id is null, r.arrival limit ${LISTED_MAX}`,
      [fund.fundId],
    );
    return found.map((c) => ({ ...c, amount: BigInt(c.amount), sent: BigInt(c.sent) }));
  }

  async waiting(tx: Tx, fund: Fund): Promise<number> {
    const found = await row<{ count: string }>(
      tx,
      "select count(distinct request_id) from request_message where fund_id = $1 and not seen",
      [fund.fundId],
    );
    return Number(found?.count ?? 0);
  }

  challengeToOpen(
    fund: Fund,
    treasurerId: string,
    requestId: string,
  ): Promise<{ challengeId: string; challenge: string }> {
    return this.database.atomically(async (tx) => {
      if (!(await tx.existsBy(AidRequestRow, { fundId: fund.fundId, requestId }))) throw new Refusal("no-such-request");
      return this.passkeys.issue(tx, fund, "open", { treasurerId, subject: { conversation: requestId } });
    });
  }

  /** After a fresh signature; each opening is recorded. Refuses `passkey`, `not-yours`, `no-such-request`. */
  async open(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    requestId: string,
    signed: SignedOpening,
  ): Promise<OpenedConversation> {
    await this.passkeys.openedBy(tx, fund, treasurerId, { conversation: requestId }, signed);
    const request = await row<{ reply_recipient: string | null }>(
      tx,
      "select reply_recipient from aid_request where fund_id = $1 and request_id = $2",
      [fund.fundId, requestId],
    );
    if (request === null) throw new Refusal("no-such-request");
    await tx.query("insert into message_opening (fund_id, opening_id, treasurer_id, day) values ($1, $2, $3, $4)", [
      fund.fundId,
      newId(),
      treasurerId,
      this.today(fund),
    ]);
    const messages = await rows<OpenedConversation["messages"][number]>(
      tx,
      'select day::text as day, sender as "from", sealed from request_message where fund_id = $1 and request_id = $2 order by ordinal',
      [fund.fundId, requestId],
    );
    return { messages, replyRecipient: request.reply_recipient };
  }

  /** Keeps an answer that a treasurer's browser locked. Refuses `no-such-request`; `wrong-state` for one that was taken back, or whose words nobody kept. */
  async answer(tx: Tx, fund: Fund, requestId: string, sealed: string): Promise<void> {
    const request = await this.line.lock(tx, fund.fundId, requestId);
    if (request === null) throw new Refusal("no-such-request");
    if (request.state === "withdrawn" || request.replyRecipient === null) throw new Refusal("wrong-state");
    await tx.query(
      `insert into request_message (fund_id, message_id, request_id, ordinal, day, sender, sealed, seen)
       select $1, $2, $3, coalesce(max(ordinal), 0) + 1, $4, 'fund', $5, true from request_message where fund_id = $1 and request_id = $3`,
      [fund.fundId, newId(), requestId, this.today(fund), sealed],
    );
    await this.nothingToSay(tx, fund, requestId);
  }

  /** Refuses `no-such-request`. */
  async nothingToSay(tx: Tx, fund: Fund, requestId: string): Promise<void> {
    if (!(await tx.existsBy(AidRequestRow, { fundId: fund.fundId, requestId }))) throw new Refusal("no-such-request");
    await tx.query("update request_message set seen = true where fund_id = $1 and request_id = $2 and not seen", [
      fund.fundId,
      requestId,
    ]);
  }

  private today(fund: Fund): Day {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }
}
