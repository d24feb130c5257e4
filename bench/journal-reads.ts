import { GroupCommit } from "../src/ledger/group-commit.service.js";
import { APPEND, appendParameters } from "../src/ledger/append.js";
import { addDays } from "../src/kernel/clock.js";
import { cardGift } from "../src/ledger/flows/card.js";
import { JournalReads } from "../src/ledger/journal-reads.service.js";
import { Journal } from "../src/ledger/journal.service.js";
import { audit } from "../src/cli/audit/run.js";
import { openBooks, TODAY } from "./support/books.js";
import { nextGift } from "./support/gifts.js";
import { median, rounded, say } from "./support/measure.js";

/** Postings in the journal; a two-leg gift has two. 10^7 by hand: `npm run bench -- journal-reads 7`. */
const SIZES = [1e4, 1e5, 1e6];
const GROUP = 2000;
const TIMES = 300;
/** The fund is three years old at every size: a longer journal means busier days. */
const DAYS = 1095;

/**
 * A page, balances now, as of a day and as of a seq, and month totals, on one journal that grows by a factor of ten each time; each as a ratio to the smallest. The pages asked for
 * are spread over the whole journal. Ends with the audit of the largest.
 */
export async function run([largest]: readonly string[]): Promise<object> {
  const books = await openBooks(4);
  const [reads, journal] = [new JournalReads(), new Journal()];
  const tx = books.database.read;
  try {
    const fundId = await books.makeFund("long-life");
    const numbers = await books.numbers(fundId);
    const sizes = largest === "7" ? [...SIZES, 1e7] : SIZES;
    const first = addDays(TODAY, -DAYS);
    const table: Record<string, Record<string, number>> = {};
    let transactions = 0;
    for (const size of sizes) {
      const wanted = size / 2;
      const from = transactions;
      while (transactions < wanted) {
        const drafts = Array.from({ length: Math.min(GROUP, wanted - transactions) }, (_, i) =>
          cardGift({
            donationId: crypto.randomUUID(),
            day: addDays(first, Math.floor(((transactions - from + i) * DAYS) / (wanted - from))),
            amount: 2500n,
            fee: 0n,
            source: `s-${transactions + i}`,
          }),
        );
        const accounts = drafts.flatMap((d) => d.postings.map((p) => numbers.get(p.account) ?? 0));
        await books.owner.query(APPEND, appendParameters(fundId, drafts, new Date(), accounts));
        transactions += drafts.length;
        if (transactions % 100_000 === 0) say(`${transactions * 2} postings`);
      }
      await books.owner.query("analyze");
      const any = (i: number): bigint => BigInt(1 + Math.floor((transactions - 1) * ((i * 0.61803) % 1)));
      const timed = async (once: (i: number) => Promise<unknown>): Promise<number> => {
        const times: number[] = [];
        for (let i = 0; i < TIMES; i++) {
          const began = performance.now();
          await once(i);
          times.push(performance.now() - began);
        }
        return median(times);
      };
      const groups = new GroupCommit(books.database);
      table[String(size)] = {
        page: await timed((i) => reads.page(tx, fundId, any(i), 50)),
        balances: await timed(() => journal.balances(tx, fundId)),
        balancesOnDay: await timed((i) => reads.balancesOn(tx, fundId, addDays(TODAY, -(i % 365)))),
        balancesAtSeq: await timed((i) => reads.balancesAt(tx, fundId, any(i))),
        monthTotals: await timed(() => reads.monthTotals(tx, fundId, addDays(TODAY, -365))),
        post: await timed(() => groups.post(fundId, nextGift(), new Date())),
      };
      say(
        `${size} postings: ${Object.entries(table[String(size)]!)
          .map(([what, ms]) => `${what} ${ms.toFixed(2)} ms`)
          .join(" · ")}`,
      );
    }
    const smallest = table[String(sizes[0])]!;
    const ratios = Object.fromEntries(
      sizes.map((size) => [
        size,
        Object.fromEntries(
          Object.entries(table[String(size)]!).map(([what, ms]) => [what, rounded(ms / smallest[what]!)]),
        ),
      ]),
    );
    const worst = Math.max(...sizes.flatMap((size) => Object.values(ratios[size]!)));
    const began = performance.now();
    const findings = await books.database.atomically((act) => audit(act));
    const seconds = (performance.now() - began) / 1000;
    say(
      `audit of ${transactions * 2} postings: ${seconds.toFixed(1)} s, ${findings.reduce((sum, f) => sum + f.violations, 0)} violations`,
    );
    return {
      ratio: worst,
      ratios,
      milliseconds: table,
      auditSeconds: rounded(seconds, 1),
      auditPostings: transactions * 2,
    };
  } finally {
    await books.close();
  }
}
