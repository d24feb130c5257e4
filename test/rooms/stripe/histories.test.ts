import { audit } from "../../../src/cli/audit/run.js";
import { HandClock } from "../../../src/kernel/clock.js";
import { Sweep } from "../../../src/donations/booking/sweep.service.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { Faults, ROUGH } from "../../../src/sandbox/stripe/faults.js";
import type { PracticeStripe } from "../../../src/sandbox/stripe/practice-stripe.js";
import { makeFund } from "../../support/builders.js";
import { startCommonpot, until, type Commonpot } from "../../support/commonpot.js";
import { StripeModel } from "../../support/stripe-model.js";

jest.setTimeout(3_600_000);

/** So many lives of a fund at Stripe: `STRIPE_HISTORIES=20000 npx jest test/rooms/stripe/histories` for the long run. */
const HISTORIES = Number(process.env["STRIPE_HISTORIES"] ?? 2000);
const SEED = Number(process.env["STRIPE_SEED"] ?? 1);
/** So many at once: they share one Stripe, one clock and its payouts. */
const WAVE = 250;

const DAY_MS = 86_400_000;
const PAYS = "4242424242424242";
const DECLINED = "4000000000000002";

/** xorshift32: the same seed makes the same history. */
function dice(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** One fund's life: some gifts, once and monthly, and what becomes of them. Everything goes through the public door and the practice Stripe. */
class History {
  readonly model = new StripeModel();
  private readonly roll: (below: number) => number;
  private readonly disputed = new Map<string, { id: string; amount: number }>();

  constructor(
    readonly seed: number,
    private readonly pot: Commonpot,
    private readonly clock: HandClock,
    readonly fund: Fund,
  ) {
    this.roll = dice(seed);
  }

  private get stripe(): PracticeStripe {
    return this.pot.stripe.stripe;
  }

  async live(): Promise<void> {
    for (let gifts = 1 + this.roll(3); gifts > 0; gifts--) {
      const intents = await this.give(this.roll(5) === 0 ? "monthly" : "once");
      this.pass();
      for (const intent of intents) await this.follow(intent);
      if (this.roll(6) === 0) this.stripe.payOut();
      if (this.roll(25) === 0)
        this.someOf(Object.keys(this.stripe.store.state.payouts), (id) => this.stripe.failPayout(id));
    }
  }

  /** Returns the payments that succeeded. */
  private async give(frequency: "once" | "monthly"): Promise<string[]> {
    const amount = 100 + this.roll(20_000);
    const started = await this.start(amount, frequency);
    if (started === null) return [];
    const session = started.split("/").at(-1)!;
    if (this.roll(8) === 0) this.stripe.pay(session, DECLINED, null);
    this.stripe.pay(session, PAYS, null);
    this.model.gift(amount, frequency === "monthly");
    const { payment_intent: once, subscription } = this.stripe.store.state.sessions[session]!;
    if (typeof once === "string") return [once];
    const months = 1 + this.roll(3);
    for (let month = 1; month < months; month++) {
      this.pass();
      if (this.stripe.renew(subscription as string, this.roll(4) === 0 ? DECLINED : PAYS))
        this.model.gift(amount, true);
    }
    if (this.roll(2) === 0) this.stripe.cancel(subscription as string);
    return [];
  }

  private async start(amount: number, frequency: string): Promise<string | null> {
    for (let attempt = 0; attempt < 8; attempt++) {
      const answer = await fetch(`${this.pot.origin}/api/v1/funds/${this.fund.slug}/donations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ amount, frequency }),
      });
      if (answer.status === 201) return ((await answer.json()) as { checkoutUrl: string }).checkoutUrl;
      await answer.text();
    }
    return null;
  }

  private async follow(intent: string): Promise<void> {
    for (let steps = this.roll(4); steps > 0; steps--) {
      this.pass();
      if (this.roll(3) === 0) await new Promise((resolve) => setTimeout(resolve, this.roll(60)));
      const charge = this.stripe.chargeOf(intent);
      const open = this.disputed.get(intent);
      if (open !== undefined) {
        const won = this.roll(2) === 0;
        this.stripe.closeDispute(open.id, won);
        if (won) this.model.disputeWon(open.amount);
        else this.model.disputeLost(open.amount);
        return;
      }
      const left = charge.amount - charge.amount_refunded;
      if (left > 0 && this.roll(2) === 0) {
        const part = this.roll(2) === 0 ? left : 1 + this.roll(left);
        const refund = this.stripe.refund(intent, part);
        this.model.refunded(part);
        if (this.roll(4) === 0) {
          this.pass();
          this.stripe.failRefund(refund.id);
          this.model.refundCameBack(part);
        }
      } else {
        const dispute = this.stripe.openDispute(intent);
        if (dispute === null) continue;
        this.disputed.set(intent, { id: dispute.id, amount: dispute.amount });
        this.model.disputeOpened(dispute.amount);
      }
    }
  }

  private pass(): void {
    this.clock.set(new Date(this.clock.now().getTime() + this.roll(15) * 1000));
  }

  private someOf(ids: readonly string[], act: (id: string) => void): void {
    const id = ids[this.roll(ids.length || 1)];
    if (id !== undefined) act(id);
  }
}

/** What went to the bank of each fund, from Stripe's own objects: whose a line is follows from the payment behind it. */
function paidOutByFund({ store: { state } }: PracticeStripe): Map<string, number> {
  const fundOfIntent = (intent: unknown): string => {
    const paid = Object.values(state.invoicePayments).find((p) => p.payment.payment_intent === intent);
    const invoice = paid === undefined ? undefined : state.invoices[paid.invoice as string];
    const names = invoice?.parent?.subscription_details?.metadata ?? state.intents[intent as string]?.metadata ?? {};
    return names["fund"] ?? "";
  };
  const lines = new Map<string, string[]>();
  for (const [line, payout] of Object.entries(state.paidOutBy)) lines.set(payout, [...(lines.get(payout) ?? []), line]);
  const shares = new Map<string, Map<string, number>>();
  const sharesOf = (payout: string): Map<string, number> => {
    const known = shares.get(payout);
    if (known) return known;
    const nets = new Map<string, number>();
    const add = (fund: string, net: number): unknown => nets.set(fund, (nets.get(fund) ?? 0) + net);
    for (const id of lines.get(payout) ?? []) {
      const line = state.transactions[id]!;
      const source = line.source as string;
      if (line.type === "payout") continue;
      if (line.type === "payout_failure") sharesOf(source).forEach((net, fund) => add(fund, net));
      else {
        const { payment_intent: intent } = state.charges[source] ?? state.refunds[source] ?? state.disputes[source]!;
        add(fundOfIntent(intent), line.net);
      }
    }
    shares.set(payout, nets);
    return nets;
  };
  const total = new Map<string, number>();
  for (const { id, status } of Object.values(state.payouts))
    if (status !== "failed") sharesOf(id).forEach((net, fund) => total.set(fund, (total.get(fund) ?? 0) + net));
  return total;
}

async function quiet(pot: Commonpot, clock: HandClock): Promise<void> {
  const owner = await pot.db.as("superuser");
  const { store } = pot.stripe.stripe;
  await until("every event is delivered or dropped", () => Promise.resolve(store.state.deliveries.length === 0), 120);
  clock.set(new Date(clock.now().getTime() + 3 * 60_000));
  for (let round = 0; round < 3; round++) {
    await pot.app.get(Sweep).run();
    await until(
      "every job is done",
      async () => {
        await owner.query(
          "update graphile_worker._private_jobs set run_at = now() where locked_at is null and attempts < max_attempts and run_at > now()",
        );
        const { rows } = await owner.query(
          "select count(*)::int as n from graphile_worker._private_jobs where attempts < max_attempts",
        );
        return rows[0].n === 0;
      },
      300,
    );
  }
}

test(`${HISTORIES} histories at Stripe end in the books of the plain model, whatever was late, twice, lost or cut off`, async () => {
  const clock = new HandClock(new Date(Date.now() - 20 * DAY_MS));
  const wrong: string[] = [];
  for (let from = 0; from < HISTORIES; from += WAVE) {
    const faults = new Faults(SEED + from, ROUGH);
    const pot = await startCommonpot({ clock, stripeClock: clock, faults, tickMs: 3_600_000 });
    try {
      const owner = await pot.db.as("owner");
      const histories: History[] = [];
      for (let i = from; i < from + WAVE && i < HISTORIES; i++) {
        const fund = await makeFund(pot.database, {}, `history-${i}`);
        histories.push(new History(SEED + i, pot, clock, fund));
      }
      await owner.query("update fund set state = 'open'");
      const todo = [...histories];
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          for (let next = todo.shift(); next; next = todo.shift()) await next.live();
        }),
      );
      faults.over();
      await quiet(pot, clock);
      const paidOut = paidOutByFund(pot.stripe.stripe);
      const { rows } = await owner.query(
        "select fund_id, code, balance::int as balance from account where balance <> 0 order by code",
      );
      for (const history of histories) {
        history.model.paidOut(paidOut.get(history.fund.fundId) ?? 0);
        const books = Object.fromEntries(
          rows.filter((r) => r.fund_id === history.fund.fundId).map((r) => [r.code, r.balance]),
        );
        if (JSON.stringify(books) !== JSON.stringify(history.model.accounts()))
          wrong.push(
            `seed ${history.seed}: ${JSON.stringify(books)} instead of ${JSON.stringify(history.model.accounts())}`,
          );
      }
      await everyLineIsBookedOnce(pot, wrong);
      const audited = await pot.database.atomically((tx) => audit(tx));
      wrong.push(...audited.filter((a) => a.violations > 0).map((a) => `audit: ${a.says} (${a.first ?? ""})`));
    } finally {
      await pot.close();
    }
    if (HISTORIES > WAVE)
      process.stderr.write(`\rhistories at Stripe: ${from + WAVE} of ${HISTORIES}, ${wrong.length} wrong `);
  }
  expect(wrong).toEqual([]);
});

/** Each balance transaction has exactly one journal transaction in each fund that it touches, and the reverse. */
async function everyLineIsBookedOnce(pot: Commonpot, wrong: string[]): Promise<void> {
  const owner = await pot.db.as("owner");
  const { transactions } = pot.stripe.stripe.store.state;
  const { rows } = await owner.query(
    "select source, count(*)::int as n from transaction where source is not null group by 1",
  );
  const booked = new Map<string, number>(rows.map((r) => [r.source, r.n]));
  for (const { id, type } of Object.values(transactions)) {
    const n = booked.get(id) ?? 0;
    if (type.startsWith("payout") ? n < 1 : n !== 1) wrong.push(`${type} ${id} is booked ${n} times`);
    booked.delete(id);
  }
  wrong.push(...[...booked.keys()].map((id) => `${id} is booked, and Stripe knows nothing of it`));
}
