import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { randomBytes } from "../kernel/ids.js";
import { publicAccount } from "../ledger/account.js";
import type { Tx } from "../platform/database/database.js";
import { batchEntry, cutBatches, cutByMonth, detailsOf, summed, type Committed, type Unpublished } from "./batch.js";
import { commitmentTo } from "./commitment.js";
import { covers, isCovered } from "./cover.js";
import { MONEY_KINDS, PUBLIC_KIND, type Entry, type MoneyKind } from "./entry.js";
import type { Gathered } from "./gathered.js";
import { decisionsOf, importsToTell, releasesOf, type Decision } from "./publication-reads.js";
import type { Published } from "./published.js";

/** Decisions go out last, when what pays for them is public. */
const LAST: readonly MoneyKind[] = ["payouts", "reimbursements", "deposits"];

/** Money that waits, as batches of at least k. */
@Injectable()
export class MoneyBatches {
  async gather(
    tx: Tx,
    fund: Published,
    day: Day,
    waiting: readonly Unpublished[],
    gathered: Gathered,
  ): Promise<number> {
    let batches = 0;
    const of = (kind: string): Unpublished[] => waiting.filter((item) => PUBLIC_KIND[item.kind] === kind);
    for (const item of [...of("opening"), ...of("transfer")]) {
      const kind = item.kind === "opening" ? "opening" : "transfer";
      const postings = summed([item], publicAccount);
      const committed = { ...item, commitment: "", salt: null };
      gathered.add(
        { v: 1, kind, day, postings, ...(kind === "transfer" ? { transfer: item.about ?? "" } : {}) },
        null,
        [committed],
      );
    }
    for (const kind of [...MONEY_KINDS.filter((k) => !LAST.includes(k)), ...LAST])
      for (const items of await this.cut(tx, fund, kind, of(kind), gathered))
        batches += (await this.batch(tx, fund, day, kind, items, gathered)) ? 1 : 0;
    return batches;
  }

  private async cut(
    tx: Tx,
    fund: Published,
    kind: MoneyKind,
    waiting: readonly Unpublished[],
    gathered: Gathered,
  ): Promise<Unpublished[][]> {
    const { k } = fund.charter.publication;
    if (kind === "import")
      return waiting.length === 0 ? [] : cutByMonth(await this.told(tx, fund, waiting, gathered), k);
    if (kind === "gifts") {
      // Gifts by hand have batches of their own: what Stripe releases is shown for whole batches, and by hand nothing is released.
      const onTheWay = (item: Unpublished): boolean => item.postings.some((p) => p.account === "assets:stripe:pending");
      return [
        ...cutBatches(waiting.filter(onTheWay), k),
        ...cutBatches(
          waiting.filter((item) => !onTheWay(item)),
          k,
        ),
      ];
    }
    if (kind !== "available" || waiting.length === 0) return cutBatches(waiting, k);
    // Whole batches alone: what is still on its way in public is then always a sum of whole batches, and never a single gift.
    const batches = new Map<number, Set<string>>();
    const size = new Map<number, number>();
    for (const { seq, of, ...logged } of await releasesOf(tx, fund.fundId)) {
      const index = logged.index ?? gathered.indexOf(of);
      if (index === null) continue;
      batches.set(index, (batches.get(index) ?? new Set()).add(seq));
      size.set(index, logged.index === null ? gathered.pendingIn(index) : logged.batchSize);
    }
    const whole = [...batches]
      .filter(([index, seqs]) => seqs.size === size.get(index))
      .map(([, seqs]) => waiting.filter((item) => seqs.has(item.seq.toString())));
    // Of a batch of corrections perhaps one alone had been kept back: such few go out together with others.
    const few = whole.filter((items) => items.length < k).flat();
    return [...whole.filter((items) => items.length >= k), ...cutBatches(few, k)];
  }

  /** Imported lines that a section tells of, in the log or in this tick: the public first reads what was moved in, and then sees it. */
  private async told(
    tx: Tx,
    fund: Published,
    waiting: readonly Unpublished[],
    gathered: Gathered,
  ): Promise<readonly Unpublished[]> {
    const now = gathered.entries.reduce((sum, entry) => sum + (entry.kind === "imported" ? entry.booked : 0), 0);
    return waiting.slice(0, (await importsToTell(tx, fund.fundId)) + now);
  }

  /** False when a batch of decisions is not covered yet by what is public: it waits. */
  private async batch(
    tx: Tx,
    fund: Published,
    day: Day,
    kind: MoneyKind,
    items: readonly Unpublished[],
    gathered: Gathered,
  ): Promise<boolean> {
    const holds = items.flatMap((item) => item.hold ?? []);
    const decisions = holds.length === 0 ? new Map<string, Decision>() : await decisionsOf(tx, fund.fundId, holds);
    const committed = items.map((item) => commit(item, decisions.get(item.hold ?? ""), fund.currency));
    const of = kind === "import" ? (items.at(-1)?.day ?? day) : day;
    const entry = batchEntry(kind, of, committed, fund.charter.publication.k);
    if (LAST.includes(kind) && !isCovered(covers(gathered.cover, entry))) return false;
    if (kind !== "payouts") gathered.add(entry, null, committed);
    else {
      const approvals = await this.approvals(tx, fund, day, [...decisions.values()], gathered);
      gathered.add({ ...entry, approvals }, null, committed);
    }
    return true;
  }

  /** The places of the approvals behind some decisions; those that are not in the log yet go in before them. */
  private async approvals(
    tx: Tx,
    fund: Published,
    day: Day,
    decisions: readonly Decision[],
    gathered: Gathered,
  ): Promise<number[]> {
    const places = new Set<number>();
    for (const { submissionId, index, entry } of decisions.flatMap((d) => d.approvals))
      places.add(
        index ??
          gathered.placeOf(submissionId) ??
          gathered.add(await this.approval(tx, fund, day, submissionId, entry as object), submissionId),
      );
    return [...places].sort((a, b) => a - b);
  }

  private async approval(tx: Tx, fund: Published, day: Day, submissionId: string, submitted: object): Promise<Entry> {
    if (fund.charter.approvals === "published") return { ...submitted, day } as Entry;
    const salt = randomBytes(32);
    await tx.query("insert into approval_salt (fund_id, submission_id, salt) values ($1, $2, $3)", [
      fund.fundId,
      submissionId,
      Buffer.from(salt),
    ]);
    return { v: 1, kind: "approval", day, digest: commitmentTo(salt, submitted) };
  }
}

function commit(item: Unpublished, decision: Decision | undefined, currency: string): Committed {
  if (decision !== undefined) return { ...item, commitment: decision.commitment, salt: null };
  const salt = randomBytes(32);
  return { ...item, commitment: commitmentTo(salt, detailsOf(item, currency)), salt };
}
