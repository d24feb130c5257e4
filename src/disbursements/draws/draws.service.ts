import { Injectable } from "@nestjs/common";
import { addDays, Clock, dayIn, mondayOf, type Day } from "../../kernel/clock.js";
import { fromHex, newId, randomBytes } from "../../kernel/ids.js";
import { invariant } from "../../kernel/invariant.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database, row, rows, sqlState, type Tx } from "../../platform/database/database.js";
import { drawnOrder, listHash, markOf, secretHash, TICKETS_MAX } from "../../publication/draw.js";
import { Submissions } from "../../publication/submissions.service.js";
import { Line } from "../../requests/line.service.js";
import { Passkeys, type SignedOpening } from "../../treasurers/passkeys.service.js";

/** Whoever put in a secret and opens it never, ends the draw by that after so many days, in public. */
const VOID_AFTER_DAYS = 7;
/** What a challenge for one's own secret is about. */
const SUBJECT = { draw: true };

export interface DrawSecret {
  readonly treasurerId: string;
  /** Hex. */
  readonly hash: string;
  readonly isOpen: boolean;
}

export interface Draw {
  readonly drawId: string;
  readonly day: Day;
  readonly state: "opened" | "announced" | "drawn" | "void";
  readonly tickets: number;
  /** Of the result. */
  readonly drawnDay: Day | null;
  /** The announcement stands in the published log: the secrets may be opened. */
  readonly isPublic: boolean;
  readonly secrets: readonly DrawSecret[];
}

interface DrawRow extends Omit<Draw, "secrets" | "tickets"> {
  readonly week: Day;
  readonly marks: string[] | null;
}

const DRAW = `select draw_id as "drawId", week::text as week, day::text as day, state, marks, drawn_day::text as "drawnDay", draw_is_public(fund_id, draw_id) as "isPublic" from draw where fund_id = $1`;

/**
 * The lottery. Two treasurers' devices put in a secret each; with the second, tickets are made for everybody who waits, and the log announces the list and the secrets as hashes. When that is public, the
 * secrets are opened, and the order follows from both and from the list: nobody alone, nor the server, could choose it. One draw a week.
 */
@Injectable()
export class Draws {
  constructor(
    private readonly database: Database,
    private readonly line: Line,
    private readonly submissions: Submissions,
    private readonly passkeys: Passkeys,
    private readonly clock: Clock,
  ) {}

  /** The last ones, newest first. */
  async latest(tx: Tx, fund: Fund): Promise<Draw[]> {
    const found = await rows<DrawRow>(tx, `${DRAW} order by week desc, state = 'void' limit 5`, [fund.fundId]);
    return Promise.all(
      found.map(async ({ marks, ...draw }) => ({
        ...draw,
        tickets: marks?.length ?? 0,
        secrets: await this.secretsOf(tx, fund.fundId, draw.drawId),
      })),
    );
  }

  /**
   * Puts in a secret, as a hash: the first opens the week's draw, the second fixes the tickets and announces it. Refuses `drawn-this-week`, `already-approved` for one's second, `too-few-tickets` while
   * fewer wait than may be told apart in public, `wrong-state` where the line is in another order.
   */
  async putIn(tx: Tx, fund: Fund, treasurerId: string, secret: { hash: string; sealed: string }): Promise<void> {
    if (fund.charter.rule !== "lottery" || fund.state !== "open") throw new Refusal("wrong-state");
    const today = this.today(fund);
    await tx.query("update draw set state = 'void' where fund_id = $1 and state in ('opened', 'announced') and day <= $2", [
      fund.fundId, addDays(today, -VOID_AFTER_DAYS),
    ]); // prettier-ignore
    if ((await this.line.waiting(tx, fund)).length < fund.charter.publication.k) throw new Refusal("too-few-tickets");
    const opened = await row<DrawRow>(tx, `${DRAW} and state = 'opened' for update`, [fund.fundId]);
    const drawId = opened?.drawId ?? (await this.begin(tx, fund, today));
    try {
      await tx.query(
        "insert into draw_secret (fund_id, draw_id, treasurer_id, hash, sealed) values ($1, $2, $3, decode($4, 'hex'), $5)",
        [fund.fundId, drawId, treasurerId, secret.hash, secret.sealed],
      );
    } catch (error) {
      if (sqlState(error) === "23505") throw new Refusal("already-approved");
      throw error;
    }
    if (opened !== null) await this.announce(tx, fund, drawId);
  }

  challenge(fund: Fund, treasurerId: string): Promise<{ challengeId: string; challenge: string }> {
    return this.database.atomically((tx) => this.passkeys.issue(tx, fund, "open", { treasurerId, subject: SUBJECT }));
  }

  /** One's own sealed secret, after a fresh signature. Refuses `passkey`, `not-yours`, `wrong-state`. */
  async mine(tx: Tx, fund: Fund, treasurerId: string, signed: SignedOpening): Promise<{ sealed: string }> {
    await this.passkeys.openedBy(tx, fund, treasurerId, SUBJECT, signed);
    const found = await row<{ sealed: string }>(
      tx,
      "select sealed from draw_secret join draw using (fund_id, draw_id) where fund_id = $1 and state = 'announced' and treasurer_id = $2",
      [fund.fundId, treasurerId],
    );
    if (found === null) throw new Refusal("wrong-state");
    return found;
  }

