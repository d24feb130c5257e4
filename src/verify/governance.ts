import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { toHex } from "../kernel/ids.js";
import type {
  ApprovalEntry, ChangeEntry, CharterEntry, GenesisEntry, RosterEntry, Signed,
} from "../publication/entry.js"; // prettier-ignore
import { nextRoster, SEATS_MIN, seatsFit, type CharterSubject, type RosterSubject } from "../publication/governance.js";
import type { ApprovalStatement, DecisionStatement } from "../treasurers/statement.js";
import { Assertions } from "./assertion.js";
import { Changes } from "./changes.js";
import { alarm, note, type Finding } from "./finding.js";
import { parsed } from "./signed-text.js";

const utf8 = new TextEncoder();
const hashOf = (text: string): string => toHex(sha256(utf8.encode(text)));

/** A treasurer's yes to a list, and the rules that it was given under. */
interface Approved {
  readonly treasurer: string;
  readonly commitments: ReadonlySet<string>;
  readonly rules: string;
  readonly quorum: number;
}

/** The fund's own rules, as far as the log has told them: who may sign, how many must, and whether they did. Nothing else is believed. */
export class Governance {
  charter: CharterEntry | null = null;
  private genesis: { entry: GenesisEntry; index: number } | null = null;
  private roster: RosterEntry | null = null;
  /** By the approval's index: the treasurer, and the commitments that were signed. Null where it is sealed, or does not hold. */
  private readonly approvals = new Map<number, Approved | null>();
  /** Every version that was in force, and which stood together. */
  private readonly rules = {
    charters: new Map<number, CharterEntry>(),
    rosters: new Map<number, RosterEntry>(),
    pairs: new Set<string>(),
  };
  private readonly changes = new Changes();
  /** Waiting times begin after the first payout. */
  hasPaid = false;
  private readonly nonces = new Set<string>();
  private readonly assertions = new Assertions();
  sealed = 0;

  get isOpen(): boolean {
    return this.genesis !== null && this.roster !== null;
  }

  get isPractice(): boolean {
    return this.genesis?.entry.practice ?? false;
  }

  began(entry: GenesisEntry, index: number): Finding[] {
    if (this.genesis !== null) return [alarm("genesis-twice", { index })];
    this.genesis = { entry, index };
    return [];
  }

  chartered(entry: CharterEntry, index: number): Finding[] {
    if (this.charter !== null) return this.charteredAnew(entry, index, this.charter);
    const fits = entry.version === 1 && (this.genesis === null || this.genesis.entry.charter === entry.hash);
    this.charter = entry;
    this.rules.charters.set(entry.version, entry);
    this.standsNow();
    return fits ? [] : [alarm("charter-order", { index })];
  }

  /** A later charter is what the treasurers decided, and was to be seen coming. */
  private charteredAnew(entry: CharterEntry, index: number, before: CharterEntry): Finding[] {
    const subject = this.changes.due("charter", entry.version, entry.hash, entry.day);
    const { charter } = (subject ?? {}) as Partial<CharterSubject>;
    const fits =
      charter !== undefined &&
      entry.version === before.version + 1 &&
      entry.currency === before.currency &&
      charter.quorum === entry.quorum &&
      charter.approvals === entry.approvals &&
      charter.publication.k === entry.k &&
      charter.publication.clock === entry.clock &&
      seatsFit(this.roster?.roster.seats.length ?? 0, entry.quorum);
    if (!fits) return [alarm("charter-order", { index })];
    this.charter = entry;
    this.rules.charters.set(entry.version, entry);
    this.standsNow();
    return [];
  }

