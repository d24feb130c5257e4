import { Injectable } from "@nestjs/common";
import { Clock } from "../../kernel/clock.js";
import { becameAvailable } from "../../ledger/flows/card.js";
import { GroupCommit } from "../../ledger/group-commit.service.js";
import { Database } from "../../platform/database/database.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { CardFunds, dayAt, type CardFund } from "./card-funds.service.js";
import { TASKS } from "./stripe-events.js";
import { StripeJobs } from "./stripe-jobs.service.js";

const AT_ONCE_MAX = 64;

/** Booked, kept back by Stripe, and not released in our books yet. */
interface Kept {
  readonly lineId: string;
  readonly fundId: string;
  readonly net: string;
  readonly key: string;
}

/** What Stripe kept back becomes free to use: all lines of an account that are released at one moment, together. */
@Injectable()
export class Releases {
  constructor(
    private readonly database: Database,
    private readonly cards: CardService,
    private readonly groups: GroupCommit,
    private readonly funds: CardFunds,
    private readonly jobs: StripeJobs,
    private readonly clock: Clock,
  ) {}

  /** `at` is in unix seconds. Only what Stripe says is available becomes so here: its day alone is not enough. */
  async release(account: string, at: number, looks = 0): Promise<void> {
    const kept = await this.database.plain<Kept>(
      `select l.line_id as "lineId", l.fund_id as "fundId", l.amount - l.fee as net, t.key
       from stripe_line l join transaction t on t.fund_id = l.fund_id and t.source = l.line_id
       where l.account = $1 and l.available_at = $2 and l.available_at > l.created_at and l.standing = 'fund' and l.amount <> l.fee
         and not exists (select from transaction r where r.fund_id = l.fund_id and r.key = 'available:' || t.key) order by l.line_id`,
      [account, new Date(at * 1000)],
    );
    const first = kept[0];
    const isFree = first === undefined || (await this.isAvailable(account, first.lineId));
    if (!isFree || (await this.isBeingBooked(account, at))) {
      const payload = { account, at: String(at) };
      await this.jobs.again({ task: TASKS.release, payload, key: `release:${account}:${at}` }, looks);
    }
    if (!isFree) return;
    const funds = new Map<string, CardFund | null>();
    for (const { fundId } of kept) if (!funds.has(fundId)) funds.set(fundId, await this.funds.byId(fundId));
    // A few at a time: a whole day may be released at once, and gifts that come meanwhile do not stand behind all of it.
    for (let from = 0; from < kept.length; from += AT_ONCE_MAX)
      await Promise.all(
        kept.slice(from, from + AT_ONCE_MAX).map((line) => this.post(line, funds.get(line.fundId) ?? null, at)),
      );
  }

  private async isAvailable(account: string, lineId: string): Promise<boolean> {
    const line = await this.cards.required().balanceTransactions.retrieve(lineId, undefined, onAccount(account));
    return line.status === "available";
  }

  /** Written down and not booked yet: what is released is booked first. */
  private async isBeingBooked(account: string, at: number): Promise<boolean> {
    const found = await this.database.plain(
      `select 1 from stripe_line l where l.account = $1 and l.available_at = $2 and l.available_at > l.created_at and l.standing = 'fund' and l.amount <> l.fee
         and not exists (select from transaction t where t.fund_id = l.fund_id and t.source = l.line_id) limit 1`,
      [account, new Date(at * 1000)],
    );
    return found.length > 0;
  }

  private async post({ fundId, key, net }: Kept, fund: CardFund | null, at: number): Promise<void> {
    if (fund === null) return;
    const draft = becameAvailable({ of: key, day: dayAt(fund, at), net: BigInt(net) });
    await this.groups.post(fundId, draft, this.clock.now());
  }
}
