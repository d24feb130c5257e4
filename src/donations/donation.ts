/** Stripe's usual price for a card: 2.9 % and 30. What a gift really cost comes from the balance transaction, later. */
const RATE = { numerator: 29n, denominator: 1000n, fixed: 30n };

/** The least a card is asked for, in minor units: below it the fee eats the gift. */
export const CARD_GIFT_MIN = 100n;

/** What the card is asked for so that `amount` arrives after a fee of 2.9 % + 30, rounded up to a whole minor unit. */
export function chargedWithFee(amount: bigint): bigint {
  const share = RATE.denominator - RATE.numerator;
  return ((amount + RATE.fixed) * RATE.denominator + share - 1n) / share;
}

/** What a donor is asked to add, about. */
export function feeOnTop(amount: bigint): bigint {
  return chargedWithFee(amount) - amount;
}
