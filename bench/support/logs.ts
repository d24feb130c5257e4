import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { HandClock } from "../../src/kernel/clock.js";
import { APPEND, appendParameters } from "../../src/ledger/append.js";
import { openingBalance } from "../../src/ledger/flows/by-hand.js";
import { Database } from "../../src/platform/database/database.js";
import { PublicAddress } from "../../src/platform/http/address.js";
import { MoneyBatches } from "../../src/publication/money-batches.service.js";
import type { Published } from "../../src/publication/published.js";
import { Publisher } from "../../src/publication/publisher.service.js";
import { LogKeeper } from "../../src/tlog/log-keeper.service.js";
import { LogReads } from "../../src/tlog/log-reads.service.js";
import { LogSigner } from "../../src/tlog/signer.js";
import { WitnessGateway } from "../../src/tlog/witness.gateway.js";
import { Witnesses } from "../../src/tlog/witnesses.service.js";
import { TODAY, type Books } from "./books.js";

const GROUP = 2000;
export const SLUG = "long-log";

/** A fund whose log can be grown by any number of entries, from the journal to the published checkpoint, by the program's own publisher. */
export interface Log {
  readonly fundId: string;
  readonly reads: LogReads;
  /** Books transactions that are published one by one. */
  book(n: number): Promise<void>;
  /** One tick of the clock; everything that was booked since. */
  publish(): Promise<void>;
  close(): Promise<void>;
}

export async function openLog(books: Books): Promise<Log> {
  const worker = await Database.connect(books.postgres.urls.worker, [], 4);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-bench-log-"));
  const clock = new HandClock(new Date(`${TODAY}T12:00:00Z`));
  const reads = new LogReads(books.database);
  const witnesses = new Witnesses(reads, new WitnessGateway(fetch, 1000), null, () => undefined);
  const keeper = new LogKeeper(LogSigner.open(path.join(folder, "log.key")), witnesses);
  const publisher = new Publisher(keeper, new MoneyBatches(), new PublicAddress("http://localhost:1"), clock);
  const fundId = await books.makeFund(SLUG);
  const numbers = await books.numbers(fundId);
  const fund: Published = {
    fundId,
    slug: SLUG,
    state: "open",
    currency: "usd",
    charter: { timeZone: "UTC", approvals: "published", publication: { clock: "ten-seconds", k: 5 } },
  };
  return {
    fundId,
    reads,
    async book(n) {
      for (let at = 0; at < n; at += GROUP) {
        const drafts = Array.from({ length: Math.min(GROUP, n - at) }, () =>
          openingBalance({ entryId: crypto.randomUUID(), day: TODAY, amount: 1000n, holding: "assets:bank" }),
        );
        const accounts = drafts.flatMap((d) => d.postings.map((p) => numbers.get(p.account) ?? 0));
        await books.database.plain(APPEND, appendParameters(fundId, drafts, clock.now(), accounts));
      }
    },
    async publish() {
      clock.set(new Date(clock.now().getTime() + 10_000));
      await worker.atomically((tx) => publisher.tick(tx, fund, { waiting: 0n, asked: 0n, paid: 0n, confirmed: 0n }));
      await keeper.publish(worker.read, fundId, TODAY, true);
    },
    async close() {
      await worker.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}
