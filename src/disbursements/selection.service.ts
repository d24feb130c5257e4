import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { In } from "typeorm";
import { canonicalJson } from "../kernel/canonical-json.js";
import { Clock, dayIn, mondayOf, type Day } from "../kernel/clock.js";
import { newId, randomBytes } from "../kernel/ids.js";
import { toJsonAmount } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { freeToPromise } from "../ledger/balance.js";
import { Journal } from "../ledger/journal.service.js";
import { envelopeLeft, envelopeReleased } from "../funds/envelope.js";
import type { Fund } from "../funds/funds.service.js";
import { ordered, RULE_VERSION, select, type Picked, type Room, type Waiting } from "../funds/rule.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { LAST_DRAW, Line } from "../requests/line.service.js";
import { commitmentTo } from "../publication/commitment.js";
import { detailsOf, stillStands } from "./disbursement.js";
import { DisbursementRow } from "./disbursement.entity.js";

/** The group's rule picks who is next, as soon as money is free and the week's envelope has room. */
@Injectable()
export class Selections {
  constructor(
    private readonly journal: Journal,
    private readonly line: Line,
    private readonly clock: Clock,
  ) {}

  /** Voids what no longer stands, then picks. Returns how many were chosen. */
  async run(tx: Tx, fund: Fund): Promise<number> {
    if (fund.state !== "open") return 0;
    await this.voidStale(tx, fund);
    await this.putBackUncovered(tx, fund);
    const queue = await this.line.waiting(tx, fund);
    if (queue.length === 0) return 0;
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    if (fund.charter.rule === "equal-split" && (await this.wasSplitThisWeek(tx, fund, today))) return 0;
    const room: Room = {
      envelopeLeft: envelopeLeft(
        envelopeReleased(fund.charter.envelopePerWeek, fund.charter.releases, today),
        await this.line.chosenThisWeek(tx, fund, today),
      ),
      free: freeToPromise(await this.journal.balances(tx, fund.fundId)) - (await this.proposed(tx, fund)),
      cap: fund.charter.capPerRequest,
      leastPart: fund.charter.leastPart,
      leastTickets: fund.charter.publication.k,
    };
    const picked = select(queue, room, fund.charter.rule);
    if (picked.length === 0) return 0;
    const selectionId = newId();
    await tx.query("insert into selection (fund_id, selection_id, day, charter_version, rule, rule_version, inputs_hash, picked) values ($1, $2, $3, $4, $5, $6, $7, $8)", [
      fund.fundId, selectionId, today, fund.charterVersion, fund.charter.rule, RULE_VERSION, inputsHash(queue, room, fund.charter.rule), picked.length,
    ]); // prettier-ignore
    await this.propose(tx, fund, selectionId, picked, { chosenDay: today, outOfTurn: false });
    return picked.length;
  }

  /** What there is is split once a week: otherwise every small gift would be cut into crumbs. */
  private async wasSplitThisWeek(tx: Tx, fund: Fund, today: Day): Promise<boolean> {
    const found = await row(
      tx,
      "select 1 from selection where fund_id = $1 and rule = 'equal-split' and day >= $2 limit 1",
      [fund.fundId, mondayOf(today)],
    );
    return found !== null;
  }

  /**
   * One request before the line, because the quorum decided so: it counts against the week's envelope, and may go beyond it; never beyond what is free. Refuses `wrong-state` for what
   * does not wait any more, and `not-enough-free`.
   */
  async outOfTurn(tx: Tx, fund: Fund, requestId: string, decisionId: string): Promise<void> {
    const request = await this.line.lock(tx, fund.fundId, requestId);
    const [asked] = (await this.line.waiting(tx, fund)).filter((w) => w.requestId === requestId);
    if (request?.state !== "waiting" || asked === undefined) throw new Refusal("wrong-state");
    const free = freeToPromise(await this.journal.balances(tx, fund.fundId)) - (await this.proposed(tx, fund));
    if (asked.amount > free) throw new Refusal("not-enough-free");
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const selectionId = newId();
    const inputs = createHash("sha256")
      .update(canonicalJson({ decision: decisionId, request: requestId }))
      .digest();
    await tx.query("insert into selection (fund_id, selection_id, day, charter_version, rule, rule_version, inputs_hash, picked, decision_id) values ($1, $2, $3, $4, 'out-of-turn', $5, $6, 1, $7)", [
      fund.fundId, selectionId, today, fund.charterVersion, RULE_VERSION, inputs, decisionId,
    ]); // prettier-ignore
    await this.propose(tx, fund, selectionId, [{ requestId, amount: asked.amount }], {
      chosenDay: today,
      outOfTurn: true,
    });
  }

