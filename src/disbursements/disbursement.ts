import type { AidRequestRow } from "../requests/aid-request.entity.js";
import type { ItemDetails } from "../treasurers/statement.js";
import { toJsonAmount } from "../kernel/money.js";

/** The worker's job: to check again what was approved (`release-check.ts`). */
export const RELEASE_TASK = "check-release";

/** What an approval of this disbursement commits to (statement v1). */
export function detailsOf(d: { amount: bigint; category: string; sealedHash: Buffer }, currency: string): ItemDetails {
  return { amount: toJsonAmount(d.amount), currency, category: d.category, sealed: d.sealedHash.toString("hex") };
}

/** Does the request still stand as it was chosen? A change of amount or of how to pay, or taking it back, makes what was signed void. */
export function stillStands(
  d: { requestVersion: number },
  request: Pick<AidRequestRow, "version" | "state"> | null,
): boolean {
  return (
    request !== null &&
    request.version === d.requestVersion &&
    (request.state === "chosen" || request.state === "approved" || request.state === "sending")
  );
}

/** A lease that nobody may cross: one treasurer pays, for a while. */
export function leaseIsLive(payout: { state: string; leaseUntil: Date }, now: Date): boolean {
  return payout.state === "leased" && payout.leaseUntil.getTime() > now.getTime();
}
