import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { toHex } from "../kernel/ids.js";
import type { ApprovalEntry, CharterEntry, GenesisEntry, RosterEntry, Signed } from "../publication/entry.js";
import type { ApprovalStatement, GenesisStatement } from "../treasurers/statement.js";
import { Assertions } from "./assertion.js";
import { alarm, note, type Finding } from "./finding.js";

const SEATS_MIN = 3;
const utf8 = new TextEncoder();
const hashOf = (text: string): string => toHex(sha256(utf8.encode(text)));

/** The fund's own rules, as far as the log has told them: who may sign, how many must, and whether they did. Nothing else is believed. */
export class Governance {
  charter: CharterEntry | null = null;
  private genesis: { entry: GenesisEntry; index: number } | null = null;
  private roster: RosterEntry | null = null;
  /** By the approval's index: the treasurer, and the commitments that were signed. Null where it is sealed, or does not hold. */
  private readonly approvals = new Map<number, { treasurer: string; commitments: ReadonlySet<string> } | null>();
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
    // Until there are proposals, a fund has the charter that its seats signed.
    const fits =
      this.charter === null &&
      entry.version === 1 &&
      (this.genesis === null || this.genesis.entry.charter === entry.hash);
    this.charter ??= entry;
    return fits ? [] : [alarm("charter-order", { index })];
  }

  /** The first roster is the one that the genesis was signed by: every seat, over this charter and this roster. */
  async seated(entry: RosterEntry, index: number): Promise<Finding[]> {
    const { genesis, charter } = this;
    if (this.roster !== null || entry.version !== 1 || genesis === null || charter === null)
      return [alarm("roster-order", { index })];
    this.roster = entry;
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
    this.approvals.set(index, { treasurer: signed.treasurer, commitments: new Set(said.commitments) });
    return [];
  }

  private async approvalFault(signed: Signed, said: ApprovalStatement, index: number): Promise<string | null> {
    if (this.roster === null || this.charter === null || this.genesis === null) return "nobody may sign yet";
    if (said.fund !== this.genesis.entry.fund) return "it is for another fund";
    if (said.charter !== this.charter.version || said.roster !== this.roster.version) return "it is under other rules";
    if (said.quorum !== this.charter.quorum) return "it states another quorum";
    if (!Number.isSafeInteger(said.logSize) || said.logSize < 0 || said.logSize > index)
      return "it saw a log that was not there yet";
    if (!this.isNew(said.nonce)) return "it was used before";
    return (await this.isSigned(signed, "approve")) ? null : "the passkey's signature";
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
      (commitment) =>
        new Set(named.flatMap((a) => (a?.commitments.has(commitment) === true ? [a.treasurer] : []))).size < m,
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

  private async isSigned(signed: Signed, purpose: "genesis" | "approve"): Promise<boolean> {
    const seat = this.roster?.roster.seats.find((s) => s.treasurer === signed.treasurer);
    const key = seat?.keys.find((k) => k.credential === signed.assertion.credential);
    if (key === undefined || this.roster === null) return false;
    const challenge = sha256(utf8.encode(`commonpot/${purpose}/v1\n${signed.statement}`));
    return this.assertions.holds(signed.assertion, {
      publicKey: key.publicKey,
      challenge,
      origins: this.roster.roster.origins,
    });
  }
}

/** A statement is canonical JSON with its own closed list of fields: the signed bytes have one reading. */
function parsed(text: string): ApprovalStatement | GenesisStatement | null {
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    const fields = said["purpose"] === "approve" ? APPROVE_FIELDS : GENESIS_FIELDS;
    const known = Object.keys(said).sort().join() === fields && said["v"] === 1 && typeof said["nonce"] === "string";
    const whole =
      said["purpose"] !== "approve" ||
      (Array.isArray(said["commitments"]) && said["commitments"].every((c) => typeof c === "string"));
    return known && whole && canonicalJson(said as Json) === text
      ? (said as unknown as ApprovalStatement | GenesisStatement)
      : null;
  } catch {
    return null;
  }
}

const APPROVE_FIELDS = "charter,commitments,fund,logSize,nonce,purpose,quorum,roster,v";
const GENESIS_FIELDS = "charter,fund,nonce,purpose,roster,v";