  /** When a refund took what was about to be promised, the last of the line wait again, so that the first can be signed. */
  private async putBackUncovered(tx: Tx, fund: Fund): Promise<void> {
    await this.putBack(tx, fund, freeToPromise(await this.journal.balances(tx, fund.fundId)));
  }

  /** Under other rules or seats everything that is not approved yet is signed anew: it waits again, at its place. */
  async putBackAll(tx: Tx, fund: Fund): Promise<void> {
    await this.putBack(tx, fund, 0n);
  }

  private async putBack(tx: Tx, fund: Fund, free: bigint): Promise<void> {
    let proposed = await this.proposed(tx, fund);
    if (proposed === 0n || proposed <= free) return;
    const last = (await this.proposedInLine(tx, fund)).toReversed();
    const standing = await this.lockAndVoid(tx, fund, last);
    for (const id of last) {
      const disbursement = standing.find((d) => d.disbursementId === id && d.state === "proposed");
      if (proposed <= free || disbursement === undefined) continue;
      proposed -= disbursement.amount;
      await tx.update(DisbursementRow, { fundId: fund.fundId, disbursementId: id }, { state: "void", salt: null });
      const request =
        disbursement.requestId === null ? null : await this.line.lock(tx, fund.fundId, disbursement.requestId);
      if (request !== null) await this.line.move(tx, request, "waiting");
    }
  }

  /** What waits for signatures, in the order of the line. */
  async proposedInLine(tx: Tx, fund: Fund): Promise<string[]> {
    const found = await rows<{
      id: string;
      request_id: string;
      arrival: string;
      needed_by: string | null;
      first_help: boolean;
      amount: string;
      drawn: number | null;
    }>(
      tx,
      `select d.disbursement_id as id, d.amount, r.request_id, r.arrival, r.needed_by::text as needed_by, r.first_help, t.place as drawn
       from disbursement d join aid_request r using (fund_id, request_id) left join ticket t on t.fund_id = d.fund_id and t.request_id = d.request_id and t.draw_id = (${LAST_DRAW})
       where d.fund_id = $1 and d.state = 'proposed'`,
      [fund.fundId],
    );
    const line = found.map((d) => ({ id: d.id, requestId: d.request_id, arrival: Number(d.arrival), neededBy: d.needed_by, firstHelp: d.first_help, amount: BigInt(d.amount), drawn: d.drawn })); // prettier-ignore
    return ordered(line, fund.charter.rule).map(({ id }) => id);
  }

  /** Locks are taken by id, whatever the order of the line. All of a selection is written at once: after a flood it can be a thousand. */
  private async propose(
    tx: Tx,
    fund: Fund,
    selectionId: string,
    picked: readonly Picked[],
    how: { readonly chosenDay: Day; readonly outOfTurn: boolean },
  ): Promise<void> {
    const amounts = new Map(picked.map((pick) => [pick.requestId, pick.amount]));
    const requests = (await this.line.lockAll(tx, fund.fundId, [...amounts.keys()])).filter(
      (request) =>
        request.state === "waiting" && request.amount - request.sent >= (amounts.get(request.requestId) ?? 0n),
    );
    const proposed = requests.map((request) => {
      const salt = Buffer.from(randomBytes(32));
      const { requestId, version, category, sealedHash } = request;
      const amount = amounts.get(requestId) ?? 0n;
      const commitment = commitmentTo(salt, detailsOf({ amount, category, sealedHash }, fund.currency));
      return { id: newId(), requestId, version, amount: amount.toString(), category, sealedHash: sealedHash.toString("hex"), salt: salt.toString("hex"), commitment }; // prettier-ignore
    });
    await tx.query(
      `insert into disbursement (fund_id, disbursement_id, request_id, request_version, selection_id, amount, category, state, sealed_hash, salt, commitment, chosen_day)
       select $1, p.id, p."requestId", p.version, $2, p.amount, p.category, 'proposed', decode(p."sealedHash", 'hex'), decode(p.salt, 'hex'), decode(p.commitment, 'hex'), $3
       from jsonb_to_recordset($4) as p (id uuid, "requestId" uuid, version int, amount bigint, category text, "sealedHash" text, salt text, commitment text)`,
      [fund.fundId, selectionId, how.chosenDay, JSON.stringify(proposed)],
    );
    await this.line.choose(tx, fund.fundId, proposed.map((p) => p.requestId), how); // prettier-ignore
  }

