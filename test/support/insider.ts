import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { practiceTreasurer, type PracticeTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { signWithSoftwarePasskey } from "../../src/treasurers/software-passkey.js";
import { secretHash } from "../../src/publication/draw.js";
import { seal } from "../../src/requests/sealing.js";
import type { Commonpot } from "./commonpot.js";

/** The same numbers for the same seed (mulberry32), so that a walk can be walked again. */
export class Dice {
  constructor(private state: number) {}
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  of<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }
  chance(share: number): boolean {
    return this.next() < share;
  }
}

/** Every id that somebody with a seat can come by. */
export type Pool = Readonly<Record<"disbursement" | "request" | "decision" | "entry" | "treasurer" | "donation" | "seq" | "deposit" | "flood" | "alarm" | "suspension" | "candidate" | "holding" | "message", readonly string[]>>; // prettier-ignore

const POOL: Readonly<Record<keyof Pool, string>> = {
  disbursement: "select disbursement_id::text as x from disbursement where fund_id = $1 order by state = 'proposed' desc limit 40",
  request: "select request_id::text as x from aid_request where fund_id = $1 limit 40",
  decision: "select decision_id::text as x from joint_decision where fund_id = $1 order by state = 'open' desc limit 40",
  entry: "select entry_id::text as x from hand_entry where fund_id = $1 order by state = 'waiting' desc limit 40",
  treasurer: "select treasurer_id::text as x from treasurer where fund_id = $1",
  donation: "select donation_id::text as x from donation where fund_id = $1 limit 20",
  seq: "select seq::text as x from transaction where fund_id = $1 order by seq desc limit 30",
  deposit: "select deposit_id::text as x from deposit where fund_id = $1 limit 20",
  flood: "select flood_id::text as x from flood where fund_id = $1 limit 5",
  alarm: "select alarm_id::text as x from alarm where fund_id = $1 limit 20",
  suspension: "select suspension_id::text as x from suspension where fund_id = $1 limit 5",
  candidate: "select candidate_id::text as x from candidate where fund_id = $1 limit 5",
  holding: "select code as x from account where fund_id = $1 and code like 'assets:%'",
  message: "select message_id::text as x from request_message where fund_id = $1 limit 20",
}; // prettier-ignore

export interface Insider {
  readonly name: string;
  readonly desk: PersonAtDesk;
}

interface Given {
  readonly challengeId: string;
  readonly challenge: string;
}

const DOING = ["approve", "decide", "confirm an entry", "take", "send"];
const SECRET = new Uint8Array(32).fill(9);
const RULES = { rule: "first-come", capPerRequest: "500", envelopePerWeek: "2500", releases: "1", leastPart: "", monthlyGoal: "", quorum: "2", retentionDays: "30", nextMeeting: "", words: "on" }; // prettier-ignore

/**
 * Treasurers who do anything that a route lets them, in any order, with any id, and with signatures that are theirs, somebody else's from before, or over something else than what they are shown for. Each step is one
 * act; whatever is refused is refused, and what the walk must never reach is for the test to say.
 */
export class Walk {
  private pool: Pool = Object.fromEntries(Object.keys(POOL).map((name) => [name, []])) as unknown as Pool;
  private readonly passkeys = new Map<string, PracticeTreasurer>();
  /** Challenges that were handed out and not used, and signatures that were seen. */
  private readonly given: Given[] = [];
  private readonly seen: object[] = [];
  private sealed = "";
  /** How often each act went through. */
  readonly done = new Map<string, number>();

  constructor(
    private readonly pot: Commonpot,
    private readonly fund: Fund,
    private readonly insiders: readonly Insider[],
    private readonly dice: Dice,
    /** How often something in it is not what the page would send. */
    private readonly malice: number,
  ) {}

  /** What others signed before, as somebody at the server would have overheard it. */
  overhear(responses: readonly object[]): void {
    this.seen.push(...responses);
  }

  async step(number: number): Promise<void> {
    if (number % 10 === 0) await this.look();
    const who = this.dice.of(this.insiders)!;
    const acts = Object.entries(this.acts(who));
    // What ends in something being done is tried more often than its share.
    const [name, act] = this.dice.of(this.dice.chance(0.4) ? acts.filter(([one]) => DOING.includes(one)) : acts)!;
    try {
      await act();
      this.done.set(name, (this.done.get(name) ?? 0) + 1);
    } catch (error) {
      if (!/: (4\d\d|503) /.test((error as Error).message)) throw error;
    }
  }

