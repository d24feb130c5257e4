import type { Day } from "../kernel/clock.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import type { Evidence, RulesEntry } from "../publication/evidence.js";
import type { PasskeyAssertion } from "../treasurers/software-passkey.js";
import { publicAssertion } from "../treasurers/statement.js";

/** What shows that these were approved. Read only; whoever gets it checks it (`verify/released.ts`). `day`: the fund's today. */
export async function evidenceFor(
  tx: Tx,
  fundId: string,
  disbursements: readonly string[],
  day: Day,
): Promise<Evidence> {
  const rules = await rows<{ idx: string | null; entry: RulesEntry }>(
    tx,
    `select idx, 0 as no, convert_from(body, 'UTF8')::jsonb as entry from log_entry where fund_id = $1 and kind in ('genesis', 'charter', 'roster', 'change')
     union all
     select null, s.submission_no, s.entry || jsonb_build_object('day', $2::text) from submission s where s.fund_id = $1 and s.entry ->> 'kind' in ('genesis', 'charter', 'roster', 'change')
       and not exists (select from log_entry e where e.fund_id = s.fund_id and e.submission_id = s.submission_id)
     order by idx nulls last, no`,
    [fundId, day],
  );
  const paid = await row<{ idx: string | null }>(
    tx,
    "select min(idx) as idx from log_entry where fund_id = $1 and kind = 'payouts'",
    [fundId],
  );
  const signed = await rows<{ treasurer: string; statement: string; assertion: PasskeyAssertion }>(
    tx,
    `select s.treasurer_id as treasurer, s.statement, s.assertion from signed_statement s
     where s.fund_id = $1 and s.statement_id in (select a.statement_id from approval a where a.fund_id = $1 and a.disbursement_id = any ($2))`,
    [fundId, disbursements],
  );
  return {
    rules: rules.map(({ idx, entry }) => ({ index: idx === null ? null : Number(idx), entry })),
    firstPayout: paid?.idx == null ? null : Number(paid.idx),
    approvals: signed.map(({ assertion, ...said }) => ({ ...said, assertion: publicAssertion(assertion) })),
    day,
  };
}