  /** Gives back what was promised to requests that changed or were taken back. */
  async voidStale(tx: Tx, fund: Fund): Promise<void> {
    const living = await tx.find(DisbursementRow, {
      where: { fundId: fund.fundId, state: In(["proposed", "approved"]) },
    });
    await this.lockAndVoid(
      tx,
      fund,
      living.map((d) => d.disbursementId),
    );
  }

  /**
   * Locks the requests of some disbursements, then the disbursements, each in the order of their ids, and only then gives back what no longer
   * stands (which takes the fund's lock). Returns those that still stand, as they are under the lock.
   */
  async lockAndVoid(tx: Tx, fund: Fund, disbursementIds: readonly string[]): Promise<DisbursementRow[]> {
    if (disbursementIds.length === 0) return [];
    const where = { fundId: fund.fundId, disbursementId: In([...disbursementIds]) };
    const requestIds = (await tx.findBy(DisbursementRow, where)).flatMap((d) => d.requestId ?? []);
    const requests = new Map((await this.line.lockAll(tx, fund.fundId, requestIds)).map((r) => [r.requestId, r]));
    const locked = await tx.find(DisbursementRow, {
      where,
      order: { disbursementId: "ASC" },
      lock: { mode: "pessimistic_write" },
    });
    const stands = (d: DisbursementRow): boolean =>
      d.state === "paid" || stillStands(d, requests.get(d.requestId ?? "") ?? null);
    for (const stale of locked.filter((d) => d.state !== "void" && !stands(d))) {
      await tx.update(
        DisbursementRow,
        { fundId: fund.fundId, disbursementId: stale.disbursementId },
        { state: "void", salt: null },
      );
      if (stale.state === "approved") await this.journal.releaseHold(tx, fund.fundId, stale.disbursementId);
    }
    return locked.filter((d) => d.state !== "void" && stands(d));
  }

  private async proposed(tx: Tx, fund: Fund): Promise<bigint> {
    const found = await row<{ sum: string }>(
      tx,
      "select coalesce(sum(amount), 0) as sum from disbursement where fund_id = $1 and state = 'proposed'",
      [fund.fundId],
    );
    return BigInt(found?.sum ?? 0);
  }
}

/** What a selection was made from, as a hash of its canonical JSON: the same inputs give the same pick on any computer. */
function inputsHash(queue: readonly Waiting[], room: Room, rule: string): Buffer {
  const { envelopeLeft, free, cap, leastPart, leastTickets } = room;
  const isLottery = rule === "lottery";
  const rest = canonicalJson({
    room: {
      envelopeLeft: toJsonAmount(envelopeLeft),
      free: toJsonAmount(free),
      cap: toJsonAmount(cap),
      leastPart: leastPart === null ? null : toJsonAmount(leastPart),
      ...(isLottery ? { leastTickets } : {}),
    },
    rule: `${rule}/${RULE_VERSION}`,
  });
  // The members in their canonical order, and nothing in them that JSON spells in two ways: a line of a hundred thousand takes a tenth of the time so.
  const line = JSON.stringify(
    queue.map(({ amount, arrival, drawn, firstHelp, neededBy, requestId }) => ({
      amount: toJsonAmount(amount),
      arrival,
      ...(isLottery ? { drawn } : {}),
      firstHelp,
      neededBy,
      request: requestId,
    })),
  );
  return createHash("sha256")
    .update(`{"queue":${line},${rest.slice(1)}`)
    .digest();
}
