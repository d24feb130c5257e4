import { covers, isCovered, NOTHING, type Cover } from "../publication/cover.js";
import { isMoney } from "../publication/entry-format.js";
import type { Entry, MoneyEntry, PublicPosting } from "../publication/entry.js";
import { formatVerifierKey, parseVerifierKey } from "../tlog/note.js";
import { Draws } from "./draws.js";
import { alarm, note, type Finding } from "./finding.js";
import { Governance } from "./governance.js";
import { Imports } from "./imports.js";

const BATCH_SIZE_MIN = 3;

/** Reads a fund's entries from the first on, as a bookkeeper would who believes nothing but the log. */
export class Replay {
  readonly governance = new Governance();
  readonly balances = new Map<string, number>();
  readonly vkeys: Set<string>;
  private readonly imports = new Imports();
  private readonly draws = new Draws();
  private cover: Cover = NOTHING;
  private lastDay = "";
  private readonly paid = new Set<string>();
  private readonly noted = new Set<string>();
  private readonly unsigned = new Map<string, number>();

  constructor(private readonly vkey: string) {
    this.vkeys = new Set([vkey]);
  }

  async read(entry: Entry, index: number): Promise<Finding[]> {
    return [...this.day(entry, index), ...(isMoney(entry) ? this.money(entry, index) : await this.other(entry, index))];
  }

  /** What there is to say at the end. */
  closing(): Finding[] {
    const unsigned = [...this.unsigned].map(([kind, count]) => `${count} ${kind}`).join(", ");
    return [
      ...this.governance.closing(),
      ...this.draws.closing(),
      ...(unsigned === "" ? [] : [note("no-statement", { detail: unsigned })]),
    ];
  }

  private day(entry: Entry, index: number): Finding[] {
    // An import tells of days long before it was published.
    if (entry.kind === "import") return [];
    const backwards = entry.day < this.lastDay;
    this.lastDay = entry.day;
    return backwards ? [alarm("days", { index })] : [];
  }

  private async other(
    entry: Exclude<Entry, MoneyEntry | { postings: readonly PublicPosting[] }>,
    index: number,
  ): Promise<Finding[]> {
    const k = this.governance.charter?.k ?? BATCH_SIZE_MIN;
    const small = (n: number | null): boolean => n !== null && n > 0 && n < k;
    switch (entry.kind) {
      case "genesis":
        return this.governance.began(entry, index);
      case "charter":
        return this.governance.chartered(entry, index);
      case "roster":
        return this.governance.seated(entry, index);
      case "change":
        return this.governance.decided(entry, index);
      case "draw":
        return this.draws.begun(entry, index, k);
      case "drawn":
        return this.draws.ended(entry, index);
      case "approval":
        return this.governance.approved(entry, index);
      case "key":
        return this.key(entry.vkey, entry.state === "added", index);
      case "queue":
        return small(entry.asked) || small(entry.waiting) || small(entry.outOfTurn ?? 0)
          ? [alarm("small-cell", { index, detail: String(k) })]
          : [];
      case "confirmations":
        return small(entry.paid) || small(entry.confirmed) ? [alarm("small-cell", { index, detail: String(k) })] : [];
      case "imported":
        return this.imports.section(entry, index, Math.max(k, BATCH_SIZE_MIN));
      case "statement":
        return [];
    }
  }

  private key(vkey: string, added: boolean, index: number): Finding[] {
    try {
      if (parseVerifierKey(vkey).name !== parseVerifierKey(this.vkey).name) return [alarm("key-name", { index })];
    } catch {
      return [alarm("key-name", { index })];
    }
    if (added) this.vkeys.add(vkey);
    else this.vkeys.delete(vkey);
    return [];
  }

  private money(entry: Extract<Entry, { postings: readonly PublicPosting[] }>, index: number): Finding[] {
    const findings: Finding[] = [];
    for (const { account, amount } of entry.postings)
      this.balances.set(account, (this.balances.get(account) ?? 0) + amount);
    if (this.governance.charter === null) findings.push(alarm("no-charter", { index }));
    this.cover = covers(this.cover, entry);
    if (!isCovered(this.cover)) findings.push(alarm("overdrawn", { index }));
    if ((this.balances.get("assets:holdings") ?? 0) < 0 && !this.noted.has("negative")) {
      this.noted.add("negative");
      findings.push(note("negative", { index }));
    }
    return "count" in entry ? [...findings, ...this.batch(entry, index)] : findings;
  }

  private batch(entry: MoneyEntry, index: number): Finding[] {
    const findings: Finding[] = [];
    const k = Math.max(this.governance.charter?.k ?? BATCH_SIZE_MIN, BATCH_SIZE_MIN);
    if (entry.count < k) findings.push(alarm("below-k", { index, detail: String(k) }));
    if (entry.commitments.some((c) => this.paid.has(c))) findings.push(alarm("paid-twice", { index }));
    for (const commitment of entry.commitments) this.paid.add(commitment);
    if (entry.kind === "import") findings.push(...this.imports.batch(entry, index));
    if (entry.kind === "payouts") {
      this.governance.hasPaid = true;
      findings.push(...this.governance.quorum(entry.commitments, entry.approvals ?? [], index));
    }
    if (entry.kind === "reimbursements" || entry.kind === "deposits")
      this.unsigned.set(entry.kind, (this.unsigned.get(entry.kind) ?? 0) + entry.count);
    return findings;
  }
}

/** A verifier key in its one spelling. Throws a NoteError. */
export function spelled(vkey: string): string {
  return formatVerifierKey(parseVerifierKey(vkey));
}