  /** The first roster is the one that the genesis was signed by: every seat, over this charter and this roster. */
  async seated(entry: RosterEntry, index: number): Promise<Finding[]> {
    const { genesis, charter } = this;
    if (this.roster !== null && charter !== null) return this.seatedAnew(entry, index, this.roster, charter);
    if (entry.version !== 1 || genesis === null || charter === null) return [alarm("roster-order", { index })];
    this.seat(entry);
    const wrong = (detail: string): Finding[] => [alarm("genesis", { index: genesis.index, detail })];
    if (hashOf(canonicalJson(entry.roster as unknown as Json)) !== genesis.entry.roster) return wrong("another roster");
    if (genesis.entry.charter !== charter.hash || genesis.entry.currency !== charter.currency)
      return wrong("another charter");
    if (entry.roster.quorum !== charter.quorum || charter.quorum < 2) return wrong("another quorum");
    const { seats } = entry.roster;
    if (seats.length < SEATS_MIN || charter.quorum > seats.length) return wrong("too few seats");
    for (const seat of seats) {
      const signed = genesis.entry.signatures.find((s) => s.treasurer === seat.treasurer);
      if (signed === undefined || !(await this.genesisHolds(signed, genesis.entry)))
        return wrong(`seat ${seats.indexOf(seat) + 1}`);
    }
    return [];
  }

  private seat(entry: RosterEntry): void {
    this.roster = entry;
    this.rules.rosters.set(entry.version, entry);
    this.standsNow();
  }

  /** A later roster is the one before, with the one seat more or less that the treasurers decided. */
  private seatedAnew(entry: RosterEntry, index: number, before: RosterEntry, charter: CharterEntry): Finding[] {
    const hash = hashOf(canonicalJson(entry.roster as unknown as Json));
    const subject = this.changes.due("roster", entry.version, hash, entry.day) as RosterSubject | null;
    const expected = subject === null ? undefined : nextRoster(before.roster, subject, charter.quorum);
    const fits =
      expected !== undefined &&
      entry.version === before.version + 1 &&
      hashOf(canonicalJson(expected as unknown as Json)) === hash &&
      seatsFit(entry.roster.seats.length, charter.quorum);
    if (!fits) return [alarm("roster-order", { index })];
    this.seat(entry);
    return [];
  }

  private standsNow(): void {
    if (this.charter !== null && this.roster !== null)
      this.rules.pairs.add(`${this.charter.version}/${this.roster.version}`);
  }

  /** A change that was decided, or stopped: who signed it, under which rules, and how many must. */
  async decided(entry: ChangeEntry, index: number): Promise<Finding[]> {
    const fault = await this.changeFault(entry);
    return fault === null ? [] : [alarm("change", { index, detail: fault })];
  }

  private async changeFault(entry: ChangeEntry): Promise<string | null> {
    const { charter, roster, genesis } = this;
    if (charter === null || roster === null || genesis === null) return "nobody may sign yet";
    const by = new Set<string>();
    let first: DecisionStatement | null = null;
    for (const signed of entry.signatures) {
      const said = parsed(signed.statement);
      if (said?.purpose !== "decide" || said.fund !== genesis.entry.fund) return "no decision of this fund";
      if (said.charter !== charter.version || said.roster !== roster.version) return "it is under other rules";
      first ??= said;
      if (said.decision !== first.decision || said.kind !== first.kind || canonicalJson(said.subject) !== canonicalJson(first.subject))
        return "not all signed the same"; // prettier-ignore
      if (!this.isNew(said.nonce)) return "it was used before";
      if (!(await this.isSigned(signed, "decide"))) return "the passkey's signature";
      by.add(signed.treasurer);
    }
    if (first === null) return "nobody signed";
    const { quorum } = charter;
    const seats = roster.roster.seats.length;
    return this.changes.add(first, by, { day: entry.day, quorum, seats, waits: this.hasPaid && !this.isPractice });
  }

  private async genesisHolds(signed: Signed, genesis: GenesisEntry): Promise<boolean> {
    const said = parsed(signed.statement);
    return (
      said?.purpose === "genesis" && said.fund === genesis.fund && said.charter === genesis.charter && said.roster === genesis.roster &&
      this.isNew(said.nonce) && (await this.isSigned(signed, "genesis"))
    ); // prettier-ignore
  }

