import type Stripe from "stripe";
import type { Day } from "../../kernel/clock.js";
import {
  cardGift, disputeLost, disputeOpened, disputeWon, refund, refundFailed, unmatchedCard, unmatchedRefund, type Settled,
} from "../../ledger/flows/card.js"; // prettier-ignore
import type { Draft } from "../../ledger/transaction.js";
import { pends, type StripeLine } from "./stripe-line.js";

/** Our own row that a payment names. */
export interface Named {
  readonly donationId: string;
  /** Minor units of the fund's currency. */
  readonly charged: bigint;
  readonly monthly: boolean;
  /** Of a monthly gift: the invoice that was paid. */
  readonly invoiceId?: string;
}

/** Everything that Stripe says now about one payment. */
export interface PaymentFacts {
  readonly paymentIntent: string;
  /** The fund's. */
  readonly currency: string;
  /** Null where the payment names no gift of ours, or one that another payment settled. */
  readonly named: Named | null;
  readonly charge: Pick<Stripe.Charge, "amount" | "currency">;
  readonly settled: StripeLine;
  readonly refunds: readonly {
    readonly id: string;
    readonly settled: StripeLine | null;
    readonly failure: StripeLine | null;
  }[];
  readonly disputes: readonly {
    readonly id: string;
    readonly status: string;
    readonly settled: readonly StripeLine[];
  }[];
}

/** A transaction, and the line of Stripe's that it books: none for what only our own books know. */
export interface ToBook {
  readonly line: StripeLine | null;
  readonly draft: Draft;
}

/**
 * Does the payment fit the gift that it names? In the fund's currency to the cent; a payment in another currency that settled in the fund's is booked as what
 * settled, because Stripe's rate decided it.
 */
export function fits({ named, charge, currency, settled }: PaymentFacts): boolean {
  if (named === null) return false;
  return charge.currency === currency ? named.charged === BigInt(charge.amount) : settled.converted;
}

/** All that is to be booked of a payment, in its order. The same facts give the same drafts, whatever was booked before. */
export function draftsOf(facts: PaymentFacts, dayOf: (unixSeconds: number) => Day): ToBook[] {
  const gift = fits(facts) ? facts.named : null;
  const settled = (line: StripeLine): Required<Settled> => ({
    day: dayOf(line.created),
    amount: BigInt(line.amount),
    fee: BigInt(line.fee),
    source: line.id,
    pends: pends(line),
  });
  return [
    {
      line: facts.settled,
      draft:
        gift === null
          ? unmatchedCard({ paymentIntent: facts.paymentIntent, ...settled(facts.settled) })
          : cardGift({ ...gift, ...settled(facts.settled) }),
    },
    ...facts.refunds.flatMap((given) => refundDrafts(gift, given, settled)),
    ...facts.disputes.flatMap((dispute) => disputeDrafts(gift, dispute, settled, dayOf)),
  ];
}

type SettledOf = (line: StripeLine) => Required<Settled>;

function refundDrafts(gift: Named | null, given: PaymentFacts["refunds"][number], settled: SettledOf): ToBook[] {
  const drafts: ToBook[] = [];
  const of = (line: StripeLine): Required<Settled> & { refundId: string; monthly: boolean } => ({
    ...settled(line),
    refundId: given.id,
    monthly: gift?.monthly ?? false,
  });
  const { settled: out, failure: back } = given;
  if (out !== null) {
    const what = { ...of(out), amount: BigInt(-out.amount) };
    const draft =
      gift === null ? unmatchedRefund({ ...what, name: given.id }) : refund({ ...what, donationId: gift.donationId });
    drafts.push({ line: out, draft });
  }
  if (back !== null) {
    const what = of(back);
    const draft =
      gift === null
        ? unmatchedRefund({ ...what, amount: -what.amount, name: `${given.id}:failed` })
        : refundFailed({ ...what, donationId: gift.donationId });
    drafts.push({ line: back, draft });
  }
  return drafts;
}

/** Money that Stripe takes for a dispute, and gives back: each is a line of its own. When it is lost, what is still out is gone. */
function disputeDrafts(
  gift: Named | null,
  { id, status, settled: lines }: PaymentFacts["disputes"][number],
  settled: SettledOf,
  dayOf: (unixSeconds: number) => Day,
): ToBook[] {
  const drafts = lines.map((line): ToBook => {
    const { amount, fee, ...rest } = settled(line);
    const of = {
      ...rest,
      disputeId: `${id}:${line.id}`,
      ...(gift === null ? {} : { donationId: gift.donationId }),
    };
    const draft =
      amount < 0n ? disputeOpened({ ...of, amount: -amount, fee }) : disputeWon({ ...of, amount, feeReturned: -fee });
    return { line, draft };
  });
  const out = -lines.reduce((sum, line) => sum + line.amount, 0);
  if (status === "lost" && out > 0) {
    const day = dayOf(lines.reduce((latest, line) => (line.created > latest ? line.created : latest), 0));
    drafts.push({ line: null, draft: disputeLost({ disputeId: id, day, amount: BigInt(out) }) });
  }
  return drafts;
}
