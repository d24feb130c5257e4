import { Submissions } from "../../src/publication/submissions.service.js";
import { Funds, type Fund } from "../../src/funds/funds.service.js";
import { CharterRow, FundRow } from "../../src/funds/fund.entity.js";
import { charterFromTemplate } from "../../src/funds/templates.js";
import type { Charter } from "../../src/funds/charter.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { cardGift, becameAvailable } from "../../src/ledger/flows/card.js";
import type { Database } from "../../src/platform/database/database.js";

export const ENTITIES = [FundRow, CharterRow];
export const NOW = new Date("2026-11-23T18:00:00Z");
export const TODAY = "2026-11-23";

let made = 0;

/** A practice fund of the general template, in dollars. */
export async function makeFund(
  database: Database,
  change: Partial<Charter> = {},
  slug = `fund-${++made}`,
): Promise<Fund> {
  const charter = {
    ...charterFromTemplate("general", { name: "A Fund", currency: "usd", timeZone: "UTC", practice: true }),
    ...change,
  };
  return database.atomically((tx) =>
    new Funds(new Journal(), new Submissions()).create(
      tx,
      { slug, template: "general", currency: "usd", practice: true, charter },
      NOW,
    ),
  );
}

/** Books a gift of `amount` that is free to promise at once, without a fee. */
export async function bookGift(
  database: Database,
  fund: Pick<Fund, "fundId">,
  amount: bigint,
  id: string,
  day = TODAY,
): Promise<void> {
  const journal = new Journal();
  await database.atomically(async (tx) => {
    await journal.post(tx, fund.fundId, cardGift({ donationId: id, day, amount, fee: 0n }), NOW);
    await journal.post(tx, fund.fundId, becameAvailable({ of: `gift:${id}`, day, net: amount }), NOW);
  });
}
