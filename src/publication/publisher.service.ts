import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { fromHex } from "../kernel/ids.js";
import { changed, row, sqlState, type Tx } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { LogKeeper, type LogHead } from "../tlog/log-keeper.service.js";
import { periodOf } from "./clock.js";
import type { Cover } from "./cover.js";
import { encodeEntry } from "./entry-format.js";
import type { ConfirmationsEntry, Entry, QueueEntry } from "./entry.js";
import { Gathered } from "./gathered.js";
import { MoneyBatches } from "./money-batches.service.js";
import type { HandedDown, Published } from "./published.js";
import { knownKeys, lastOf, submissionsOf, unpublishedOf } from "./publication-reads.js";

/** Journal to public log: on the charter's clock, also when nothing happened, so that the hour of a change tells nothing. */
@Injectable()
export class Publisher {
  constructor(
    private readonly log: LogKeeper,
    private readonly batches: MoneyBatches,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  /**
   * Grows the log when a new period of the fund's clock has begun. Returns how many batches of money went out, or null when it is not time yet, or when a founding
   * fund has nothing to show. Throws Halted when nothing may be signed.
   */
  async tick(tx: Tx, fund: Published, handedDown: HandedDown): Promise<number | null> {
    const now = this.clock.now();
    const day = dayIn(fund.charter.timeZone, now);
    const period = periodOf(fund.charter.publication.clock, fund.charter.timeZone, now);
    if (!(await this.beginPeriod(tx, fund, period, day))) return null;
    await tx.query("select note_unpublished($1)", [fund.fundId]);
    const waiting = await unpublishedOf(tx, fund.fundId);
    const head = await this.log.head(
      tx,
      fund.fundId,
      `${this.address.origin.replace(/^https?:\/\//, "")}/${fund.slug}/log`,
    );
    if (head.range.size === 0 && fund.state === "founding" && waiting.length === 0) return null;
    const gathered = new Gathered(head.range.size, await this.cover(tx, fund.fundId));
    await this.handedDown(tx, fund, head, day, gathered);
    const batches = await this.batches.gather(tx, fund, day, waiting, gathered);
    await this.counts(tx, fund, day, handedDown, gathered);
    if (gathered.entries.length > 0) await this.write(tx, fund.fundId, head, gathered);
    return batches;
  }

  private async beginPeriod(tx: Tx, fund: Published, period: string, day: Day): Promise<boolean> {
    const begun = await changed(
      tx,
      `insert into publication as p (fund_id, period, as_of) values ($1, $2, $3)
       on conflict (fund_id) do update set period = $2, as_of = $3 where p.period <> $2 returning fund_id`,
      [fund.fundId, period, day],
    );
    return begun.length > 0;
  }

  private async cover(tx: Tx, fundId: string): Promise<Cover> {
    const kept = await row<{ came_in: string; sent_out: string }>(
      tx,
      "select came_in, sent_out from publication where fund_id = $1",
      [fundId],
    );
    return { cameIn: Number(kept?.came_in ?? 0), sentOut: Number(kept?.sent_out ?? 0) };
  }

  private async handedDown(tx: Tx, fund: Published, head: LogHead, day: Day, gathered: Gathered): Promise<void> {
    for (const { submissionId, entry } of await submissionsOf(tx, fund.fundId))
      gathered.add({ ...entry, day } as Entry, submissionId);
    const known = await knownKeys(tx, fund.fundId, head.vkey);
    for (const change of this.log.keyChanges(head, known)) gathered.add({ v: 1, kind: "key", day, ...change });
  }

  /** The line and the confirmations: told when they differ from what was told last; a count below k is not said. */
  private async counts(tx: Tx, fund: Published, day: Day, counts: HandedDown, gathered: Gathered): Promise<void> {
    const k = BigInt(fund.charter.publication.k);
    const shown = (n: bigint): number | null => (n > 0n && n < k ? null : Number(n));
    // k different holds were placed, or k were used up; and those that are left are none, or k.
    await tx.query(
      `update publication f set held = b.held, holds_placed = h.placed, holds_finished = h.finished
       from book b, (select count(*) as placed, count(*) filter (where released = amount) as finished from hold where fund_id = $1) h
       where f.fund_id = $1 and b.fund_id = $1 and greatest(h.placed - f.holds_placed, h.finished - f.holds_finished) >= $2::bigint
         and (h.placed = h.finished or h.placed - h.finished >= $2::bigint)`,
      [fund.fundId, k.toString()],
    );
    const told = await row<{ held: string }>(tx, "select held from publication where fund_id = $1", [fund.fundId]);
    const queue: QueueEntry = {
      v: 1,
      kind: "queue",
      day,
      asked: shown(counts.asked),
      waiting: shown(counts.waiting),
      held: Number(told?.held ?? 0),
    };
    const last = await lastOf<QueueEntry>(tx, fund.fundId, "queue");
    const passed = counts.outOfTurn ?? 0n;
    const toldTurns = last?.outOfTurn ?? 0;
    const outOfTurn = passed - BigInt(toldTurns) >= k ? Number(passed) : toldTurns;
    if (outOfTurn > 0) Object.assign(queue, { outOfTurn });
    if (
      last?.asked !== queue.asked ||
      last.waiting !== queue.waiting ||
      last.held !== queue.held ||
      outOfTurn !== toldTurns
    )
      gathered.add(queue);
    const before = await lastOf<ConfirmationsEntry>(tx, fund.fundId, "confirmations");
    const moved = (now: bigint, then: number): number =>
      now - BigInt(then) >= k || BigInt(then) - now >= k ? Number(now) : then;
    const confirmations: ConfirmationsEntry = {
      v: 1,
      kind: "confirmations",
      day,
      paid: moved(counts.paid, before?.paid ?? 0),
      confirmed: moved(counts.confirmed, before?.confirmed ?? 0),
    };
    if (confirmations.paid !== (before?.paid ?? 0) || confirmations.confirmed !== (before?.confirmed ?? 0))
      gathered.add(confirmations);
  }

  private async write(tx: Tx, fundId: string, head: LogHead, gathered: Gathered): Promise<void> {
    const { entries, submissions, members, cover } = gathered;
    const signed = this.log.extend(head, entries.map(encodeEntry));
    const { bodies, hashes, nodes, range, root, note } = signed;
    const bytes = (all: readonly Uint8Array[]): Buffer[] => all.map((b) => Buffer.from(b));
    await tx.query("select publish_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)", [
      fundId, head.origin, head.vkey, head.range.size, bytes(bodies), bytes(hashes), submissions, nodes.map((n) => n.level), nodes.map((n) => n.index),
      bytes(nodes.map((n) => n.hash)), Buffer.concat(bytes(range.hashes)), Buffer.from(root), note, members.map((m) => m.item.seq.toString()), members.map((m) => m.index),
      members.map((m) => (m.item.commitment === "" ? null : Buffer.from(fromHex(m.item.commitment)))), members.map((m) => (m.item.salt === null ? null : Buffer.from(m.item.salt))),
    ]); // prettier-ignore
    await tx.query("update publication set came_in = $2, sent_out = $3 where fund_id = $1", [
      fundId,
      cover.cameIn,
      cover.sentOut,
    ]);
  }
}

/** Another publisher grew the log meanwhile: this one did nothing, and stands by. */
export function isOvertaken(error: unknown): boolean {
  return sqlState(error) === "CP410";
}
