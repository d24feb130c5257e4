import { AidRequestRow } from "../src/requests/aid-request.entity.js";
import { Line } from "../src/requests/line.service.js";
import { SentParts } from "../src/requests/sent-parts.service.js";
import { DisbursementRow } from "../src/disbursements/disbursement.entity.js";
import { Selections } from "../src/disbursements/selection.service.js";
import { CharterRow, FundRow } from "../src/funds/fund.entity.js";
import { Funds } from "../src/funds/funds.service.js";
import { charterFromTemplate } from "../src/funds/templates.js";
import { SystemClock } from "../src/kernel/clock.js";
import { cardGift } from "../src/ledger/flows/card.js";
import { Journal } from "../src/ledger/journal.service.js";
import { Database } from "../src/platform/database/database.js";
import { Submissions } from "../src/publication/submissions.service.js";
import { openBooks, TODAY } from "./support/books.js";
import { median, rounded, say } from "./support/measure.js";

const WAITING = 100_000;
const PICKED = 1000;
const ROUNDS = 5;
const EACH = 1000n;

/** The rule picks a thousand of a hundred thousand who wait, beside the same line merely read and as many rows inserted in one statement. */
export async function run(): Promise<object> {
  const books = await openBooks(4);
  const database = await Database.connect(books.postgres.urls.app, [
    FundRow,
    CharterRow,
    AidRequestRow,
    DisbursementRow,
  ]);
  try {
    const journal = new Journal();
    const funds = new Funds(journal, new Submissions());
    const charter = {
      ...charterFromTemplate("general", { name: "line", currency: "usd", timeZone: "UTC", practice: true }),
      envelopePerWeek: EACH * BigInt(WAITING),
    };
    const made = await database.atomically((tx) =>
      funds.create(
        tx,
        { slug: "long-line", template: "general", currency: "usd", practice: true, charter },
        new Date(),
      ),
    );
    await database.atomically((tx) => funds.setState(tx, made.fundId, "open"));
    const fund = await funds.byId(database.read, made.fundId);
    await books.owner.query(
      `insert into aid_request (fund_id, request_id, arrival, day, amount, category, state, version, sealed_hash, sealed_by)
       select $1, gen_random_uuid(), i, $2, $3, 'other', 'waiting', 1, sha256(i::text::bytea), 'server' from generate_series(1, $4::int) i`,
      [fund.fundId, TODAY, EACH.toString(), WAITING],
    );
    await books.owner.query("analyze aid_request");
    await books.owner.query(
      "create table plain_pick (like disbursement including defaults including constraints including indexes)",
    );
    const selections = new Selections(journal, new Line(new SentParts()), new SystemClock());
    const [ours, bare]: [number[], number[]] = [[], []];
    const gift = { donationId: "gift", day: TODAY, amount: EACH * BigInt(PICKED), fee: 0n, pends: false };
    await database.atomically((tx) => journal.post(tx, fund.fundId, cardGift(gift), new Date()));
    for (let round = 0; round < ROUNDS; round++) {
      let began = performance.now();
      const picked = await database.atomically((tx) => selections.run(tx, fund));
      ours.push((performance.now() - began) / 1000);
      if (picked !== PICKED) throw new Error(`${picked} were picked`);
      // Taken back: their money is free again, and the next round finds a line without them.
      await books.owner.query(
        "update disbursement set state = 'void', salt = null where fund_id = $1 and state = 'proposed'",
        [fund.fundId],
      );
      await books.owner.query("update aid_request set state = 'withdrawn' where fund_id = $1 and state = 'chosen'", [
        fund.fundId,
      ]);
      began = performance.now();
      await books.owner.query(
        "select request_id, arrival, amount, needed_by, first_help from aid_request where fund_id = $1 and state = 'waiting' order by arrival",
        [fund.fundId],
      );
      await books.owner.query(
        "insert into plain_pick select * from disbursement where fund_id = $1 order by disbursement_id limit $2",
        [fund.fundId, PICKED],
      );
      bare.push((performance.now() - began) / 1000);
      await books.owner.query("truncate plain_pick");
      say(`round ${round + 1}: ${rounded(ours.at(-1) ?? 0, 2)} s, bare ${rounded(bare.at(-1) ?? 0, 2)} s`);
    }
    return { ratio: rounded(median(bare) / median(ours)), seconds: rounded(median(ours), 2), bareSeconds: rounded(median(bare), 2), waiting: WAITING, picked: PICKED }; // prettier-ignore
  } finally {
    await database.close();
    await books.close();
  }
}
