import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { reverse } from "../ledger/flows/corrections.js";
import { JournalReads } from "../ledger/journal-reads.service.js";
import { Journal } from "../ledger/journal.service.js";
import type { Draft, Reason } from "../ledger/transaction.js";
import type { Fund } from "../funds/funds.service.js";
import type { Tx } from "../platform/database/database.js";
import { Custody, type CustodyChange } from "./custody.service.js";
import { draftFromJson, draftOf, draftToJson, isUndoable, type Entered } from "./hand-entry.js";
import { isMemo, SponsorAccount, type Memo } from "./sponsor-account.service.js";
import { HandEntryRow } from "./hand-entry.entity.js";

/** Books are not written years ahead or behind by a slip of the finger. */
const DAYS_BACK_MAX = 3660;

/** Money that people enter by hand: one treasurer enters it, another says yes, and then it is booked. Nothing is edited; what was wrong is undone, by two as well. */
@Injectable()
export class HandEntries {
  constructor(
    private readonly journal: Journal,
    private readonly reads: JournalReads,
    private readonly custody: Custody,
    private readonly sponsor: SponsorAccount,
    private readonly clock: Clock,
  ) {}

  /** Refuses `invalid` with the field. */
  async enter(tx: Tx, fund: Fund, treasurerId: string, entered: Entered): Promise<string> {
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const oldest = dayIn(fund.charter.timeZone, new Date(this.clock.now().getTime() - DAYS_BACK_MAX * 86_400_000));
    if (entered.day > today || entered.day < oldest) throw new Refusal("invalid", { field: "day" });
    const entryId = newId();
    const accounts = new Set((await this.journal.accounts(tx, fund.fundId)).keys());
    const draft = draftOf(entryId, entered, accounts);
    await this.insert(tx, fund, treasurerId, { entryId, what: entered.what, amount: entered.amount, draft });
    return entryId;
  }

  /** What we know of the fiscal sponsor's account beside its balance: two treasurers' word, which moves no money. Refuses `invalid` with the field. */
  async note(tx: Tx, fund: Fund, treasurerId: string, what: Memo, amount: bigint): Promise<void> {
    await this.sponsor.check(tx, fund, what, amount);
    const entry = { ...this.fresh(fund, treasurerId, this.today(fund)), entryId: newId(), what, amount, content: {} };
    await tx.insert(HandEntryRow, entry);
  }

  /** Asks for an earlier hand entry to be undone. Refuses `not-reversible`. */
  async undo(tx: Tx, fund: Fund, treasurerId: string, seq: bigint, reason: Reason): Promise<string> {
    const wrong = await this.reads.at(tx, fund.fundId, seq);
    if (wrong === null || !isUndoable(wrong.key)) throw new Refusal("not-reversible");
    const day = dayIn(fund.charter.timeZone, this.clock.now());
    const draft = reverse(wrong, { day, reason });
    const amount = wrong.postings.reduce((sum, p) => (p.amount > 0n ? sum + p.amount : sum), 0n);
    const entryId = newId();
    await this.insert(tx, fund, treasurerId, { entryId, what: "undo", amount, draft });
    return entryId;
  }

  /** Asks for a holding to be opened, or for another keeper or cap. */
  async change(tx: Tx, fund: Fund, treasurerId: string, change: CustodyChange): Promise<string> {
    await this.custody.check(tx, fund, change);
    const entryId = newId();
    await tx.insert(HandEntryRow, {
      ...this.fresh(fund, treasurerId, dayIn(fund.charter.timeZone, this.clock.now())),
      entryId,
      what: "custody",
      amount: 0n,
      content: { ...change, cap: change.cap?.toString() ?? null },
    });
    return entryId;
  }

  /**
   * Another treasurer's yes: booked at once, in the act that says so. Refuses `own-entry`, `wrong-state`, and what the journal refuses (`not-enough-free` and
   * `over-cap` for money moved between holdings, `not-reversible`, `not-on-deposit`).
   */
  async confirm(tx: Tx, fund: Fund, treasurerId: string, entryId: string): Promise<{ seq: number | null }> {
    const entry = await this.waiting(tx, fund, entryId);
    if (entry.enteredBy === treasurerId) throw new Refusal("own-entry");
    const seq = await this.apply(tx, fund, entry);
    await tx.update(HandEntryRow, { fundId: fund.fundId, entryId }, { state: "booked", confirmedBy: treasurerId, seq });
    if (isMemo(entry.what)) await this.journal.keepReserve(tx, fund.fundId, this.today(fund));
    return { seq: seq === null ? null : Number(seq) };
  }

  /** Whoever entered it takes it back before anybody said yes; another treasurer may, too, instead of saying yes. */
  async takeBack(tx: Tx, fund: Fund, entryId: string): Promise<void> {
    await this.waiting(tx, fund, entryId);
    await tx.update(HandEntryRow, { fundId: fund.fundId, entryId }, { state: "taken-back" });
  }

  async allWaiting(tx: Tx, fund: Fund): Promise<HandEntryRow[]> {
    return tx.find(HandEntryRow, {
      where: { fundId: fund.fundId, state: "waiting" },
      order: { day: "ASC", entryId: "ASC" },
      take: 200,
    });
  }

  private async apply(tx: Tx, fund: Fund, entry: HandEntryRow): Promise<bigint | null> {
    const now = this.clock.now();
    if (isMemo(entry.what)) {
      await this.sponsor.check(tx, fund, entry.what, entry.amount);
      return null;
    }
    if (entry.what === "custody") {
      const { cap, ...change } = entry.content as Omit<CustodyChange, "cap"> & { cap: string | null };
      await this.custody.apply(tx, fund, { ...change, cap: cap === null ? null : BigInt(cap) });
      return null;
    }
    const posted = await this.journal.post(tx, fund.fundId, draftFromJson(entry.content, entry.day), now);
    // Every entry has a key of its own but one that undoes: that was undone already.
    if (posted.replayed) throw new Refusal("not-reversible");
    return posted.seq;
  }

  private async waiting(tx: Tx, fund: Fund, entryId: string): Promise<HandEntryRow> {
    const entry = await tx.findOne(HandEntryRow, {
      where: { fundId: fund.fundId, entryId },
      lock: { mode: "pessimistic_write" },
    });
    if (entry === null) throw new Refusal("no-such-page");
    if (entry.state !== "waiting") throw new Refusal("wrong-state");
    return entry;
  }

  private async insert(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    given: { entryId: string; what: HandEntryRow["what"]; amount: bigint; draft: Draft },
  ): Promise<void> {
    const { draft, ...rest } = given;
    await tx.insert(HandEntryRow, {
      ...this.fresh(fund, treasurerId, draft.day),
      ...rest,
      content: draftToJson(draft) as object,
    });
  }

  private today(fund: Fund): Day {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }

  private fresh(
    fund: Fund,
    enteredBy: string,
    day: Day,
  ): Omit<HandEntryRow, "entryId" | "what" | "amount" | "content"> {
    return { fundId: fund.fundId, day, state: "waiting", enteredBy, confirmedBy: null, seq: null };
  }
}
