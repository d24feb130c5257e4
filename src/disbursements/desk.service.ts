import { Injectable } from "@nestjs/common";
import { Clock } from "../kernel/clock.js";
import { isHolding } from "../ledger/account.js";
import type { Balances } from "../ledger/balance.js";
import { Journal } from "../ledger/journal.service.js";
import type { Fund } from "../funds/funds.service.js";
import { Database, row, rows, type Tx } from "../platform/database/database.js";
import { HandEntries } from "../holdings/hand-entries.service.js";
import type { Outcome } from "../requests/aid-request.js";
import { Conversations } from "../requests/messages/conversations.service.js";
import { Relocking } from "../requests/relocking/relocking.service.js";
import { Alarms, type Alarm } from "../treasurers/alarms.service.js";
import { Decisions } from "../treasurers/decisions.service.js";
import { leaseIsLive } from "./disbursement.js";
import { DisbursementRow, PayoutRow } from "./disbursement.entity.js";

/** One person's turn, as the desk shows it: a sum, a kind of help, days. Nothing that was sealed. */
export interface DeskItem {
  readonly disbursementId: string;
  readonly amount: bigint;
  readonly category: string;
  readonly askedDay: string;
  readonly neededBy: string | null;
  /** The way to be paid was changed after asking. */
  readonly redirected: boolean;
  /** It is a part of what was asked for; the rest keeps its place. */
  readonly part: boolean;
  readonly signatures: number;
  readonly signedByMe: boolean;
  readonly payer: { readonly name: string; readonly me: boolean; readonly until: Date } | null;
  readonly sent: {
    readonly day: string;
    readonly outcome: Outcome | null;
    readonly outcomeAmount: bigint | null;
  } | null;
}

export interface Desk {
  readonly toSign: readonly DeskItem[];
  readonly signedByMe: readonly DeskItem[];
  readonly toSend: readonly DeskItem[];
  readonly unconfirmed: readonly DeskItem[];
  readonly mismatched: readonly DeskItem[];
  readonly alarms: readonly Alarm[];
  /** Card gifts rest after so many failed payments in a row. */
  readonly cardPause: { readonly until: Date; readonly failures: number } | null;
  readonly waiting: number;
  /** Hand entries of others that wait for this treasurer's yes. */
  readonly handEntries: number;
  /** People whose messages nobody has answered. */
  readonly messages: number;
  /** What is decided together and waits for this treasurer's signature. */
  readonly decisions: number;
  /** Locks that this treasurer could make anew, or try, since the seats have changed. */
  readonly locks: number;
  readonly balances: Balances;
  /** Where money can be paid from, with what is there. */
  readonly holdings: readonly { readonly code: string; readonly balance: bigint }[];
}

/** How much waits for somebody at this desk. */
export function waitsAt(desk: Desk): number {
  const { toSign, toSend, mismatched, alarms, handEntries, messages, decisions, locks } = desk;
  return toSign.length + toSend.length + mismatched.length + alarms.length + handEntries + messages + decisions + locks;
}

/** Something that people must look at. */
interface ItemRow {
  disbursement_id: string;
  state: DisbursementRow["state"];
  amount: string;
  category: string;
  asked_day: string | null;
  needed_by: string | null;
  redirected: boolean;
  part: boolean;
  signatures: string;
  mine: boolean;
  payer: string | null;
  payer_name: string | null;
  lease_until: Date | null;
  payout_state: PayoutRow["state"] | null;
  sent_day: string | null;
  outcome: Outcome | null;
  outcome_amount: string | null;
}

@Injectable()
export class DeskService {
  constructor(
    private readonly database: Database,
    private readonly journal: Journal,
    private readonly entries: HandEntries,
    private readonly conversations: Conversations,
    private readonly decisions: Decisions,
    private readonly relocking: Relocking,
    private readonly alarms: Alarms,
    private readonly clock: Clock,
  ) {}

