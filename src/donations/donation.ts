import { invariant } from "../kernel/invariant.js";
import { exponentOf, mulDivRound } from "../kernel/money.js";
import { cardPrice, type CardPrice } from "./giving/card-price.js";

export type Frequency = "once" | "monthly";

/** May a card be asked for this currency at all? */
export function takesCards(currency: string): boolean {
  return cardPrice(currency) !== null;
}

/** The least that a card is asked for: twice what Stripe would still charge, because there the fee eats the gift. A dollar, a hundred yen. */
export function cardGiftMin(currency: string): bigint {
  return roundUp(2n * priceOf(currency).least, cardStep(currency));
}

/** Cards are charged in whole steps of this: where a currency has three decimals, Stripe wants the last one to be 0 (docs.stripe.com/currencies). */
export function cardStep(currency: string): bigint {
  return exponentOf(currency) === 3 ? 10n : 1n;
}

/** What Stripe keeps of a charge, about. What a gift really cost comes from its balance transaction, later. */
export function cardFee(charged: bigint, currency: string): bigint {
  const { perMille, fixed } = priceOf(currency);
  return mulDivRound(charged, perMille, 1000n) + fixed;
}

/** The least that the card is asked for so that `amount` arrives after that fee, in whole steps of the currency. */
export function chargedWithFee(amount: bigint, currency: string): bigint {
  const { perMille, fixed } = priceOf(currency);
  const step = cardStep(currency);
  const share = 1000n - perMille;
  let charged = roundUp(((amount + fixed) * 1000n + share - 1n) / share, step);
  // Stripe rounds its fee to a whole minor unit, which may leave one step too much.
  while (charged - step - cardFee(charged - step, currency) >= amount) charged -= step;
  return charged;
}

/** What a donor is asked to add, about. */
export function feeOnTop(amount: bigint, currency: string): bigint {
  return chargedWithFee(amount, currency) - amount;
}

function priceOf(currency: string): CardPrice {
  const price = cardPrice(currency);
  invariant(price !== null, `no card is asked for ${currency}`);
  return price;
}

function roundUp(amount: bigint, step: bigint): bigint {
  return ((amount + step - 1n) / step) * step;
}
