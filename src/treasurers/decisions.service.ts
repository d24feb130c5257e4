import { Injectable } from "@nestjs/common";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId, newToken } from "../kernel/ids.js";
import { invariant } from "../kernel/invariant.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import type { Voice } from "../pages/words.js";
import { Database, row, rows, type Tx } from "../platform/database/database.js";
import { Passkeys, type Challenge } from "./passkeys.service.js";
import { Seats } from "./seats.service.js";
import { Signatures } from "./signatures.service.js";
import { statementText, type DecisionStatement } from "./statement.js";

/** The closed list of what is decided this way; the database keeps the same. */
export type DecisionName =
  | "refund"
  | "pledges-end"
  | "pause-asking"
  | "noise"
  | "legal-hold"
  | "another-code"
  | "charter"
  | "roster"
  | "stop-change"
  | "out-of-turn"
  | "lift-suspension";

/** What a room that has something to decide brings along. `subject` is canonical JSON of names and amounts, nothing about a person. */
export interface DecisionKind<Subject extends Json = Json> {
  readonly name: DecisionName;
  /** How many must sign, as things stand now; at least two do. */
  needed(tx: Tx, fund: Fund, subject: Subject): Promise<number>;
  /** Who may not sign this one, because it is about them. */
  barred?(tx: Tx, fund: Fund, subject: Subject): Promise<readonly string[]>;
  /** The act itself, in the transaction of the last signature. Network calls are a job's. */
  decided(tx: Tx, fund: Fund, decisionId: string, subject: Subject): Promise<void>;
  /** What is asked, as the desk says it. */
  says(voice: Voice, fund: Fund, subject: Subject, nameOf: NameOf): string;
}

/** Who a treasurer, or somebody who asks for a seat, is to the others; empty for nobody. */
export type NameOf = (id: string) => string;

export interface OpenDecision {
  readonly decisionId: string;
  readonly kind: DecisionName;
  readonly subject: string;
  readonly needed: number;
  readonly openedBy: string;
  readonly openedDay: Day;
  readonly signedBy: readonly string[];
}

/**
 * What several treasurers decide together beside payouts: one opens it, so many sign exactly what it says, and the last signature does it. No treasurer alone decides
 * anything here, and no decision outlives the charter or the roster that it was asked under.
 */
