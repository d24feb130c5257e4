import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { createChallenge, randomInt, verifySolution, type Challenge, type Payload } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { Clock } from "../../kernel/clock.js";
import { fromBase64Url, randomBytes, toBase64Url, toHex } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusal.js";
import { changed, Database, row } from "../database/database.js";

/** A challenge, and a ticket, is good for so long. */
export const GOOD_SECONDS = 600;
/** A ticket is good only after so long: the wait is what it costs. */
export const RIPE_SECONDS = 30;
/** Iterations of one derivation (PBKDF2): what a phone does in hardware too, so that a graphics card gains less. */
const COST = 1000;
const PAYLOAD_CHARACTERS_MAX = 2000;

/** What a proof or a ticket is for: not another fund's, and not another form's. */
export interface Purpose {
  readonly fundId: string;
  readonly form: "give" | "ask";
}

/** A proof or a ticket that is genuine; whether it was used before is known when it is spent. */
export interface Mark {
  readonly hash: Buffer;
  readonly expiresAt: Date;
}

export interface Ticket extends Mark {
  /** 0 when its time has come. */
  readonly ripeInSeconds: number;
}

/** More work is asked for; the challenge says how much. */
export class ProofNeeded extends Refusal {
  constructor(readonly challenge: Challenge) {
    super("proof-needed");
  }
}

/**
 * Proofs of work (ALTCHA), and tickets for people without script, who pay with waiting instead. Both are signed with a key that all web processes share through the
 * database, hold for ten minutes, and can be spent once, whichever process sees them.
 */
@Injectable()
export class ProofOfWork {
  private kept: Promise<Buffer> | null = null;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The right answer lies between half of `rounds` and all of them, so that nobody is unlucky for long. Costs us one derivation. */
  async challenge(purpose: Purpose, rounds: number): Promise<Challenge> {
    return createChallenge({
      algorithm: "PBKDF2/SHA-256",
      cost: COST,
      counter: randomInt(rounds, (rounds - (rounds % 2)) / 2),
      deriveKey,
      expiresAt: new Date(this.clock.now().getTime() + GOOD_SECONDS * 1000),
      data: { fund: purpose.fundId, form: purpose.form, rounds },
      hmacSignatureSecret: await this.secret("challenge"),
      hmacKeySignatureSecret: await this.secret("solution"),
    });
  }

  /** ALTCHA's payload: base64 of `{challenge, solution}`. Null for whatever is malformed, forged, wrong, over, or for another fund or form. */
  async read(purpose: Purpose, text: string): Promise<Mark | null> {
    const payload = payloadIn(text);
    if (payload === null) return null;
    const { challenge, solution } = payload;
    const { data, expiresAt, nonce } = challenge.parameters;
    const now = this.clock.now();
    if (typeof expiresAt !== "number" || expiresAt * 1000 <= now.getTime()) return null;
    if (data?.["fund"] !== purpose.fundId || data["form"] !== purpose.form) return null;
    const { verified } = await verifySolution({
      challenge,
      solution,
      deriveKey,
      hmacSignatureSecret: await this.secret("challenge"),
      hmacKeySignatureSecret: await this.secret("solution"),
    });
    return verified ? { hash: hashOf(`proof ${nonce}`), expiresAt: new Date(expiresAt * 1000) } : null;
  }

  async ticket(purpose: Purpose): Promise<string> {
    const body = `${toBase64Url(randomBytes(16))}.${seconds(this.clock.now()) + RIPE_SECONDS}`;
    return `${body}.${await this.sealOf(purpose, body)}`;
  }

  /** Null for a ticket that is malformed, forged, over, or for another fund or form. */
  async readTicket(purpose: Purpose, text: string): Promise<Ticket | null> {
    const found = /^([\w-]{22}\.(\d{10}))\.([\w-]{43})$/.exec(text);
    if (!found) return null;
    const [, body = "", from = "", seal = ""] = found;
    if (!sameBytes(fromBase64Url(seal), fromBase64Url(await this.sealOf(purpose, body)))) return null;
    const [now, ripeAt] = [seconds(this.clock.now()), Number(from)];
    const until = ripeAt - RIPE_SECONDS + GOOD_SECONDS;
    if (until <= now) return null;
    return {
      hash: hashOf(`ticket ${body}`),
      expiresAt: new Date(until * 1000),
      ripeInSeconds: ripeAt > now ? ripeAt - now : 0,
    };
  }

  /** Uses a mark for what `usedFor` names. False when it was used for something else before: the database decides, however many ask at once. */
  async spend(fundId: string, mark: Mark, usedFor: string): Promise<boolean> {
    await this.database.read.query("delete from spent_mark where expires_at < $1", [this.clock.now()]);
    const spent = await changed(
      this.database.read,
      `insert into spent_mark as s (fund_id, mark, used_for, expires_at) values ($1, $2, $3, $4)
       on conflict (fund_id, mark) do update set used_for = s.used_for where s.used_for = excluded.used_for returning fund_id`,
      [fundId, mark.hash, hashOf(usedFor), mark.expiresAt],
    );
    return spent.length > 0;
  }

  private async sealOf(purpose: Purpose, body: string): Promise<string> {
    const key = await this.secret("ticket");
    return toBase64Url(createHmac("sha256", key).update(`${purpose.fundId} ${purpose.form} ${body}`).digest());
  }

  private async secret(what: "challenge" | "solution" | "ticket"): Promise<string> {
    return toHex(
      createHmac("sha256", await this.key())
        .update(what)
        .digest(),
    );
  }

  /** Asked of the database once; a failure is not remembered. */
  private key(): Promise<Buffer> {
    this.kept ??= this.sharedKey().catch((error: unknown) => {
      this.kept = null;
      throw error;
    });
    return this.kept;
  }

  private async sharedKey(): Promise<Buffer> {
    await this.database.read.query("insert into abuse_key (one, key) values (true, $1) on conflict do nothing", [
      Buffer.from(randomBytes(32)),
    ]);
    const found = await row<{ key: Buffer }>(this.database.read, "select key from abuse_key");
    if (found === null) throw new Refusal("busy");
    return found.key;
  }
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The shape that the library relies on; whether it is genuine, the signature says. */
function payloadIn(text: string): Payload | null {
  if (text.length > PAYLOAD_CHARACTERS_MAX || !/^[\w+/=-]+$/.test(text)) return null;
  try {
    const given = JSON.parse(Buffer.from(text, "base64").toString("utf8")) as Partial<Payload> | null;
    const parameters = given?.challenge?.parameters as unknown;
    const isWhole =
      typeof parameters === "object" && parameters !== null && typeof given?.challenge?.signature === "string" &&
      typeof given.solution === "object"; // prettier-ignore
    return isWhole ? (given as Payload) : null;
  } catch {
    return null;
  }
}
