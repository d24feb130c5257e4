import { Refusal } from "../kernel/refusal.js";
import type { Draft } from "./transaction.js";

/** What became of one draft. */
export interface Posted {
  readonly seq: bigint;
  /** True when a transaction with this key and this content was there already. */
  readonly replayed: boolean;
}

/** The call that writes a group, with the accounts by number or, `within` a caller's own SQL transaction, by code. */
export const APPEND =
  "select o_status, o_seq from journal_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
export const APPEND_BY_CODE = APPEND.replace(
  "$14",
  "(select array_agg(a.account_no order by c.ord) from unnest($14::text[]) with ordinality c (code, ord) left join account a on a.fund_id = $1 and a.code = c.code)",
);

/** One row of the answer: PostgreSQL's smallint[] and bigint[] as node-postgres reads them. */
export interface AppendRow {
  readonly o_status: readonly number[];
  readonly o_seq: readonly string[];
}

/** The statuses of journal_append that are an expected no. */
const REFUSALS: Readonly<Record<number, string>> = {
  2: "key-used-before",
  3: "not-enough-free",
  4: "not-reversible",
  5: "not-on-deposit",
  6: "over-cap",
};

/**
 * The parameters of `APPEND`: one array literal for each column, because a literal that is joined here costs a tenth of what node-postgres takes
 * to write an array of strings.
 */
export function appendParameters(
  fundId: string,
  drafts: readonly Draft[],
  recordedAt: Date,
  accounts: readonly (number | string)[],
): (string | null)[] {
  const lines: number[] = [];
  const items: number[] = [];
  const lineNumbers: number[] = [];
  const amounts: bigint[] = [];
  drafts.forEach((draft, i) => {
    lines.push(draft.postings.length);
    draft.postings.forEach((posting, n) => {
      items.push(i + 1);
      lineNumbers.push(n + 1);
      amounts.push(posting.amount);
    });
  });
  return [
    fundId,
    recordedAt.toISOString(),
    literal(drafts.map((d) => d.kind)),
    literal(drafts.map((d) => d.day)),
    literal(drafts.map((d) => quoted(d.key))),
    literal(lines),
    optional(drafts.map((d) => d.undoes?.seq)),
    optional(drafts.map((d) => d.undoes?.reason)),
    optional(drafts.map((d) => d.hold)),
    optional(drafts.map((d) => d.about)),
    optional(drafts.map((d) => (d.source === undefined ? undefined : quoted(d.source)))),
    literal(items),
    literal(lineNumbers),
    literal(accounts),
    literal(amounts),
  ];
}

/** The answer for the draft in place `i`: what was posted, or a Refusal. */
export function answerAt(row: AppendRow, i: number): Posted | Refusal {
  const status = row.o_status[i] ?? 0;
  const refused = REFUSALS[status];
  return refused === undefined ? { seq: BigInt(row.o_seq[i] ?? 0), replayed: status === 1 } : new Refusal(refused);
}

function literal(values: readonly (string | number | bigint)[]): string {
  return `{${values.join(",")}}`;
}

/** Null when nothing in the group has one: PostgreSQL then fills in nulls. */
function optional(values: readonly (string | bigint | undefined)[]): string | null {
  return values.every((v) => v === undefined) ? null : literal(values.map((v) => v ?? "null"));
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
