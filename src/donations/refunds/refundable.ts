/** What is left to give back of one payment, in minor units: never more than the payment, nor than what is left of the whole donation. Zero when nothing is. */
export function refundable(gift: {
  readonly amount: bigint;
  readonly given: bigint;
  readonly givenBack: bigint;
  readonly ordered: bigint;
  readonly disputed: bigint;
}): bigint {
  const left = gift.given - gift.givenBack - gift.ordered - gift.disputed;
  const most = left < gift.amount ? left : gift.amount;
  return most > 0n ? most : 0n;
}

/** How many must sign: two while the pot covers it, the charter's quorum when that money is promised or gone. */
export function signersNeeded(amount: bigint, freeToPromise: bigint, quorum: number): number {
  return amount <= freeToPromise ? 2 : quorum;
}
