import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../kernel/clock.js";
import { newId, newToken, toHex } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { charterHash } from "../funds/charter.js";
import { Funds, type Fund } from "../funds/funds.service.js";
import type { Roster } from "../publication/entry.js";
import { SEATS_MIN } from "../publication/governance.js";
import { Submissions } from "../publication/submissions.service.js";
import { Database, rows, type Tx } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { Passkeys, type Challenge } from "./passkeys.service.js";
import { Seats } from "./seats.service.js";
import { Signatures } from "./signatures.service.js";
import type { PasskeyAssertion } from "./software-passkey.js";
import { publicAssertion, statementText, type GenesisStatement } from "./statement.js";

export interface SeatSigned {
  readonly treasurerId: string;
  readonly name: string;
  readonly signed: boolean;
}

/** Opening a fund: every seat signs the same charter and the same roster. A seat that joins later makes all sign again. */
@Injectable()
export class Genesis {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly seats: Seats,
    private readonly passkeys: Passkeys,
    private readonly signatures: Signatures,
    private readonly submissions: Submissions,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  async statementFor(fund: Fund, treasurerId: string): Promise<Challenge & { statement: string }> {
    return this.database.atomically(async (tx) => {
      if (fund.state !== "founding") throw new Refusal("fund-is-open");
      if ((await this.seats.all(tx, fund.fundId)).length < SEATS_MIN) throw new Refusal("needs-three");
      const statement: GenesisStatement = {
        v: 1,
        purpose: "genesis",
        fund: fund.fundId,
        ...(await this.hashes(tx, fund)),
        nonce: newToken(),
      };
      const text = statementText(statement);
      return {
        ...(await this.passkeys.issue(tx, fund, "genesis", { treasurerId, text, subject: { statement: text } })),
        statement: text,
      };
    });
  }

  /** Records a signature; the last one opens the fund. Returns whether it is open now. */
  async sign(tx: Tx, fund: Fund, treasurerId: string, challengeId: string, response: unknown): Promise<boolean> {
    const { state } = await this.lockedFund(tx, fund);
    if (state !== "founding") throw new Refusal("fund-is-open");
    const { text } = await this.signatures.keep(tx, fund, "genesis", { treasurerId, challengeId, response });
    const said = JSON.parse(text) as GenesisStatement;
    const now = await this.hashes(tx, fund);
    if (said.charter !== now.charter || said.roster !== now.roster) throw new Refusal("statement-out-of-date");
    const day = dayIn(fund.charter.timeZone, this.clock.now());
    const seats = await this.progress(tx, fund);
    if (seats.length < SEATS_MIN || seats.some((seat) => !seat.signed)) return false;
    const roster = await this.seats.roster(tx, fund.fundId, fund.charter.quorum, this.address.origin);
    await this.seats.writeRoster(tx, fund.fundId, roster, day);
    await this.tellTheLog(tx, fund, roster);
    await this.funds.setState(tx, fund.fundId, "open");
    return true;
  }

  /** The fund and its roster go into the public log, with every seat's signature: whoever seals something to the treasurers finds their keys there. */
  private async tellTheLog(tx: Tx, fund: Fund, roster: { json: Roster; hash: Buffer }): Promise<void> {
    const now = { charter: toHex(charterHash(fund.charter)), roster: toHex(roster.hash) };
    const signatures = (await this.signed(tx, fund, now)).map(({ treasurer_id: treasurer, statement, assertion }) => ({
      treasurer,
      statement,
      assertion: publicAssertion(assertion),
    }));
    const { fundId, slug, practice, template, currency } = fund;
    await this.submissions.submit(tx, fundId, newId(), {
      v: 1,
      kind: "genesis",
      fund: fundId,
      slug,
      practice,
      template,
      currency,
      ...now,
      signatures,
    });
    await this.submissions.submit(tx, fundId, newId(), { v: 1, kind: "roster", version: 1, roster: roster.json });
  }

  /** The signatures that fit what stands now, one for each seat. */
  private async signed(
    tx: Tx,
    fund: Fund,
    now: { charter: string; roster: string },
  ): Promise<{ treasurer_id: string; statement: string; assertion: PasskeyAssertion }[]> {
    return rows(
      tx,
      `select distinct on (treasurer_id) treasurer_id, statement, assertion from signed_statement
       where fund_id = $1 and purpose = 'genesis' and statement::jsonb ->> 'charter' = $2 and statement::jsonb ->> 'roster' = $3 order by treasurer_id, statement_id`,
      [fund.fundId, now.charter, now.roster],
    );
  }

  /** Who has signed what stands now. */
  async progress(tx: Tx, fund: Fund): Promise<SeatSigned[]> {
    const signed = await this.signed(tx, fund, await this.hashes(tx, fund));
    return (await this.seats.all(tx, fund.fundId)).map(({ treasurerId, name }) => ({
      treasurerId,
      name,
      signed: signed.some((s) => s.treasurer_id === treasurerId),
    }));
  }

  private async hashes(tx: Tx, fund: Fund): Promise<{ charter: string; roster: string }> {
    const roster = await this.seats.roster(tx, fund.fundId, fund.charter.quorum, this.address.origin);
    return { charter: toHex(charterHash(fund.charter)), roster: toHex(roster.hash) };
  }

  /** Two last signatures at once: one waits for the other. */
  private async lockedFund(tx: Tx, fund: Fund): Promise<{ state: string }> {
    await tx.query("select pg_advisory_xact_lock(hashtextextended($1, 1))", [fund.fundId]);
    const [found] = await rows<{ state: string }>(tx, "select state from fund where fund_id = $1", [fund.fundId]);
    return found ?? { state: "closed" };
  }
}