  private async look(): Promise<void> {
    const owner = await this.pot.db.as("owner");
    for (const [name, sql] of Object.entries(POOL))
      (this.pool as unknown as Record<string, string[]>)[name] = (await owner.query<{ x: string }>(sql, [this.fund.fundId])).rows.map((r) => r.x); // prettier-ignore
  }

  private id(kind: keyof Pool): string {
    // Now and then something of another kind.
    const from = this.dice.chance(this.malice / 4) ? this.dice.of(Object.keys(POOL) as (keyof Pool)[])! : kind;
    return this.dice.of(this.pool[from]) ?? "00000000-0000-4000-8000-000000000000";
  }

  private amount(): string {
    return String(this.dice.of([1, 5, 20, 100, 999, 100_000])!);
  }

  private some(kind: keyof Pool): string[] {
    return [...new Set(Array.from({ length: 1 + this.dice.below(4) }, () => this.id(kind)))];
  }

  private day(): string {
    return new Date(Date.now() + this.dice.below(5) * 86_400_000).toISOString().slice(0, 10);
  }

  private async passkeyOf(name: string): Promise<PracticeTreasurer> {
    const known = this.passkeys.get(name) ?? (await practiceTreasurer(name));
    this.passkeys.set(name, known);
    return known;
  }

  /** Gets a challenge with one route and shows a signature to another: honestly, or with whatever else is at hand. */
  private async signed(who: Insider, begin: string, body: object, end: string, more: object = {}): Promise<unknown> {
    const fresh = await who.desk.post<Given>(begin, body);
    this.given.push(fresh);
    const wrong = (): boolean => this.dice.chance(this.malice);
    const shown = wrong() ? this.dice.of(this.given)! : fresh;
    const over = wrong() ? this.dice.of(this.given)! : shown;
    const response =
      wrong() && this.seen.length > 0
        ? this.dice.of(this.seen)!
        : await signWithSoftwarePasskey((await this.passkeyOf(who.name)).passkey, over.challenge, this.pot.origin);
    this.seen.push(response);
    return who.desk.post(end, { challengeId: shown.challengeId, response, ...more });
  }

  private async form(who: Insider, page: string, fields: Record<string, string>): Promise<void> {
    const { status } = await who.desk.send(`desk/${page}`, { key: newToken(), ...fields });
    if (status >= 400) throw new Error(`${page}: ${status} refused`);
  }

  /** Every act that has a route at the desk. */
  private acts(who: Insider): Readonly<Record<string, () => Promise<unknown>>> {
    return { ...this.signatures(who), ...this.money(who), ...this.people(who), ...this.governing(who) };
  }

  private signatures(who: Insider): Record<string, () => Promise<unknown>> {
    const [disbursement, request] = [this.id("disbursement"), this.id("request")];
    return {
      approve: () => this.signed(who, "approval-statements", { disbursements: this.some("disbursement") }, "approvals"),
      decide: () => this.signed(who, "decision-statements", { decision: this.id("decision") }, "decision-signatures"),
      genesis: () => this.signed(who, "genesis-statements", {}, "genesis-signatures"),
      open: () => this.signed(who, "opening-challenges", { disbursement }, "openings", { disbursement: this.dice.chance(this.malice) ? this.id("disbursement") : disbursement }),
      "read messages": () => this.signed(who, "message-opening-challenges", { request }, "message-openings", { request }),
      "open locks": () => this.signed(who, "relocking-challenges", {}, "relocking-openings"),
      "open a draw": () => this.signed(who, "draws/challenges", {}, "draws/mine"),
    }; // prettier-ignore
  }

