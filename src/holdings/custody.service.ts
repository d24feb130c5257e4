import { Injectable } from "@nestjs/common";
import { addDays, Clock, dayIn, type Day } from "../kernel/clock.js";
import { newId } from "../kernel/ids.js";
import { AMOUNT_MAX } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { holdingCode, HELD_BY_HAND, isHolding } from "../ledger/account.js";
import { Journal } from "../ledger/journal.service.js";
import type { Fund } from "../funds/funds.service.js";
import { row, rows, sqlState, type Tx } from "../platform/database/database.js";
import { Seats } from "../treasurers/seats.service.js";

/** A holding is opened, or gets another keeper or cap (minor units; null for none). */
export interface CustodyChange {
  readonly rail: (typeof HELD_BY_HAND)[number];
  readonly label: string;
  readonly keeper: string;
  readonly cap: bigint | null;
}

/** Where money is, as its treasurers see it. */
export interface Holding {
  readonly code: string;
  readonly balance: bigint;
  readonly keeper: { readonly treasurerId: string; readonly name: string } | null;
  readonly cap: bigint | null;
  readonly counted: { readonly day: Day; readonly counted: bigint; readonly booked: bigint } | null;
  /** Nobody has counted it for longer than the charter says. It shows, and it blocks nothing. */
  readonly late: boolean;
}

/** Holdings have a keeper and a cap, and somebody else counts them. */
@Injectable()
export class Custody {
  constructor(
    private readonly journal: Journal,
    private readonly seats: Seats,
    private readonly clock: Clock,
  ) {}

  /** Refuses `invalid` with the field. */
  async check(tx: Tx, fund: Fund, change: CustodyChange): Promise<string> {
    const code = holdingCode(change.rail, change.label);
    if (code === null) throw new Refusal("invalid", { field: "label" });
    if (change.cap !== null && (change.cap <= 0n || change.cap > AMOUNT_MAX))
      throw new Refusal("invalid", { field: "cap" });
    if (!(await this.seats.all(tx, fund.fundId)).some((seat) => seat.treasurerId === change.keeper))
      throw new Refusal("invalid", { field: "keeper" });
    return code;
  }

  async apply(tx: Tx, fund: Fund, change: CustodyChange): Promise<void> {
    const code = await this.check(tx, fund, change);
    await this.journal.openAccounts(tx, fund.fundId, [code]);
    await this.journal.setCap(tx, fund.fundId, code, change.cap);
    await tx.query(
      `insert into custody (fund_id, account_no, keeper, since_day) select $1, account_no, $3, $4 from account where fund_id = $1 and code = $2
       on conflict (fund_id, account_no) do update set keeper = excluded.keeper, since_day = excluded.since_day`,
      [fund.fundId, code, change.keeper, dayIn(fund.charter.timeZone, this.clock.now())],
    );
  }

  /** What somebody counted, beside what the book says now. Refuses `keeper-counts`, `invalid`. */
  async count(tx: Tx, fund: Fund, treasurerId: string, code: string, counted: bigint): Promise<{ difference: bigint }> {
    // The fund's lock: the book must not move between the look and the note.
    await tx.query("select keep_reserve($1, $2)", [fund.fundId, dayIn(fund.charter.timeZone, this.clock.now())]);
    const account = isHolding(code)
      ? await row<{ account_no: number; balance: string }>(
          tx,
          "select account_no, balance from account where fund_id = $1 and code = $2",
          [fund.fundId, code],
        )
      : null;
    if (account === null) throw new Refusal("invalid", { field: "holding" });
    try {
      await tx.query(
        "insert into holding_count (fund_id, count_id, account_no, day, counted, booked, counted_by) values ($1, $2, $3, $4, $5, $6, $7)",
        [
          fund.fundId,
          newId(),
          account.account_no,
          dayIn(fund.charter.timeZone, this.clock.now()),
          counted.toString(),
          account.balance,
          treasurerId,
        ],
      );
    } catch (error) {
      if (sqlState(error) === "CP403") throw new Refusal("keeper-counts");
      throw error;
    }
    return { difference: counted - BigInt(account.balance) };
  }

  async holdings(tx: Tx, fund: Fund): Promise<Holding[]> {
    const found = await rows<{
      code: string;
      balance: string;
      cap: string | null;
      keeper: string | null;
      name: string | null;
      day: Day | null;
      counted: string | null;
      booked: string | null;
      since: Day | null;
    }>(
      tx,
      `select a.code, a.balance, a.cap, c.keeper, t.name, n.day::text as day, n.counted, n.booked, c.since_day::text as since
       from account a left join custody c using (fund_id, account_no) left join treasurer t on t.fund_id = a.fund_id and t.treasurer_id = c.keeper
       left join lateral (select * from holding_count n where n.fund_id = a.fund_id and n.account_no = a.account_no order by n.day desc, n.count_id limit 1) n on true
       where a.fund_id = $1 and a.bucket = 'settled' order by a.code`,
      [fund.fundId],
    );
    const oldest = addDays(dayIn(fund.charter.timeZone, this.clock.now()), -fund.charter.countEveryDays);
    return found.map((h) => ({
      code: h.code,
      balance: BigInt(h.balance),
      keeper: h.keeper === null ? null : { treasurerId: h.keeper, name: h.name ?? "" },
      cap: h.cap === null ? null : BigInt(h.cap),
      counted: h.day === null ? null : { day: h.day, counted: BigInt(h.counted ?? 0), booked: BigInt(h.booked ?? 0) },
      late: h.code !== "assets:stripe" && h.balance !== "0" && (h.day ?? h.since ?? oldest) < oldest,
    }));
  }
}