  /** Opens one's own secret; with the second, it is drawn. Refuses `wrong-state` before the announcement is public, and `invalid` for another secret than the one that was put in. */
  async open(tx: Tx, fund: Fund, treasurerId: string, secret: string): Promise<{ drawn: boolean }> {
    const draw = await row<DrawRow>(tx, `${DRAW} and state = 'announced' for update`, [fund.fundId]);
    if (draw?.isPublic !== true) throw new Refusal("wrong-state");
    const secrets = await this.secretsOf(tx, fund.fundId, draw.drawId);
    const mine = secrets.find((one) => one.treasurerId === treasurerId);
    if (mine === undefined || mine.isOpen) throw new Refusal("wrong-state");
    if (secretHash(fromHex(secret)) !== mine.hash) throw new Refusal("invalid", { field: "secret" });
    await tx.query(
      "update draw_secret set secret = decode($4, 'hex') where fund_id = $1 and draw_id = $2 and treasurer_id = $3",
      [fund.fundId, draw.drawId, treasurerId, secret],
    );
    const isLast = secrets.every((one) => one.isOpen || one.treasurerId === treasurerId);
    if (isLast) await this.draw(tx, fund, draw);
    return { drawn: isLast };
  }

  private async begin(tx: Tx, fund: Fund, today: Day): Promise<string> {
    const drawId = newId();
    try {
      await tx.query("insert into draw (fund_id, draw_id, week, day, state) values ($1, $2, $3, $4, 'opened')", [
        fund.fundId,
        drawId,
        mondayOf(today),
        today,
      ]);
    } catch (error) {
      if (sqlState(error) === "23505") throw new Refusal("drawn-this-week");
      throw error;
    }
    return drawId;
  }

  /** A ticket for each that waits, first come first where there are too many; what is public of them says nothing of whose they are. */
  private async announce(tx: Tx, fund: Fund, drawId: string): Promise<void> {
    const waiting = (await this.line.waiting(tx, fund)).slice(0, TICKETS_MAX);
    const tickets = waiting.map(({ requestId }) => ({ requestId, mark: markOf(randomBytes(16)) }));
    const marks = tickets.map(({ mark }) => mark).sort();
    await tx.query(
      "insert into ticket (fund_id, draw_id, request_id, mark) select $1, $2, t.request, t.mark from unnest($3::uuid[], $4::text[]) t (request, mark)",
      [fund.fundId, drawId, tickets.map((t) => t.requestId), tickets.map((t) => t.mark)],
    );
    await tx.query(
      "update draw set state = 'announced', day = $5, marks = $3, list_hash = decode($4, 'hex') where fund_id = $1 and draw_id = $2",
      [fund.fundId, drawId, marks, listHash(marks), this.today(fund)],
    );
    const secrets = (await this.secretsOf(tx, fund.fundId, drawId)).map(({ treasurerId, hash }) => ({ treasurer: treasurerId, hash })); // prettier-ignore
    const entry = { v: 1 as const, kind: "draw" as const, draw: drawId, tickets: marks.length, list: listHash(marks), secrets }; // prettier-ignore
    await this.submissions.submit(tx, fund.fundId, drawId, entry);
  }

  private async draw(tx: Tx, fund: Fund, { drawId, marks }: DrawRow): Promise<void> {
    invariant(marks !== null, "what is announced has its list");
    const opened = await rows<{ secret: string }>(
      tx,
      "select encode(secret, 'hex') as secret from draw_secret where fund_id = $1 and draw_id = $2 order by treasurer_id",
      [fund.fundId, drawId],
    );
    const secrets = opened.map(({ secret }) => secret);
    await tx.query(
      "update ticket t set place = o.place from unnest($3::text[]) with ordinality as o (mark, place) where t.fund_id = $1 and t.draw_id = $2 and t.mark = o.mark",
      [fund.fundId, drawId, drawnOrder(marks, secrets)],
    );
    const resultId = newId();
    await tx.query(
      "update draw set state = 'drawn', drawn_day = $3, result_id = $4 where fund_id = $1 and draw_id = $2",
      [fund.fundId, drawId, this.today(fund), resultId],
    );
    const entry = { v: 1 as const, kind: "drawn" as const, draw: drawId, secrets, tickets: marks };
    await this.submissions.submit(tx, fund.fundId, resultId, entry);
  }

  private secretsOf(tx: Tx, fundId: string, drawId: string): Promise<DrawSecret[]> {
    return rows<DrawSecret>(
      tx,
      `select treasurer_id as "treasurerId", encode(hash, 'hex') as hash, secret is not null as "isOpen" from draw_secret where fund_id = $1 and draw_id = $2 order by treasurer_id`,
      [fundId, drawId],
    );
  }

  private today(fund: Fund): Day {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }
}
