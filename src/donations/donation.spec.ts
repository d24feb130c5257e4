import fc from "fast-check";
import { mulDivRound } from "../kernel/money.js";
import { chargedWithFee } from "./donation.js";

test("a covered fee lets the whole gift arrive, and takes not a cent more than that needs", () => {
  const arrives = (charged: bigint): bigint => charged - mulDivRound(charged, 29n, 1000n) - 30n;
  fc.assert(
    fc.property(fc.bigInt({ min: 100n, max: 10n ** 9n }), (amount) => {
      const net = arrives(chargedWithFee(amount));
      expect(net >= amount && net <= amount + 1n).toBe(true);
    }),
  );
  expect(chargedWithFee(2500n)).toBe(2606n);
});
