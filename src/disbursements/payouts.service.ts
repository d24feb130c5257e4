import { createHmac } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { LessThan } from "typeorm";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId, randomBytes } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { isHolding } from "../ledger/account.js";
import { payoutSent, sentWithoutHold } from "../ledger/flows/aid.js";
import { Journal } from "../ledger/journal.service.js";
import type { Fund } from "../funds/funds.service.js";
import { row, sqlState, type Tx } from "../platform/database/database.js";
import { AidRequestRow } from "../requests/aid-request.entity.js";
import type { Rail } from "../requests/aid-request.js";
import { Line } from "../requests/line.service.js";
import { seal } from "../requests/sealing.js";
import { Alarms } from "../treasurers/alarms.service.js";
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
    private readonly alarms: Alarms,
    private readonly clock: Clock,
  ) {}

  /** The worker checks every signature again before anybody pays (`release-check.ts`); that takes a moment after the last one. Returns when it is done, or when it takes too long. */
  async untilReleased(read: Tx, fund: Fund, disbursementId: string): Promise<void> {
    for (let waited = 0; waited < RELEASE_WAIT_MS; waited += RELEASE_LOOK_MS) {
      if (!(await awaitsRelease(read, fund.fundId, disbursementId))) return;
      await new Promise((resolve) => setTimeout(resolve, RELEASE_LOOK_MS));
    }
  }

  /** Makes a treasurer the payer for the charter's minutes; their own lease is renewed. Refuses `in-progress`, `wrong-state`, and `not-released` before the worker has checked. */
  async take(tx: Tx, fund: Fund, treasurerId: string, disbursementId: string): Promise<PayoutRow> {
    const { request, disbursement } = await this.lock(tx, fund, disbursementId);
    if (disbursement.state !== "approved" || request === null || !stillStands(disbursement, request))
      throw new Refusal("wrong-state");
    if (await awaitsRelease(tx, fund.fundId, disbursementId)) throw new Refusal("not-released");
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

  /** Leases that ran out are passed on, so that the person can change or take back the request again. */
  async passOnExpired(tx: Tx, fund: Fund): Promise<void> {
    const expired = await tx.findBy(PayoutRow, {
      fundId: fund.fundId,
      state: "leased",
      leaseUntil: LessThan(this.clock.now()),
    });
    for (const { disbursementId } of expired) {
      const { request } = await this.lock(tx, fund, disbursementId);
      const passed = await tx.update(
        PayoutRow,
        { fundId: fund.fundId, disbursementId, state: "leased", leaseUntil: LessThan(this.clock.now()) },
        { state: "passed-on" },
      );
      if ((passed.affected ?? 0) > 0 && request?.state === "sending") await this.line.move(tx, request, "approved");
    }
  }

  /**
   * Records what was paid: a fact, booked at once, also when the minutes ran out. When another treasurer has taken over or paid meanwhile, the
   * money went out twice: it is booked in suspense, with an alarm, and never hidden. Refuses `lease-over` (this was never theirs to pay),
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
    const attempts = await tx.find(PayoutRow, {
      where: { fundId: fund.fundId, disbursementId },
      order: { attempt: "DESC" },
      lock: { mode: "pessimistic_write" },
    });
    const mine = attempts.find((p) => p.payer === treasurerId && p.state !== "sent");
    if (mine === undefined) throw new Refusal("lease-over");
    if (
      !isHolding(sent.holding) ||
      sent.holding === "assets:stripe" ||
      !(await this.journal.accounts(tx, fund.fundId)).has(sent.holding)
    )
      throw new Refusal("invalid", { field: "holding" });
    const day = dayIn(fund.charter.timeZone, this.clock.now());
    const other = attempts.some((p) => p !== mine && (p.state === "sent" || p.state === "leased"));
    if (other || disbursement.state !== "approved") return this.recordTwice(tx, fund, mine, disbursement, sent, day);
    const reference = await this.reference(tx, fund, sent);
    try {
      await tx.update(
        PayoutRow,
        { fundId: fund.fundId, payoutId: mine.payoutId },
        { state: "sent", rail: sent.rail, holding: sent.holding, sentDay: day, ...reference },
      );
    } catch (error) {
      if (sqlState(error) === "23505") throw new Refusal("reference-used", { field: "reference" });
      throw error;
    }
    await tx.update(DisbursementRow, { fundId: fund.fundId, disbursementId }, { state: "paid" });
    const { amount, commitment, salt, sealedHash } = disbursement;
    if (request !== null) await this.line.markSent(tx, fund, request, { amount, day, commitment, salt, sealedHash });
    const category = (await this.journal.accounts(tx, fund.fundId)).has(`expenses:aid:${disbursement.category}`)
      ? disbursement.category
      : "other";
    const draft = payoutSent({
      payoutId: mine.payoutId,
      disbursementId,
      day,
      amount: disbursement.amount,
      category,
      holding: sent.holding,
    });
    return {
      payoutId: mine.payoutId,
      seq: Number((await this.journal.post(tx, fund.fundId, draft, this.clock.now())).seq),
    };
  }

  private async recordTwice(
    tx: Tx,
    fund: Fund,
    mine: PayoutRow,
    disbursement: DisbursementRow,
    sent: Sent,
    day: string,
  ): Promise<{ payoutId: string; seq: number }> {
    const draft = sentWithoutHold({ payoutId: mine.payoutId, day, amount: disbursement.amount, holding: sent.holding });
    const posted = await this.journal.post(tx, fund.fundId, draft, this.clock.now());
    const about = mine.payoutId.slice(0, 8);
    await this.alarms.raise(tx, fund.fundId, "payout-without-hold", about, day);
    return { payoutId: mine.payoutId, seq: Number(posted.seq) };
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

const RELEASE_WAIT_MS = 6000;
const RELEASE_LOOK_MS = 100;

async function awaitsRelease(tx: Tx, fundId: string, disbursementId: string): Promise<boolean> {
  const found = await row(
    tx,
    `select 1 from disbursement d where d.fund_id = $1 and d.disbursement_id = $2
       and d.state = 'approved' and not exists (select from release r where r.fund_id = d.fund_id and r.disbursement_id = d.disbursement_id)`,
    [fundId, disbursementId],
  );
  return found !== null;
}
