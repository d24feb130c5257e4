import { cardGift } from "../../src/ledger/flows/card.js";
import type { Draft } from "../../src/ledger/transaction.js";
import { TODAY } from "./books.js";

let made = 0;
const RUN = process.pid.toString(36);

/** The same gift for everybody in a bench: two legs (no fee), with the name of its balance transaction. */
export function nextGift(): Draft {
  const n = (++made).toString(36).padStart(8, "0");
  return cardGift({
    donationId: crypto.randomUUID(),
    day: TODAY,
    amount: 2500n,
    fee: 0n,
    source: `${RUN}-${n}`,
  });
}
