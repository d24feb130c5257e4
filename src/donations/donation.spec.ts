import fc from "fast-check";
import { isCurrency } from "../kernel/money.js";
import { cardPrice } from "./giving/card-price.js";
import { cardFee, cardGiftMin, cardStep, chargedWithFee, feeOnTop, takesCards } from "./donation.js";

/** The whole gift arrives, and one step less would not have been enough. */
function isExact(amount: bigint, currency: string): boolean {
  const charged = chargedWithFee(amount, currency);
  const step = cardStep(currency);
  const arrives = (asked: bigint): bigint => asked - cardFee(asked, currency);
  return charged % step === 0n && arrives(charged) >= amount && arrives(charged - step) < amount;
}

test("a covered fee lets the whole gift arrive, and takes not a cent more than that needs: every amount from 1.00 to 10,000.00 dollars", () => {
  let wrong = 0;
  for (let amount = 100n; amount <= 1_000_000n; amount++) if (!isExact(amount, "usd")) wrong++;
  expect(wrong).toBe(0);
  expect([chargedWithFee(2500n, "usd"), feeOnTop(1000n, "usd")]).toEqual([2606n, 61n]);
});

test("yen have no smaller unit and no fixed part: every amount from 100 to 200,000 yen is exact", () => {
  let wrong = 0;
  for (let amount = 100n; amount <= 200_000n; amount++) if (!isExact(amount, "jpy")) wrong++;
  expect(wrong).toBe(0);
  expect(feeOnTop(1000n, "jpy")).toBe(37n);
});

test("three decimals are charged in whole tens, every amount from 1.000 to 200.000 dinars, typed to the last digit or not", () => {
  let wrong = 0;
  for (let amount = 1000n; amount <= 200_000n; amount++) if (!isExact(amount, "kwd")) wrong++;
  expect(wrong).toBe(0);
  expect([cardStep("kwd"), cardStep("usd"), cardStep("jpy")]).toEqual([10n, 1n, 1n]);
  expect(chargedWithFee(5124n, "kwd")).toBe(5340n);
});

const CURRENCIES =
  "ars aud bhd brl cad chf clp cop czk dkk eur gbp hkd huf inr isk jod jpy krw kwd mxn nok nzd php pln ron sek sgd tnd try uah usd uyu zar".split(
    " ",
  );

test("every currency that a fund can have has its price, or says that it takes no cards", () => {
  expect(CURRENCIES.filter((c) => !isCurrency(c))).toEqual([]);
  expect(CURRENCIES.filter((c) => !takesCards(c))).toEqual(["isk"]);
  expect(() => chargedWithFee(1000n, "isk")).toThrow("isk");
  expect(["usd", "jpy", "eur", "gbp", "huf", "kwd"].map(cardGiftMin)).toEqual([100n, 100n, 100n, 60n, 35_000n, 300n]);
});

test("of the least gift at least two fifths arrive, and Stripe would still charge half of it", () => {
  for (const currency of CURRENCIES.filter(takesCards)) {
    const least = cardGiftMin(currency);
    expect([currency, cardFee(least, currency) * 5n <= least * 3n, least % cardStep(currency)]).toEqual([
      currency,
      true,
      0n,
    ]);
    expect(least / 2n >= (cardPrice(currency)?.least ?? 0n)).toBe(true);
  }
});

test("any amount in any currency is exact, and a larger gift is never asked for less", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CURRENCIES.filter(takesCards)),
      fc.bigInt({ min: 1n, max: 10n ** 10n }),
      (currency, amount) => {
        expect(isExact(amount, currency)).toBe(true);
        expect(chargedWithFee(amount + 1n, currency) >= chargedWithFee(amount, currency)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});