  /** What must be decided, and nothing else. */
  async of(fund: Fund, treasurerId: string): Promise<Desk> {
    const tx = this.database.read;
    const items = await this.items(tx, fund, treasurerId);
    const of = (state: DisbursementRow["state"]): { row: ItemRow; item: DeskItem }[] =>
      items.filter((i) => i.row.state === state);
    const paid = of("paid").map((i) => i.item);
    const proposed = of("proposed").map((i) => i.item);
    const accounts = await this.journal.accounts(tx, fund.fundId);
    const [line] = await rows<{ waiting: string }>(
      tx,
      "select count(*) as waiting from aid_request where fund_id = $1 and state = 'waiting'",
      [fund.fundId],
    );
    return {
      toSign: proposed.filter((i) => !i.signedByMe),
      signedByMe: proposed.filter((i) => i.signedByMe),
      toSend: of("approved").map((i) => i.item),
      unconfirmed: paid.filter((i) => i.sent?.outcome === null),
      mismatched: paid.filter((i) => i.sent !== null && i.sent.outcome !== null && i.sent.outcome !== "received"),
      alarms: await this.alarms.unseen(tx, fund),
      cardPause: await row<{ until: Date; failures: number }>(
        tx,
        "select paused_until as until, failures from card_pause where fund_id = $1 and paused_until > $2",
        [fund.fundId, this.clock.now()],
      ),
      waiting: Number(line?.waiting ?? 0),
      handEntries: (await this.entries.allWaiting(tx, fund)).filter((entry) => entry.enteredBy !== treasurerId).length,
      messages: await this.conversations.waiting(tx, fund),
      decisions: (await this.decisions.all(tx, fund)).filter((d) => !d.signedBy.includes(treasurerId)).length,
      locks: Object.values(await this.relocking.waits(tx, fund, treasurerId)).reduce((sum, n) => sum + n, 0),
      balances: await this.journal.balances(tx, fund.fundId),
      holdings: [...accounts]
        .filter(
          ([code, balance]) =>
            isHolding(code) && code !== "assets:stripe" && (balance !== 0n || code === "assets:bank"),
        )
        .map(([code, balance]) => ({ code, balance })),
    };
  }

  private async items(tx: Tx, fund: Fund, treasurerId: string): Promise<{ row: ItemRow; item: DeskItem }[]> {
    const found = await rows<ItemRow>(
      tx,
      `select d.disbursement_id, d.state, d.amount, d.category, r.day::text as asked_day, r.needed_by::text as needed_by, r.sealed_before is not null as redirected, p.payer, t.name as payer_name, p.lease_until,
              p.state as payout_state, p.sent_day::text as sent_day, s.outcome, s.outcome_amount, r.amount - r.sent > d.amount as part,
              (select count(*) from approval a where a.fund_id = d.fund_id and a.disbursement_id = d.disbursement_id and a.commitment = d.commitment) as signatures,
              exists (select from approval a where a.fund_id = d.fund_id and a.disbursement_id = d.disbursement_id and a.treasurer_id = $2) as mine
       from disbursement d
       join aid_request r on r.fund_id = d.fund_id and r.request_id = d.request_id
       left join sent_part s on s.fund_id = d.fund_id and s.commitment = d.commitment
       left join payout p on p.fund_id = d.fund_id and p.disbursement_id = d.disbursement_id and p.state in ('leased', 'sent')
       left join treasurer t on t.fund_id = d.fund_id and t.treasurer_id = p.payer
       where d.fund_id = $1 and (d.state in ('proposed', 'approved') or (d.state = 'paid' and s.outcome is distinct from 'received'))
         and (d.state = 'paid' or r.version = d.request_version)
       order by (d.state = 'paid'), r.arrival limit 600`,
      [fund.fundId, treasurerId],
    );
    return found.map((row) => ({ row, item: this.item(row, treasurerId) }));
  }

  private item(r: ItemRow, treasurerId: string): DeskItem {
    const live =
      r.payout_state === "leased" &&
      r.lease_until !== null &&
      leaseIsLive({ state: "leased", leaseUntil: r.lease_until }, this.clock.now());
    return {
      disbursementId: r.disbursement_id,
      amount: BigInt(r.amount),
      category: r.category,
      askedDay: r.asked_day ?? "",
      neededBy: r.needed_by,
      redirected: r.redirected,
      part: r.part,
      signatures: Number(r.signatures),
      signedByMe: r.mine,
      payer:
        live && r.payer !== null && r.lease_until !== null
          ? { name: r.payer_name ?? "", me: r.payer === treasurerId, until: r.lease_until }
          : null,
      sent:
        r.state === "paid"
          ? {
              day: r.sent_day ?? "",
              outcome: r.outcome,
              outcomeAmount: r.outcome_amount === null ? null : BigInt(r.outcome_amount),
            }
          : null,
    };
  }
}
