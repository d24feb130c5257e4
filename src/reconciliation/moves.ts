import type { Day } from "../kernel/clock.js";
import type { TransactionKind } from "../ledger/transaction.js";
import { rows, type Tx } from "../platform/database/database.js";

/** What a transaction of the journal moved on one holding. */
export interface Move {
  readonly seq: bigint;
  readonly kind: TransactionKind;
  readonly day: Day;
  readonly key: string;
  readonly amount: bigint;
  /** It was undone as a mistake, or undoes one: no money moved. */
  readonly mistaken: boolean;
}

/** The newest of what is looked at at once. */
const MOVES_MAX = 10_000;

type Raw = Omit<Move, "seq" | "amount"> & { readonly seq: string; readonly amount: string };

const MOVES = `select t.seq, t.kind, t.day::text as day, t.key, sum(p.amount)::text as amount,
    coalesce(t.reason, (select r.reason from transaction r where r.fund_id = t.fund_id and r.reverses = t.seq))
      in ('wrong-amount', 'wrong-account', 'twice', 'did-not-happen') is true as mistaken
  from account a join posting p using (fund_id, account_no) join transaction t using (fund_id, seq) where a.fund_id = $1 and a.code = $2`;
const EACH = "group by t.fund_id, t.seq having sum(p.amount) <> 0 order by t.day desc, t.seq desc";

/** What moved on a holding on these days, both inclusive, and is no line's yet. A mistake, and what undid it, never happened at a bank. */
export async function freeMoves(tx: Tx, fundId: string, holding: string, from: Day, to: Day): Promise<Move[]> {
  const found = await rows<Raw>(
    tx,
    `${MOVES} and t.day between $3 and $4
       and not exists (select from standing_match m where m.fund_id = a.fund_id and m.account_no = a.account_no and m.seq = t.seq) ${EACH} limit ${MOVES_MAX}`,
    [fundId, holding, from, to],
  );
  return found.map(moveOf).filter((move) => !move.mistaken);
}

/** What these transactions moved on a holding. */
export async function movesAt(tx: Tx, fundId: string, holding: string, seqs: readonly bigint[]): Promise<Move[]> {
  const found = await rows<Raw>(tx, `${MOVES} and t.seq = any($3::bigint[]) ${EACH}`, [fundId, holding, seqs.map(String)]); // prettier-ignore
  return found.map(moveOf);
}

function moveOf(raw: Raw): Move {
  return { ...raw, seq: BigInt(raw.seq), amount: BigInt(raw.amount) };
}
