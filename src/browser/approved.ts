import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { fromBase64Url, toHex } from "../kernel/ids.js";
import { commitmentTo } from "../publication/commitment.js";
import type { Evidence, ShownEvidence } from "../publication/evidence.js";
import type { ItemDetails } from "../treasurers/statement.js";
import { provenEntry } from "../verify/proven-entry.js";
import { approvedOf } from "../verify/released.js";
import { Refused, type FundApi } from "./api.js";

type Shown = ShownEvidence<ItemDetails>;

/** What a quorum signed: so many treasurers, and the hash of the sealed file that says how to pay. */
export interface Approved {
  readonly signatures: number;
  readonly sealed: string;
}

/**
 * Before this device opens how somebody is paid, it checks by itself what the worker has checked: that the rules and seats are those of the public log, that a quorum's passkeys signed, and that they signed what
 * this page shows. Refuses `not-approved`.
 */
export async function checkApproved(api: FundApi, fund: string, item: HTMLElement): Promise<Approved> {
  const { disbursement = "", amount, category } = item.dataset;
  const { details, salt: typed, log, ...evidence } = await api.get<Shown>(`payouts/${disbursement}/evidence`);
  if (String(details.amount) !== amount || details.category !== category) throw new Refused("not-approved");
  const salt = fromBase64Url(typed);
  const commitment = commitmentTo(salt, details);
  const [isApproved] = await approvedOf(evidence, [{ commitment, details, salt }]);
  const holds = isApproved === true && (await areInTheLog(fund, evidence.rules, log)) && isTheSameFund(fund, evidence.rules); // prettier-ignore
  if (!holds) throw new Refused("not-approved");
  return { signatures: evidence.approvals.length, sealed: details.sealed };
}

/** Is this the file that was signed? Refuses `not-approved`. */
export function mustBeSigned(file: string, { sealed }: Approved): void {
  if (toHex(sha256(new TextEncoder().encode(file))) !== sealed) throw new Refused("not-approved");
}

/** Each entry that is said to be public is proved where it stands. What is not published yet has its signatures alone. */
async function areInTheLog(fund: string, rules: Evidence["rules"], log: Shown["log"]): Promise<boolean> {
  for (const { index, entry } of rules) {
    if (index === null) continue;
    const proof = await proofOf(fund, index);
    try {
      if (log === null) return false;
      provenEntry(canonicalJson(entry as unknown as Json), proof, { ...log, index });
    } catch {
      return false;
    }
  }
  return true;
}

/** Refuses `busy`. */
async function proofOf(fund: string, index: number): Promise<string> {
  const answer = await fetch(`/api/v1/funds/${fund}/entries/${index}/proof`, {
    credentials: "omit",
    cache: "no-store",
  });
  if (!answer.ok) throw new Refused("busy");
  return answer.text();
}

/** The fund's beginning is the one that this device saw when it first paid: a server that invents another fund, with treasurers of its own, is found out. */
function isTheSameFund(fund: string, rules: Evidence["rules"]): boolean {
  const entry = rules.find((rule) => rule.entry.kind === "genesis")?.entry;
  if (entry === undefined) return false;
  const { day: _day, ...genesis } = entry;
  const mark = toHex(sha256(new TextEncoder().encode(canonicalJson(genesis as unknown as Json))));
  const place = `commonpot genesis ${fund}`;
  const known = localStorage.getItem(place);
  if (known === null) localStorage.setItem(place, mark);
  return known === null || known === mark;
}