  private money(who: Insider): Record<string, () => Promise<unknown>> {
    const disbursement = this.id("disbursement");
    const holding = this.id("holding");
    const number = Number(this.amount()) * 100;
    return {
      take: () => who.desk.post("payouts", { disbursement }),
      "pass on": () => who.desk.post("payouts/passed-on", { disbursement }),
      send: () => who.desk.post("payouts/sent", { disbursement, rail: "cash", holding }),
      evidence: () => who.desk.get(`payouts/${disbursement}/evidence`),
      "enter by hand": () => who.desk.post("hand-entries", { what: this.dice.of(["gift", "refund", "dues", "levy", "fee", "opening", "moved", "unknown", "clear-gift", "clear-aid", "clear-fee", "bail-returned", "bail-forfeited"]), amount: number, holding, to: this.id("holding"), deposit: this.id("deposit") }),
      "confirm an entry": () => who.desk.post(`hand-entries/${this.id("entry")}/confirmations`, {}),
      "take an entry back": () => who.desk.post(`hand-entries/${this.id("entry")}/withdrawal`, {}),
      "undo an entry": () => who.desk.post("reversals", { seq: Number(this.id("seq")) || 1, reason: "wrong-amount" }),
      count: () => who.desk.post("holding-counts", { holding, amount: number }),
      "open a holding": () => who.desk.post("holdings", { rail: "cash", label: `tin-${this.dice.below(5)}`, keeper: this.id("treasurer") }),
      refund: () => this.form(who, "gifts", { act: "refund", donation: this.id("donation"), amount: this.amount() }),
      "end monthly gifts": () => this.form(who, "gifts", { act: this.dice.of(["end-monthly", "take-again"])! }),
      "memo of a sponsor": () => this.form(who, "holdings", { act: "note", what: this.dice.of(["sponsor-asked", "sponsor-held", "sponsor-freed"])!, amount: this.amount() }),
      "card gifts again": () => this.form(who, "card-gifts", {}),
    }; // prettier-ignore
  }

  private people(who: Insider): Record<string, () => Promise<unknown>> {
    const request = this.id("request");
    return {
      answer: async () => who.desk.post("messages", { request, sealed: await this.file() }),
      "nothing to say": () => who.desk.post("messages/seen", { request }),
      relock: async () => who.desk.post("relockings", { wrong: [{ thing: "details", id: request }], good: [{ thing: "message", id: this.id("message") }], locked: [{ thing: "details", id: request, header: "x" }] }),
      "rest asking": () => this.form(who, "line", { act: this.dice.of(["pause", "reopen"])!, until: this.day() }),
      noise: () => this.form(who, "line", { act: this.dice.of(["noise", "bring-back"])!, flood: this.id("flood") }),
      "out of turn": () => this.form(who, "turn", { act: "ask", request }),
      "another code": () => this.form(who, "words", { act: this.dice.of(["ask", "make"])!, request, decision: this.id("decision") }),
      "legal hold": () => this.form(who, "erasure", { request, hold: "yes" }),
      alarm: () => this.form(who, "alarms", { alarm: this.id("alarm") }),
      notices: () => this.form(who, "notices", { address: "someone@example.org" }),
    }; // prettier-ignore
  }

  private governing(who: Insider): Record<string, () => Promise<unknown>> {
    return {
      charter: () => this.form(who, "rules", { act: "charter", ...RULES, quorum: this.dice.of(["1", "2", "3"])!, capPerRequest: this.amount(), envelopePerWeek: "9999", rule: this.dice.of(["first-come", "deadline-first", "lottery"])! }),
      roster: () => this.form(who, "rules", { act: "roster", add: this.id("candidate"), remove: this.id("treasurer") }),
      invite: () => this.form(who, "rules", { act: "invite" }),
      suspend: () => (this.dice.chance(0.05) ? this.form(who, "rules", { act: "suspend", treasurer: this.id("treasurer") }) : Promise.reject(new Error("rules: 409 seldom"))),
      lift: () => this.form(who, "rules", { act: "lift", suspension: this.id("suspension") }),
      stop: () => this.form(who, "rules", { act: "stop" }),
      "take a question back": () => this.form(who, "decisions", { decision: this.id("decision") }),
      "put a secret in": async () => who.desk.post("draws/secrets", { hash: secretHash(SECRET), sealed: await this.file() }),
      "open a secret": () => who.desk.post("draws/openings", { secret: "09".repeat(32) }),
    }; // prettier-ignore
  }

  private async file(): Promise<string> {
    this.sealed ||= await seal("x", [(await this.passkeyOf(this.insiders[0]!.name)).recipient]);
    return this.sealed;
  }
}
