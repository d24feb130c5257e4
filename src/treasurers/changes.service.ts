import { Injectable } from "@nestjs/common";
import type { Json } from "../kernel/canonical-json.js";
import { Clock } from "../kernel/clock.js";
import { toHex } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { changeOf, charterFault, charterHash, charterToJson, type Charter } from "../funds/charter.js";
import { changedRules } from "../funds/charter-rows.js";
import type { Fund } from "../funds/funds.service.js";
import type { Voice } from "../pages/words.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import {
  daysOf, governanceQuorum, nextRoster, seatsFit, type RosterSeat, type RosterSubject, type StopSubject,
} from "../publication/governance.js"; // prettier-ignore
import { Submissions } from "../publication/submissions.service.js";
import { Decisions, type NameOf } from "./decisions.service.js";
import { rosterHash, Seats } from "./seats.service.js";
import { publicAssertion } from "./statement.js";
import type { PasskeyAssertion } from "./software-passkey.js";

/** In practice a newcomer sees the whole way while they look. */
const PRACTICE_WAIT_SECONDS = 20;
const DAY_MS = 86_400_000;

/** A change that was decided and is not in force yet. */
export interface Waiting {
  readonly decisionId: string;
  readonly what: "charter" | "roster";
  readonly effectiveAt: Date;
  readonly days: number;
  readonly subject: string;
}

type Subject = { readonly [field: string]: Json };

/**
 * How an open fund changes its rules and its seats: the treasurers decide it together, it stands in the public log, and only then, and unless so many as a payout takes have stopped it, it is
 * in force. No command line, no operator and no treasurer alone can do any of it; the database keeps to the same.
 */
@Injectable()
export class Changes {
  constructor(
    private readonly seats: Seats,
    private readonly decisions: Decisions,
    private readonly submissions: Submissions,
    private readonly clock: Clock,
  ) {
    for (const name of ["charter", "roster"] as const)
      this.decisions.register<Subject>({
        name,
        needed: async (tx, fund) =>
          governanceQuorum(fund.charter.quorum, (await this.seats.all(tx, fund.fundId)).length),
        decided: (tx, fund, decisionId, subject) => this.decided(tx, fund, decisionId, name, subject),
        says: (voice, fund, subject, nameOf) => this.says(voice, fund, name, subject, nameOf),
      });
    this.decisions.register<StopSubject & Subject>({
      name: "stop-change",
      needed: (_tx, fund) => Promise.resolve(fund.charter.quorum),
      barred: (tx, fund, { change }) => this.leavingBy(tx, fund, change),
      decided: (tx, fund, decisionId, subject) => this.stopped(tx, fund, decisionId, subject.change),
      says: (voice) => voice.say("change.says.stop"),
    });
  }

  async waiting(tx: Tx, fund: Fund): Promise<Waiting | null> {
    return row<Waiting>(
      tx,
      `select c.decision_id as "decisionId", c.what, c.effective_at as "effectiveAt", c.days, d.subject
       from fund_change c join joint_decision d using (fund_id, decision_id) where c.fund_id = $1 and c.state = 'waiting'`,
      [fund.fundId],
    );
  }

  /** Asks the others for other rules. Refuses `charter-does-not-work` with the reason, `nothing-changed`, `change-waits`. */
  async proposeCharter(tx: Tx, fund: Fund, treasurerId: string, charter: Charter): Promise<string> {
    const seats = (await this.seats.all(tx, fund.fundId)).length;
    const fault = charterFault(charter) ?? (seatsFit(seats, charter.quorum) ? null : "seats");
    if (fault !== null) throw new Refusal("charter-does-not-work", { values: { fault: `charter.fault.${fault}` } });
    const hash = charterHash(charter);
    if (hash.equals(charterHash(fund.charter))) throw new Refusal("nothing-changed");
    const version = fund.charterVersion + 1;
    const subject = { version, hash: toHex(hash), charter: changeOf(charter) };
    return this.propose(tx, fund, treasurerId, "charter", subject, charterToJson(charter));
  }

  /** Asks the others for another seat, or one less, or one in place of another. Refuses `no-such-page`, `seats-do-not-work`, `change-waits`. */
  async proposeRoster(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    { add: candidateId, remove }: { readonly add: string | null; readonly remove: string | null },
  ): Promise<string> {
    if (candidateId === null && remove === null) throw new Refusal("nothing-changed");
    const now = await this.seats.latestRoster(tx, fund.fundId);
    if (now === null) throw new Refusal("wrong-state");
    const add = candidateId === null ? null : await this.candidateSeat(tx, fund, candidateId);
    const known = (id: string): boolean => now.roster.seats.some((seat) => seat.treasurer === id);
    if ((remove !== null && !known(remove)) || (add !== null && known(add.treasurer)))
      throw new Refusal("no-such-page");
    const roster = nextRoster(now.roster, { add, remove }, fund.charter.quorum);
    if (!seatsFit(roster.seats.length, fund.charter.quorum)) throw new Refusal("seats-do-not-work");
    const subject: RosterSubject = { version: now.version + 1, hash: toHex(rosterHash(roster)), add, remove };
    return this.propose(tx, fund, treasurerId, "roster", subject, roster);
  }

