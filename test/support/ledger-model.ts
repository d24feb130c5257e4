import { bucketOf } from "../../src/ledger/account.js";
import type { Draft } from "../../src/ledger/transaction.js";

/** What a draft may come to: booked, there already, or the code of a refusal. */
export type Outcome =
  "booked" | "replayed" | "key-used-before" | "not-enough-free" | "not-reversible" | "not-on-deposit";

interface Hold {
  readonly amount: bigint;
  released: bigint;
}
interface Deposit {
  readonly amount: bigint;
  outstanding: bigint;
  forfeited: bigint;
}

const FROM_HOLD = ["payout", "reimbursement", "deposit"];
const ON_DEPOSIT = ["deposit", "deposit-returned", "deposit-applied", "deposit-forfeited", "deposit-reinstated"];
const PROMISED = (account: string): boolean =>
  account.startsWith("expenses:aid:") || account === "assets:deposits" || account === "expenses:reimbursements";

const text = (draft: Draft): string => JSON.stringify(draft, (_, v) => (typeof v === "bigint" ? v.toString() : v));

/** The journal once more, in memory and in plain words: what the database must do. It knows no SQL, and the database none of this. */
export class LedgerModel {
  readonly balances = new Map<string, bigint>();
  readonly holds = new Map<string, Hold>();
  readonly deposits = new Map<string, Deposit>();
  readonly booked: Draft[] = [];

  get settled(): bigint {
    return this.sum((account) => bucketOf(account) === "settled");
  }
  get held(): bigint {
    return [...this.holds.values()].reduce((sum, h) => sum + h.amount - h.released, 0n);
  }

  place(id: string, amount: bigint): Outcome {
    if (this.settled - this.held < amount) return "not-enough-free";
    this.holds.set(id, { amount, released: 0n });
    return "booked";
  }

  release(id: string): void {
    const hold = this.holds.get(id);
    if (hold) hold.released = hold.amount;
  }

  /** Of a group, nobody can undo what the group itself brings: its seq is told only afterwards. `known` is how many were booked before the group. */
  post(draft: Draft, known = this.booked.length): Outcome {
    const before = this.booked.find((d) => d.key === draft.key);
    if (before) return text(before) === text(draft) ? "replayed" : "key-used-before";
    const refused = this.admit(draft, known);
    if (refused !== null) return refused;
    for (const p of draft.postings) this.balances.set(p.account, (this.balances.get(p.account) ?? 0n) + p.amount);
    this.booked.push(draft);
    return "booked";
  }

  private admit(draft: Draft, known: number): Outcome | null {
    if (draft.kind === "moved" || draft.kind === "transfer-out") return this.decide(draft);
    const undone = draft.undoes === undefined ? undefined : this.booked.slice(0, known)[Number(draft.undoes.seq) - 1];
    if (draft.undoes !== undefined) {
      if (undone === undefined || undone.undoes !== undefined || this.isUndone(draft.undoes.seq))
        return "not-reversible";
      if (undone.kind === "transfer-out" || undone.kind === "transfer-in") return "not-reversible";
      if ((draft.kind === "payout-returned") !== (undone.kind === "payout")) return "not-reversible";
    }
    const of = undone ?? draft;
    const total = (is: (account: string) => boolean): bigint =>
      draft.postings.filter((p) => is(p.account)).reduce((sum, p) => sum + p.amount, 0n);
    if (FROM_HOLD.includes(of.kind)) {
      const hold = this.holds.get(of.hold ?? "");
      const promised = total(PROMISED);
      if (!hold || hold.released + promised > hold.amount || hold.released + promised < 0n) return "not-enough-free";
      if (ON_DEPOSIT.includes(of.kind) && !this.moveDeposit(draft, of, total)) return "not-on-deposit";
      hold.released += promised;
      return null;
    }
    return ON_DEPOSIT.includes(of.kind) && !this.moveDeposit(draft, of, total) ? "not-on-deposit" : null;
  }

  private moveDeposit(draft: Draft, of: Draft, total: (is: (account: string) => boolean) => bigint): boolean {
    const out = total((a) => a === "assets:deposits");
    const lost = total((a) => a === "expenses:deposits:forfeited");
    if (draft.kind === "deposit") {
      if (this.deposits.has(of.about ?? "")) return false;
      this.deposits.set(of.about ?? "", { amount: out, outstanding: out, forfeited: 0n });
      return true;
    }
    const deposit = this.deposits.get(of.about ?? "");
    if (!deposit) return false;
    const outstanding = deposit.outstanding + out;
    const forfeited = deposit.forfeited + lost;
    if (outstanding < 0n || outstanding > deposit.amount || forfeited < 0n || forfeited > deposit.amount - outstanding)
      return false;
    Object.assign(deposit, { outstanding, forfeited });
    return true;
  }

  private decide(draft: Draft): Outcome | null {
    const out = draft.postings.filter((p) => bucketOf(p.account) === "settled");
    const change = out.reduce((sum, p) => sum + p.amount, 0n);
    if (change < 0n && this.settled + change - this.held < 0n) return "not-enough-free";
    return out.some((p) => p.amount < 0n && (this.balances.get(p.account) ?? 0n) + p.amount < 0n)
      ? "not-enough-free"
      : null;
  }

  private isUndone(seq: bigint): boolean {
    return this.booked.some((d) => d.undoes?.seq === seq);
  }

  private sum(is: (account: string) => boolean): bigint {
    return [...this.balances].filter(([account]) => is(account)).reduce((sum, [, amount]) => sum + amount, 0n);
  }
}
