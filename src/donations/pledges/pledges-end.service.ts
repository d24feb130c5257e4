import { Injectable } from "@nestjs/common";
import Stripe from "stripe";
import type { Json } from "../../kernel/canonical-json.js";
import { Clock, dayIn, type Day } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { changed, Database, row, rows, type Tx } from "../../platform/database/database.js";
import { Jobs } from "../../platform/jobs/jobs.js";
import { CardService, onAccount } from "../../platform/stripe/stripe.js";
import { Decisions } from "../../treasurers/decisions.service.js";
import { TASKS, type Wanted } from "../booking/stripe-events.js";
import { StripeJobs } from "../booking/stripe-jobs.service.js";
import { Pledges } from "./pledges.service.js";

/** So many subscriptions are ended by one job; the next one goes on. */
const BATCH_SIZE = 50;

type EndSubject = { readonly asked: Day } & { readonly [key: string]: Json };

/** The fund's monthly gifts as the desk sees them: no names. */
export interface PledgesStand {
  readonly running: number;
  /** What they bring in a month, in minor units. */
  readonly eachMonth: bigint;
  /** Since when the fund takes none; null while it does. */
  readonly endedDay: Day | null;
}

/**
 * A strike pledge ends when the fund says that the strike is over: the treasurers decide it together, and a job ends every subscription at Stripe. Whoever pledges while
 * it runs is ended too, and none is taken until a treasurer says so. That a gift has ended is written down from Stripe's word alone.
 */
@Injectable()
export class PledgesEnd {
  constructor(
    private readonly database: Database,
    private readonly decisions: Decisions,
    private readonly cards: CardService,
    private readonly pledges: Pledges,
    private readonly jobs: Jobs,
    private readonly looks: StripeJobs,
    private readonly clock: Clock,
  ) {
    this.decisions.register<EndSubject>({
      name: "pledges-end",
      needed: (_tx, fund) => Promise.resolve(fund.charter.quorum),
      decided: (tx, fund, decisionId) => this.end(tx, fund, decisionId),
      says: (voice, fund) => voice.say(fund.template === "strike" ? "pledges.says.strike" : "pledges.says"),
    });
  }

  /** The day from which the fund takes no monthly gifts; null while it does. */
  async endedDay(tx: Tx, fundId: string): Promise<Day | null> {
    const found = await row<{ day: Day | null }>(
      tx,
      "select max(day)::text as day from pledges_end where fund_id = $1 and taken_again is null",
      [fundId],
    );
    return found?.day ?? null;
  }

  /** Refuses `monthly-ended`. */
  async mustTakeMonthly(tx: Tx, fundId: string): Promise<void> {
    if ((await this.endedDay(tx, fundId)) !== null) throw new Refusal("monthly-ended");
  }

  async stand(tx: Tx, fund: Fund): Promise<PledgesStand> {
    const found = await row<{ running: number; sum: string }>(
      tx,
      "select count(*)::int as running, coalesce(sum(charged), 0) as sum from donation where fund_id = $1 and subscription is not null and ended_day is null",
      [fund.fundId],
    );
    return {
      running: found?.running ?? 0,
      eachMonth: BigInt(found?.sum ?? 0),
      endedDay: await this.endedDay(tx, fund.fundId),
    };
  }

  /** Asks the others. */
  async propose(tx: Tx, fund: Fund, treasurerId: string): Promise<void> {
    await this.decisions.open(tx, fund, treasurerId, "pledges-end", { asked: this.today(fund) });
  }

  /** Monthly gifts may begin again; what was ended stays ended. */
  async takeAgain(tx: Tx, fund: Fund): Promise<void> {
    await changed(
      tx,
      "update pledges_end set taken_again = $2 where fund_id = $1 and taken_again is null returning 1",
      [fund.fundId, this.today(fund)],
    );
  }

  private async end(tx: Tx, fund: Fund, decisionId: string): Promise<void> {
    await tx.query("insert into pledges_end (fund_id, decision_id, day) values ($1, $2, $3)", [
      fund.fundId,
      decisionId,
      this.today(fund),
    ]);
    const wanted = endWanted(fund.fundId);
    await this.jobs.enqueue(tx, wanted.task, wanted.payload, { jobKey: wanted.key });
  }

  /** The job: ends some, and asks for itself again while there are more. Ending one twice ends it once. */
  async run(fundId: string): Promise<void> {
    if ((await this.endedDay(this.database.read, fundId)) === null) return;
    const running = await rows<{ subscription: string; account: string }>(
      this.database.read,
      `select subscription, coalesce(card_account, '') as account from donation
       where fund_id = $1 and subscription is not null and ended_day is null order by donation_id limit ${BATCH_SIZE}`,
      [fundId],
    );
    for (const { subscription, account } of running) await this.cancel(account, subscription);
    if (running.length === BATCH_SIZE) await this.looks.now(endWanted(fundId));
  }

  /** A pledge that began, or was found, while none is taken. */
  async changed(account: string, subscription: string): Promise<void> {
    const fundId = await this.pledges.changed(account, subscription);
    if (fundId !== null) await this.askAgain(fundId);
  }

  async begun(account: string, session: string): Promise<void> {
    const fundId = await this.pledges.begun(account, session);
    if (fundId !== null) await this.askAgain(fundId);
  }

  /** For the sweep: an end that was stopped in the middle goes on. */
  async sweep(): Promise<void> {
    const open = await rows<{ fundId: string }>(
      this.database.read,
      `select distinct e.fund_id as "fundId" from pledges_end e where taken_again is null
       and exists (select from donation d where d.fund_id = e.fund_id and d.subscription is not null and d.ended_day is null)`,
    );
    for (const { fundId } of open) await this.looks.now(endWanted(fundId));
  }

  private async askAgain(fundId: string): Promise<void> {
    if ((await this.endedDay(this.database.read, fundId)) !== null) await this.looks.now(endWanted(fundId));
  }

  private async cancel(account: string, subscription: string): Promise<void> {
    try {
      await this.cards
        .required()
        .subscriptions.cancel(subscription, {}, { ...onAccount(account), maxNetworkRetries: 0 });
    } catch (error) {
      // Stripe knows no canceled subscription: the donor was first, or the answer was lost. What it says of it below decides.
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    }
    await this.pledges.changed(account, subscription);
  }

  private today(fund: Fund): Day {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }
}

const endWanted = (fund: string): Wanted => ({ task: TASKS.pledgesEnd, payload: { fund }, key: `pledges-end:${fund}` });