@Injectable()
export class Decisions {
  private readonly kinds = new Map<DecisionName, DecisionKind>();

  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
    private readonly signatures: Signatures,
    private readonly seats: Seats,
    private readonly clock: Clock,
  ) {}

  /** Rooms above say what they have to decide; so the arrow goes down. */
  register<Subject extends Json>(kind: DecisionKind<Subject>): void {
    invariant(!this.kinds.has(kind.name), "two rooms decide the same");
    this.kinds.set(kind.name, kind);
  }

  /** Asks for it. The same asked twice is asked once. Refuses `wrong-state` where the fund is not open yet. */
  async open(tx: Tx, fund: Fund, treasurerId: string, kind: DecisionName, subject: Json): Promise<string> {
    const roster = await this.seats.rosterVersion(tx, fund.fundId);
    if (roster === 0) throw new Refusal("wrong-state");
    const text = canonicalJson(subject);
    const needed = await this.needed(tx, fund, kind, subject);
    await tx.query(
      `insert into joint_decision (fund_id, decision_id, kind, subject, needed, charter_version, roster_version, state, opened_by, opened_day)
       values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9) on conflict (fund_id, kind, md5(subject)) where state = 'open' do nothing`,
      [fund.fundId, newId(), kind, text, needed, fund.charterVersion, roster, treasurerId, this.today(fund)],
    );
    const found = await row<{ id: string }>(
      tx,
      "select decision_id as id from joint_decision where fund_id = $1 and kind = $2 and md5(subject) = md5($3) and state = 'open'",
      [fund.fundId, kind, text],
    );
    invariant(found !== null, "what was just asked is not open");
    return found.id;
  }

  /** What is open, oldest first. */
  async all(tx: Tx, fund: Fund): Promise<OpenDecision[]> {
    return rows<OpenDecision>(
      tx,
      `select d.decision_id as "decisionId", d.kind, d.subject, d.needed, d.opened_by as "openedBy", d.opened_day::text as "openedDay",
              array(select y.treasurer_id::text from joint_decision_yes y where y.fund_id = d.fund_id and y.decision_id = d.decision_id order by 1) as "signedBy"
       from joint_decision d where d.fund_id = $1 and d.state = 'open' order by d.opened_day, d.decision_id`,
      [fund.fundId],
    );
  }

  says(voice: Voice, fund: Fund, decision: OpenDecision, nameOf: NameOf): string {
    return this.kindOf(decision.kind).says(voice, fund, JSON.parse(decision.subject) as Json, nameOf);
  }

  /** What a browser is handed to sign. Refuses `wrong-state` when it is no longer open. */
  async statementFor(
    fund: Fund,
    treasurerId: string,
    decisionId: string,
  ): Promise<Challenge & { readonly statement: string }> {
    return this.database.atomically(async (tx) => {
      const decision = (await this.all(tx, fund)).find((d) => d.decisionId === decisionId);
      if (decision === undefined) throw new Refusal("wrong-state");
      const subject = JSON.parse(decision.subject) as Json;
      const said: DecisionStatement = {
        v: 1,
        purpose: "decide",
        fund: fund.fundId,
        charter: fund.charterVersion,
        roster: await this.seats.rosterVersion(tx, fund.fundId),
        quorum: await this.needed(tx, fund, decision.kind, subject),
        nonce: newToken(),
        decision: decisionId,
        kind: decision.kind,
        subject,
      };
      const statement = statementText(said);
      const challenge = await this.passkeys.issue(tx, fund, "decide", {
        treasurerId,
        text: statement,
        subject: { statement },
      });
      return { ...challenge, statement };
    });
  }

  /**
   * Records a treasurer's yes, and does the act with the last one. The decision's row is locked first, so that of two last signatures one waits for the other. Returns
   * whether it is decided. Refuses `passkey`, `not-yours`, `already-approved`, `wrong-state`, `statement-out-of-date`, and what the act refuses.
   */
  async sign(tx: Tx, fund: Fund, treasurerId: string, challengeId: string, response: unknown): Promise<boolean> {
    const { statementId, text } = await this.signatures.keep(tx, fund, "decide", {
      treasurerId,
      challengeId,
      response,
    });
    const said = JSON.parse(text) as DecisionStatement;
    const decision = await this.locked(tx, fund, said.decision);
    if (decision.state !== "open") throw new Refusal("wrong-state");
    const standing = { charter: fund.charterVersion, roster: await this.seats.rosterVersion(tx, fund.fundId) };
    if (said.charter !== standing.charter || said.roster !== standing.roster || decision.roster !== standing.roster)
      throw new Refusal("statement-out-of-date");
    if (decision.signedBy.includes(treasurerId)) throw new Refusal("already-approved");
    const barred = (await this.kindOf(decision.kind).barred?.(tx, fund, said.subject)) ?? [];
    if (barred.includes(treasurerId)) throw new Refusal("not-yours");
    await tx.query(
      "insert into joint_decision_yes (fund_id, decision_id, treasurer_id, statement_id) values ($1, $2, $3, $4)",
      [fund.fundId, said.decision, treasurerId, statementId],
    );
    // What has become of the pot meanwhile may ask for more signatures; never for fewer than the first one was told.
    const now = await this.needed(tx, fund, decision.kind, said.subject);
    if (decision.signedBy.length + 1 < (now > decision.needed ? now : decision.needed)) return false;
    await this.end(tx, fund, said.decision, "decided");
    await this.kindOf(decision.kind).decided(tx, fund, said.decision, said.subject);
    return true;
  }

  /** Whoever asked may take it back before it is decided. Refuses `not-yours` and `wrong-state`. */
  async takeBack(tx: Tx, fund: Fund, treasurerId: string, decisionId: string): Promise<void> {
    const decision = await this.locked(tx, fund, decisionId);
    if (decision.openedBy !== treasurerId) throw new Refusal("not-yours");
    if (decision.state !== "open") throw new Refusal("wrong-state");
    await this.end(tx, fund, decisionId, "taken-back");
  }

  /** The rules or the seats are others now: what was asked under the old ones would never be decided. */
  async endAll(tx: Tx, fund: Fund): Promise<void> {
    await tx.query(
      "update joint_decision set state = 'taken-back', ended_day = $2 where fund_id = $1 and state = 'open'",
      [fund.fundId, this.today(fund)],
    );
  }

  private async locked(
    tx: Tx,
    fund: Fund,
    decisionId: string,
  ): Promise<{
    kind: DecisionName;
    state: string;
    needed: number;
    roster: number;
    openedBy: string;
    signedBy: string[];
  }> {
    const found = await row<{ kind: DecisionName; state: string; needed: number; roster: number; openedBy: string }>(
      tx,
      `select kind, state, needed, roster_version as roster, opened_by as "openedBy" from joint_decision where fund_id = $1 and decision_id = $2 for update`,
      [fund.fundId, decisionId],
    );
    if (found === null) throw new Refusal("no-such-page");
    const yes = await rows<{ id: string }>(
      tx,
      "select treasurer_id as id from joint_decision_yes where fund_id = $1 and decision_id = $2",
      [fund.fundId, decisionId],
    );
    return { ...found, signedBy: yes.map((y) => y.id) };
  }

  private async end(tx: Tx, fund: Fund, decisionId: string, state: "decided" | "taken-back"): Promise<void> {
    await tx.query("update joint_decision set state = $3, ended_day = $4 where fund_id = $1 and decision_id = $2", [
      fund.fundId,
      decisionId,
      state,
      this.today(fund),
    ]);
  }

  private async needed(tx: Tx, fund: Fund, kind: DecisionName, subject: Json): Promise<number> {
    const needed = await this.kindOf(kind).needed(tx, fund, subject);
    return needed < DECIDERS_MIN ? DECIDERS_MIN : needed;
  }

  private kindOf(name: DecisionName): DecisionKind {
    const kind = this.kinds.get(name);
    invariant(kind !== undefined, `no room decides ${name}`);
    return kind;
  }

  private today(fund: Fund): Day {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }
}

/** No decision is ever one treasurer's. */
const DECIDERS_MIN = 2;