  async approved(entry: ApprovalEntry, index: number): Promise<Finding[]> {
    this.approvals.set(index, null);
    if (entry.digest !== undefined) {
      this.sealed++;
      return this.charter?.approvals === "sealed"
        ? []
        : [alarm("approval", { index, detail: "sealed, though the charter publishes them" })];
    }
    const signed = entry as Signed;
    const said = parsed(signed.statement);
    if (said?.purpose !== "approve") return [alarm("approval", { index, detail: "no approval" })];
    const fault = await this.approvalFault(signed, said, index);
    if (fault !== null) return [alarm("approval", { index, detail: fault })];
    this.approvals.set(index, {
      treasurer: signed.treasurer,
      commitments: new Set(said.commitments),
      rules: `${said.charter}/${said.roster}`,
      quorum: said.quorum,
    });
    return [];
  }

  private async approvalFault(signed: Signed, said: ApprovalStatement, index: number): Promise<string | null> {
    if (this.roster === null || this.charter === null || this.genesis === null) return "nobody may sign yet";
    if (said.fund !== this.genesis.entry.fund) return "it is for another fund";
    // What was approved under earlier rules may come into the log later than a change: money that was promised stays so.
    if (!this.rules.pairs.has(`${said.charter}/${said.roster}`)) return "it is under other rules";
    if (said.quorum !== this.rules.charters.get(said.charter)?.quorum) return "it states another quorum";
    if (!Number.isSafeInteger(said.logSize) || said.logSize < 0 || said.logSize > index)
      return "it saw a log that was not there yet";
    if (!this.isNew(said.nonce)) return "it was used before";
    const roster = this.rules.rosters.get(said.roster);
    return (await this.isSigned(signed, "approve", roster)) ? null : "the passkey's signature";
  }

  /** Whether every item of a batch was approved by a quorum of different treasurers, in the approvals that the batch names. */
  quorum(commitments: readonly string[], cited: readonly number[], index: number): Finding[] {
    const m = this.charter?.quorum ?? 2;
    if (!this.isOpen) return [alarm("quorum", { index, detail: String(m) })];
    if (this.charter?.approvals === "sealed" && cited.length > 0 && cited.every((i) => this.approvals.get(i) === null))
      return [];
    const named = cited.map((i) => (i < index ? this.approvals.get(i) : undefined));
    if (named.some((approval) => approval === undefined))
      return [alarm("approval", { index, detail: "a batch names one that is not there" })];
    const short = commitments.some(
      (commitment) => !isQuorum(named.flatMap((a) => (a?.commitments.has(commitment) === true ? [a] : []))),
    );
    return short ? [alarm("quorum", { index, detail: String(m) })] : [];
  }

  closing(): Finding[] {
    return [
      ...(this.isOpen ? [] : [note("founding")]),
      ...(this.isPractice ? [note("practice")] : []),
      ...(this.sealed > 0 ? [note("sealed-approvals", { detail: String(this.sealed) })] : []),
    ];
  }

  private isNew(nonce: string): boolean {
    if (this.nonces.has(nonce)) return false;
    this.nonces.add(nonce);
    return true;
  }

  private async isSigned(
    signed: Signed,
    purpose: "genesis" | "approve" | "decide",
    roster: RosterEntry | null | undefined = this.roster,
  ): Promise<boolean> {
    const seat = roster?.roster.seats.find((s) => s.treasurer === signed.treasurer);
    const key = seat?.keys.find((k) => k.credential === signed.assertion.credential);
    if (key === undefined || !roster) return false;
    const challenge = sha256(utf8.encode(`commonpot/${purpose}/v1\n${signed.statement}`));
    return this.assertions.holds(signed.assertion, {
      publicKey: key.publicKey,
      challenge,
      origins: roster.roster.origins,
    });
  }
}

/** Approvals of one item: so many different treasurers under one and the same rules. */
function isQuorum(approvals: readonly Approved[]): boolean {
  const by = new Map<string, Set<string>>();
  for (const { rules, treasurer } of approvals) by.set(rules, (by.get(rules) ?? new Set()).add(treasurer));
  return approvals.some(({ rules, quorum }) => (by.get(rules)?.size ?? 0) >= quorum);
}
