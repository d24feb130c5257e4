import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { Funds, type Fund } from "../funds/funds.service.js";
import { row, type Tx } from "../platform/database/database.js";
import type { Roster } from "../publication/entry.js";
import { Submissions } from "../publication/submissions.service.js";
import { Decisions } from "./decisions.service.js";
import { rosterHash, Seats } from "./seats.service.js";

/** The worker's part of a change (`changes.service.ts`): what was decided, and has waited, becomes the rule or the roster. */
@Injectable()
export class ChangesInForce {
  constructor(
    private readonly funds: Funds,
    private readonly seats: Seats,
    private readonly decisions: Decisions,
    private readonly submissions: Submissions,
    private readonly clock: Clock,
  ) {}

  async isDue(tx: Tx, fund: Fund): Promise<boolean> {
    return (await this.due(tx, fund, "")) !== null;
  }

  private due(
    tx: Tx,
    fund: Fund,
    lock: "" | "for update of c",
  ): Promise<{ decisionId: string; what: "charter" | "roster"; version: number; content: object } | null> {
    const now = this.clock.now();
    return row(
      tx,
      `select c.decision_id as "decisionId", c.what, c.version, c.content from fund_change c where c.fund_id = $1 and c.state = 'waiting' and c.effective_at <= $2
         and (c.days = 0 or exists (select from log_entry e join published p using (fund_id) where e.fund_id = c.fund_id and e.submission_id = c.decision_id and e.idx < p.size and e.day <= $3::date - c.days))
       ${lock}`,
      [fund.fundId, now, dayIn(fund.charter.timeZone, now)],
    );
  }

  /** Puts in force what is due, with the worker's rights: it has waited, and stood in the public log for its days. Returns whether the rules or the seats are others now. */
  async takeEffect(tx: Tx, fund: Fund): Promise<boolean> {
    const now = this.clock.now();
    const today = dayIn(fund.charter.timeZone, now);
    const due = await this.due(tx, fund, "for update of c");
    if (due === null) return false;
    await tx.query("update fund_change set state = 'in-force' where fund_id = $1 and decision_id = $2", [
      fund.fundId,
      due.decisionId,
    ]);
    if (due.what === "charter") await this.funds.amend(tx, fund, due.version, due.content, now);
    else await this.seatAnew(tx, fund, due.version, due.content as unknown as Roster, today);
    await this.decisions.endAll(tx, fund);
    return true;
  }

  private async seatAnew(tx: Tx, fund: Fund, version: number, roster: Roster, today: Day): Promise<void> {
    await this.seats.writeRoster(tx, fund.fundId, { json: roster, hash: rosterHash(roster) }, today);
    const seated = roster.seats.map((seat) => seat.treasurer);
    await tx.query(
      "update treasurer set left_day = $3 where fund_id = $1 and left_day is null and treasurer_id <> all ($2)",
      [fund.fundId, seated, today],
    );
    await tx.query("delete from session where fund_id = $1 and treasurer_id <> all ($2)", [fund.fundId, seated]);
    const who = [fund.fundId, seated];
    await tx.query(
      `insert into treasurer (fund_id, treasurer_id, name, recipient, joined_day) select fund_id, candidate_id, name, recipient, $3 from candidate c
       where fund_id = $1 and candidate_id = any ($2) and not exists (select from treasurer t where t.fund_id = c.fund_id and t.treasurer_id = c.candidate_id)`,
      [...who, today],
    );
    await tx.query(
      `insert into credential (fund_id, credential_id, treasurer_id, public_key, counter, practice, wrapped_identity, wrapped_by)
       select fund_id, credential_id, candidate_id, public_key, counter, practice, wrapped_identity, wrapped_by from candidate c
       where fund_id = $1 and candidate_id = any ($2) and not exists (select from credential k where k.fund_id = c.fund_id and k.credential_id = c.credential_id)`,
      who,
    );
    await this.submissions.submit(tx, fund.fundId, newId(), { v: 1, kind: "roster", version, roster });
  }
}
