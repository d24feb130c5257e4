import { rows, type Tx } from "../../platform/database/database.js";
import { judge } from "../../release-check.js";
import type { Finding } from "./invariant.js";

/** What is approved and not sent yet, as the worker looks at it before anybody pays. */
export async function heldApprovals(tx: Tx): Promise<Finding> {
  const funds = await rows<{ fundId: string; currency: string; today: string }>(
    tx,
    `select f.fund_id as "fundId", f.currency, (now() at time zone (c.charter ->> 'timeZone'))::date::text as today
     from fund f join lateral (select charter from charter c where c.fund_id = f.fund_id order by version desc limit 1) c on true where f.state <> 'founding'`,
    [],
  );
  const judged: { readonly id: string; readonly holds: boolean }[] = [];
  for (const { today, ...fund } of funds)
    for (const { disbursementId, holds } of await judge(tx, fund, "all", today))
      judged.push({ id: `${fund.fundId}/${disbursementId}`, holds });
  const wrong = judged.filter(({ holds }) => !holds);
  return {
    number: 7,
    says: "what is approved and not sent yet was signed with keys of the roster, for exactly this amount, kind and file",
    checked: judged.length,
    violations: wrong.length,
    first: wrong[0]?.id ?? null,
  };
}
