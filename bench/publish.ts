import { openBooks } from "./support/books.js";
import { openLog } from "./support/logs.js";
import { median, rounded, say } from "./support/measure.js";

const ENTRIES = 10_000;
const ROUNDS = 5;

/** From the journal to the published checkpoint, 10,000 entries at a time, beside the same rows merely inserted in one statement. */
export async function run(): Promise<object> {
  const books = await openBooks(4);
  const log = await openLog(books);
  try {
    await books.owner.query(
      "create table plain_entry (fund_id uuid, idx bigint, kind text, day date, body bytea, hash bytea, submission_id uuid, primary key (fund_id, idx), unique (fund_id, submission_id)); create index on plain_entry (fund_id, kind, idx); create table plain_member (fund_id uuid, seq bigint, idx bigint, commitment bytea, primary key (fund_id, seq)); create index on plain_member (fund_id, idx); create index on plain_member (fund_id, commitment)",
    );
    const [ours, bare]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      await log.book(ENTRIES);
      const from = (await log.reads.published(log.fundId))?.size ?? 0;
      let began = performance.now();
      await log.publish();
      const seconds = (performance.now() - began) / 1000;
      const to = (await log.reads.published(log.fundId))?.size ?? 0;
      if (to - from < ENTRIES) throw new Error("not everything was published");
      ours.push((to - from) / seconds);
      const bodies = await log.reads.bodies(log.fundId, from, to);
      began = performance.now();
      await books.owner.query(
        "insert into plain_entry select $1, i - 1 + $2, 'opening', '2026-11-23', b, h, null from unnest($3::bytea[], $4::bytea[]) with ordinality as u (b, h, i)",
        [log.fundId, from, bodies, bodies.map((b) => b.subarray(0, 32))],
      );
      await books.owner.query(
        "insert into plain_member select $1, i + $2, i + $2, null from generate_series(1, $3::int) i",
        [log.fundId, from, to - from],
      );
      bare.push((to - from) / ((performance.now() - began) / 1000));
      say(
        `round ${round + 1}: ${rounded(seconds, 2)} s for ${to - from} entries; ${rounded(ours.at(-1) ?? 0, 0)}/s, bare rows ${rounded(bare.at(-1) ?? 0, 0)}/s`,
      );
    }
    const perSecond = median(ours);
    return {
      ratio: rounded(perSecond / median(bare)),
      entriesPerSecond: rounded(perSecond, 0),
      secondsFor10000: rounded(10_000 / perSecond),
      bareRowsPerSecond: rounded(median(bare), 0),
    };
  } finally {
    await log.close();
    await books.close();
  }
}
