/** What Stripe takes from a card of the fund's own country, and the least that it charges; minor units. */
export interface CardPrice {
  /** Tenths of a percent. */
  readonly perMille: bigint;
  readonly fixed: bigint;
  /** Stripe's own "minimum charge amount"; where it names none, what about half a US dollar was worth in 2026. */
  readonly least: bigint;
}

/**
 * Rates: stripe.com/pricing of the country whose currency it is, cards of that country, as of November 2026. Least amounts: docs.stripe.com/currencies, "Minimum and
 * maximum charge amounts". A card from abroad, or a price that a fund has agreed with Stripe, costs another fee: that is why pages say "about", and why the books hold
 * what the balance transaction says and nothing of this table. Currencies that Stripe has no price for (it charges in them for businesses elsewhere) have
 * four percent and no fixed part: a guess that we call one.
 */
const PRICES: Readonly<Record<string, CardPrice>> = {
  usd: { perMille: 29n, fixed: 30n, least: 50n },
  aud: { perMille: 17n, fixed: 30n, least: 50n },
  brl: { perMille: 40n, fixed: 39n, least: 50n },
  cad: { perMille: 29n, fixed: 30n, least: 50n },
  chf: { perMille: 29n, fixed: 30n, least: 50n },
  czk: { perMille: 15n, fixed: 650n, least: 1500n },
  dkk: { perMille: 15n, fixed: 180n, least: 250n },
  eur: { perMille: 15n, fixed: 25n, least: 50n },
  gbp: { perMille: 15n, fixed: 20n, least: 30n },
  hkd: { perMille: 34n, fixed: 235n, least: 400n },
  huf: { perMille: 15n, fixed: 8500n, least: 17_500n },
  inr: { perMille: 20n, fixed: 0n, least: 50n },
  jpy: { perMille: 36n, fixed: 0n, least: 50n },
  mxn: { perMille: 36n, fixed: 300n, least: 1000n },
  nok: { perMille: 24n, fixed: 200n, least: 300n },
  nzd: { perMille: 27n, fixed: 30n, least: 50n },
  pln: { perMille: 15n, fixed: 100n, least: 200n },
  ron: { perMille: 15n, fixed: 100n, least: 200n },
  sek: { perMille: 15n, fixed: 180n, least: 300n },
  sgd: { perMille: 34n, fixed: 50n, least: 50n },
  // No price of Stripe's own from here on.
  ars: { perMille: 40n, fixed: 0n, least: 75_000n },
  bhd: { perMille: 40n, fixed: 0n, least: 200n },
  clp: { perMille: 40n, fixed: 0n, least: 500n },
  cop: { perMille: 40n, fixed: 0n, least: 200_000n },
  jod: { perMille: 40n, fixed: 0n, least: 350n },
  krw: { perMille: 40n, fixed: 0n, least: 700n },
  kwd: { perMille: 40n, fixed: 0n, least: 150n },
  php: { perMille: 40n, fixed: 0n, least: 3000n },
  tnd: { perMille: 40n, fixed: 0n, least: 1500n },
  try: { perMille: 40n, fixed: 0n, least: 2000n },
  uah: { perMille: 40n, fixed: 0n, least: 2000n },
  uyu: { perMille: 40n, fixed: 0n, least: 2000n },
  zar: { perMille: 40n, fixed: 0n, least: 1000n },
};

/**
 * The price in a currency, or null where we take no cards: Stripe writes Icelandic króna with two decimals that are always zero (docs.stripe.com/currencies, "Special
 * cases"), so that our amounts and its amounts would differ by a factor of a hundred.
 */
export function cardPrice(currency: string): CardPrice | null {
  return PRICES[currency] ?? null;
}
