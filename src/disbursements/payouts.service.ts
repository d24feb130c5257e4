import { createHmac } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId, randomBytes } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { isHolding } from "../ledger/account.js";
import { payoutSent } from "../ledger/flows.js";
import { Journal } from "../ledger/journal.service.js";
import type { Fund } from "../funds/funds.service.js";
import { row, sqlState, type Tx } from "../platform/database/database.js";
import { AidRequestRow } from "../requests/aid-request.entity.js";
import type { Rail } from "../requests/aid-request.js";
import { Line } from "../requests/line.service.js";
import { seal } from "../requests/sealing.js";
import { Seats } from "../treasurers/seats.service.js";
import { leaseIsLive, stillStands } from "./disbursement.js";
import { DisbursementRow, PayoutRow } from "./disbursement.entity.js";

export interface Sent {
  readonly rail: Rail;
  readonly holding: string;
  readonly reference?: string | undefined;
}

interface Locked {
  readonly request: AidRequestRow | null;
  readonly disbursement: DisbursementRow;
}

/** Paying by hand: one treasurer at a time, each attempt a row, each sum booked once. Locks: request, disbursement, payout, then the fund. */
@Injectable()
export class Payouts {
  constructor(
    private readonly journal: Journal,
    private readonly line: Line,
    private readonly seats: Seats,
    private readonly clock: Clock,
  ) {}

  /** Makes a treasurer the payer for the charter's minutes; their own lease is renewed. Refuses `in-progress` and `wrong-state`. */
  async take(tx: Tx, fund: Fund, treasurerId: string, disbursementId: string): Promise<PayoutRow> {
    const { request, disbursement } = await this.lock(tx, fund, disbursementId);
    if (disbursement.state !== "approved" || request === null || !stillStands(disbursement, request))
      throw new Refusal("wrong-state");
    const now = this.clock.now();
    const leaseUntil = new Date(now.getTime() + fund.charter.leaseMinutes * 60_000);
    const [last] = await tx.find(PayoutRow, {
      where: { fundId: fund.fundId, disbursementId },
      order: { attempt: "DESC" },
      take: 1,
    });
    if (last?.state === "leased") {
      const id = { fundId: fund.fundId, payoutId: last.payoutId };
      if (last.payer === treasurerId) {
        await tx.update(PayoutRow, id, { leaseUntil });
        return Object.assign(last, { leaseUntil });
      }
      if (leaseIsLive(last, now)) throw new Refusal("in-progress");
      await tx.update(PayoutRow, id, { state: "passed-on" });
    }
    const payout: PayoutRow = {
      fundId: fund.fundId, payoutId: newId(), disbursementId, attempt: (last?.attempt ?? 0) + 1, state: "leased", payer: treasurerId, leaseUntil,
      rail: null, holding: null, referenceMac: null, referenceSealed: null, sentDay: null,
    }; // prettier-ignore
    await tx.insert(PayoutRow, payout);
    await this.line.move(tx, request, "sending");
    return payout;
  }

  /** "Pass it on": no reason asked. */
  async passOn(tx: Tx, fund: Fund, treasurerId: string, disbursementId: string): Promise<void> {
    const { request } = await this.lock(tx, fund, disbursementId);
    const mine = await tx.findOneBy(PayoutRow, {
      fundId: fund.fundId,
      disbursementId,
      state: "leased",
      payer: treasurerId,
    });
    if (mine === null) throw new Refusal("lease-over");
    await tx.update(PayoutRow, { fundId: fund.fundId, payoutId: mine.payoutId }, { state: "passed-on" });
    if (request !== null) await this.line.move(tx, request, "approved");
  }

  /**
   * Records what was paid: a fact. It is booked while nobody else has taken over, also when the minutes ran out. Refuses `lease-over`,
   * `reference-used`, `invalid`.
   */
  async record(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    disbursementId: string,
    sent: Sent,
  ): Promise<{ payoutId: string; seq: number }> {
    const { request, disbursement } = await this.lock(tx, fund, disbursementId);
    const payout = await tx.findOne(PayoutRow, {
      where: { fundId: fund.fundId, disbursementId, state: "leased", payer: treasurerId },
      lock: { mode: "pessimistic_write" },
    });
    if (payout === null || disbursement.state !== "approved") throw new Refusal("lease-over");
    if (!isHolding(sent.holding) || !(await this.journal.accounts(tx, fund.fundId)).has(sent.holding))
      throw new Refusal("invalid", { field: "holding" });
    const sentDay = dayIn(fund.charter.timeZone, this.clock.now());
    const reference = await this.reference(tx, fund, sent);
    try {
      await tx.update(
        PayoutRow,
        { fundId: fund.fundId, payoutId: payout.payoutId },
        { state: "sent", rail: sent.rail, holding: sent.holding, sentDay, ...reference },
      );
    } catch (error) {
      if (sqlState(error) === "23505") throw new Refusal("reference-used", { field: "reference" });
      throw error;
    }
    await tx.update(DisbursementRow, { fundId: fund.fundId, disbursementId }, { state: "paid" });
    if (request !== null) await this.line.markPaid(tx, request, disbursement.amount, sentDay);
    const category = (await this.journal.accounts(tx, fund.fundId)).has(`expenses:aid:${disbursement.category}`)
      ? disbursement.category
      : "other";
    const posted = await this.journal.post(
      tx,
      fund.fundId,
      payoutSent({
        payoutId: payout.payoutId,
        disbursementId,
        day: sentDay,
        amount: disbursement.amount,
        category,
        holding: sent.holding,
      }),
      this.clock.now(),
    );
    return { payoutId: payout.payoutId, seq: Number(posted.seq) };
  }

  private async lock(tx: Tx, fund: Fund, disbursementId: string): Promise<Locked> {
    const seen = await tx.findOneBy(DisbursementRow, { fundId: fund.fundId, disbursementId });
    if (seen === null) throw new Refusal("no-such-page");
    const request = seen.requestId === null ? null : await this.line.lock(tx, fund.fundId, seen.requestId);
    const disbursement = await tx.findOneOrFail(DisbursementRow, {
      where: { fundId: fund.fundId, disbursementId },
      lock: { mode: "pessimistic_write" },
    });
    return { request, disbursement };
  }

  /** Unique per rail by an HMAC, sealed to the treasurers; none for cash. */
  private async reference(
    tx: Tx,
    fund: Fund,
    sent: Sent,
  ): Promise<{ referenceMac: Buffer | null; referenceSealed: string | null }> {
    const text = sent.reference?.trim().toLowerCase() ?? "";
    if (text === "" || sent.rail === "cash") return { referenceMac: null, referenceSealed: null };
    await tx.query("insert into fund_secret (fund_id, secret) values ($1, $2) on conflict do nothing", [
      fund.fundId,
      Buffer.from(randomBytes(32)),
    ]);
    const secret = await row<{ secret: Buffer }>(tx, "select secret from fund_secret where fund_id = $1", [
      fund.fundId,
    ]);
    const referenceMac = createHmac("sha256", secret?.secret ?? "")
      .update(`${sent.rail} ${text}`)
      .digest();
    return { referenceMac, referenceSealed: await seal(text, await this.seats.recipients(tx, fund.fundId)) };
  }
}