  /** Asks the others to stop what waits. Refuses `no-such-page` where nothing does. */
  async proposeStop(tx: Tx, fund: Fund, treasurerId: string): Promise<string> {
    const waiting = await this.waiting(tx, fund);
    if (waiting === null) throw new Refusal("no-such-page");
    return this.decisions.open(tx, fund, treasurerId, "stop-change", { change: waiting.decisionId });
  }

  private async propose(
    tx: Tx,
    fund: Fund,
    treasurerId: string,
    what: "charter" | "roster",
    subject: { readonly version: number; readonly hash: string },
    content: object,
  ): Promise<string> {
    if ((await this.waiting(tx, fund)) !== null) throw new Refusal("change-waits");
    const decisionId = await this.decisions.open(tx, fund, treasurerId, what, subject);
    await tx.query(
      `insert into fund_change (fund_id, decision_id, what, version, content, hash, state, days) values ($1, $2, $3, $4, $5, decode($6, 'hex'), 'proposed', 0)
       on conflict (fund_id, decision_id) do nothing`,
      [fund.fundId, decisionId, what, subject.version, JSON.stringify(content), subject.hash],
    );
    return decisionId;
  }

  private async decided(
    tx: Tx,
    fund: Fund,
    decisionId: string,
    what: "charter" | "roster",
    subject: Subject,
  ): Promise<void> {
    if ((await this.waiting(tx, fund)) !== null) throw new Refusal("change-waits");
    const paid = await row(
      tx,
      "select 1 from transaction where fund_id = $1 and kind in ('payout', 'deposit', 'reimbursement') limit 1",
      [fund.fundId],
    );
    const days = paid === null || fund.practice ? 0 : daysOf(what === "roster" ? subject : {});
    const waitMs = paid === null ? 0 : fund.practice ? PRACTICE_WAIT_SECONDS * 1000 : days * DAY_MS;
    await tx.query(
      "update fund_change set state = 'waiting', effective_at = $3, days = $4 where fund_id = $1 and decision_id = $2 and state = 'proposed'",
      [fund.fundId, decisionId, new Date(this.clock.now().getTime() + waitMs), days],
    );
    await this.tellTheLog(tx, fund, decisionId);
  }

  private async stopped(tx: Tx, fund: Fund, decisionId: string, change: string): Promise<void> {
    await tx.query(
      "update fund_change set state = 'stopped' where fund_id = $1 and decision_id = $2 and state = 'waiting'",
      [fund.fundId, change],
    );
    await this.tellTheLog(tx, fund, decisionId);
  }

  /** What was signed, word for word, goes into the public log under the decision's own name. */
  private async tellTheLog(tx: Tx, fund: Fund, decisionId: string): Promise<void> {
    const signed = await rows<{ treasurer: string; statement: string; assertion: PasskeyAssertion }>(
      tx,
      `select s.treasurer_id as treasurer, s.statement, s.assertion from joint_decision_yes y join signed_statement s using (fund_id, statement_id)
       where y.fund_id = $1 and y.decision_id = $2 order by s.treasurer_id`,
      [fund.fundId, decisionId],
    );
    await this.submissions.submit(tx, fund.fundId, decisionId, {
      v: 1,
      kind: "change",
      signatures: signed.map(({ assertion, ...said }) => ({ ...said, assertion: publicAssertion(assertion) })),
    });
  }

  private async candidateSeat(tx: Tx, fund: Fund, candidateId: string): Promise<RosterSeat> {
    const found = await row<{ recipient: string; credential: string; key: Buffer }>(
      tx,
      "select recipient, credential_id as credential, public_key as key from candidate where fund_id = $1 and candidate_id = $2",
      [fund.fundId, candidateId],
    );
    if (found === null) throw new Refusal("no-such-page");
    const keys = [{ credential: found.credential, publicKey: found.key.toString("base64url") }];
    return { treasurer: candidateId, recipient: found.recipient, keys };
  }

  private async leavingBy(tx: Tx, fund: Fund, change: string): Promise<string[]> {
    const found = await row<{ leaving: string | null }>(
      tx,
      "select subject::jsonb ->> 'remove' as leaving from joint_decision where fund_id = $1 and decision_id = $2",
      [fund.fundId, change],
    );
    return found?.leaving == null ? [] : [found.leaving];
  }

  saysOf(voice: Voice, fund: Fund, { what, subject }: Waiting, nameOf: NameOf): string {
    return this.says(voice, fund, what, JSON.parse(subject) as Subject, nameOf);
  }

  private says(voice: Voice, fund: Fund, what: "charter" | "roster", subject: Subject, nameOf: NameOf): string {
    if (what === "charter")
      return voice.say("change.says.charter", {
        changes: changedRules(voice, fund.charter, subject as never).join("; "),
      });
    const { add, remove } = subject as unknown as RosterSubject;
    const [coming, leaving] = [nameOf(add?.treasurer ?? ""), nameOf(remove ?? "")];
    if (add === null) return voice.say("change.says.remove", { leaving });
    return remove === null
      ? voice.say("change.says.add", { coming })
      : voice.say("change.says.replace", { coming, leaving });
  }
}
