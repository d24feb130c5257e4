import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { IsNull } from "typeorm";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Clock } from "../kernel/clock.js";
import { newToken } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import type { Fund } from "../funds/funds.service.js";
import { changed, Database, type Tx } from "../platform/database/database.js";
import { PublicAddress } from "../platform/http/address.js";
import { requireSameOrigin } from "../platform/http/same-origin.js";
import { TreasurerRow } from "./treasurer.entity.js";

export const IDLE_MINUTES = 15;
export const SESSION_HOURS_MAX = 12;
export const COOKIE = "__Host-sid";
/** A session is touched once a minute at most: reading a page is not a write. */
const TOUCH_SECONDS = 60;

const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Who sits at the desk. A cookie of 256 random bits, hashed at rest; it reads, and it never approves anything. */
@Injectable()
export class Sessions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly address: PublicAddress,
  ) {}

  async begin(tx: Tx, fund: Fund, treasurerId: string, reply: FastifyReply): Promise<void> {
    const token = newToken();
    const now = this.clock.now();
    await tx.query(
      "insert into session (token_hash, fund_id, treasurer_id, began_at, seen_at) values ($1, $2, $3, $4, $4)",
      [hashOf(token), fund.fundId, treasurerId, now],
    );
    void reply.setCookie(COOKIE, token, { path: "/", secure: true, httpOnly: true, sameSite: "strict" });
  }

  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = request.cookies[COOKIE];
    if (token !== undefined)
      await this.database.read.query("delete from session where token_hash = $1", [hashOf(token)]);
    void reply
      .clearCookie(COOKIE, { path: "/", secure: true, httpOnly: true, sameSite: "strict" })
      .header("clear-site-data", '"cache", "storage"');
  }

  /** Takes away what is over: challenges after their minutes, sessions after their hours. */
  async sweep(tx: Tx, fundId: string): Promise<void> {
    const now = this.clock.now();
    await tx.query("delete from challenge where fund_id = $1 and expires_at < $2", [fundId, now]);
    await tx.query("delete from session where fund_id = $1 and (seen_at < $2 or began_at < $3)", [
      fundId,
      new Date(now.getTime() - IDLE_MINUTES * 60_000),
      new Date(now.getTime() - SESSION_HOURS_MAX * 3_600_000),
    ]);
  }

  /** The treasurer of this fund who asks, or null. A session of another fund is none. */
  async treasurer(fund: Fund, request: FastifyRequest): Promise<TreasurerRow | null> {
    const token = request.cookies[COOKIE];
    if (token === undefined || token.length !== 43) return null;
    const now = this.clock.now();
    const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
    const [live] = await changed<{ treasurer_id: string }>(
      this.database.read,
      `with live as (select treasurer_id, token_hash, seen_at from session where token_hash = $1 and fund_id = $2 and seen_at > $3 and began_at > $4),
            touched as (update session s set seen_at = $5 from live where s.token_hash = live.token_hash and live.seen_at < $6)
       select treasurer_id from live`,
      [
        hashOf(token),
        fund.fundId,
        ago(IDLE_MINUTES),
        ago(SESSION_HOURS_MAX * 60),
        now,
        new Date(now.getTime() - TOUCH_SECONDS * 1000),
      ],
    );
    return live
      ? this.database.read.findOneBy(TreasurerRow, {
          fundId: fund.fundId,
          treasurerId: live.treasurer_id,
          leftDay: IsNull(),
        })
      : null;
  }

  /** For every write at the desk: a session of this fund, from our own pages. Refuses `elsewhere` and `sign-in`. */
  async require(fund: Fund, request: FastifyRequest): Promise<TreasurerRow> {
    requireSameOrigin(request, this.address.origin);
    const treasurer = await this.treasurer(fund, request);
    if (treasurer === null) throw new Refusal("sign-in");
    return treasurer;
  }
}
