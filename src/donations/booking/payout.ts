import { behind, type StripeLine } from "./stripe-line.js";

/** One fund's part of a payout, in minor units: what it takes to the bank, negative where the fund owes Stripe. */
export interface Share {
  readonly fundId: string;
  readonly net: bigint;
}

/**
 * What a payout took of each fund. `known` says whose each line is, `cameBack` the parts of an earlier payout that failed and is in this one. Null while a line is
 * nobody's yet: a share that is told too early could not be told again.
 */
export function shares(
  taken: readonly StripeLine[],
  known: ReadonlyMap<string, { readonly standing: string; readonly fundId: string | null }>,
  cameBack: ReadonlyMap<string, readonly Share[]>,
): Share[] | null {
  const nets = new Map<string, bigint>();
  const add = (fundId: string, net: bigint): unknown => nets.set(fundId, (nets.get(fundId) ?? 0n) + net);
  for (const line of taken) {
    if (behind(line) === "payout") {
      const parts = cameBack.get(line.id);
      if (parts === undefined) return null;
      parts.forEach((part) => add(part.fundId, part.net));
      continue;
    }
    const of = known.get(line.id);
    if (of === undefined || of.standing === "unassigned") return null;
    if (of.fundId !== null) add(of.fundId, BigInt(line.net));
  }
  return [...nets].map(([fundId, net]) => ({ fundId, net })).sort((a, b) => (a.fundId < b.fundId ? -1 : 1));
}
