import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { Refusal } from "../kernel/refusal.js";
import { Journal } from "../ledger/journal.service.js";
import type { Fund } from "../funds/funds.service.js";
import { row, type Tx } from "../platform/database/database.js";

/** What two treasurers note about the sponsor's account; none of it moves money. */
export const MEMOS = ["sponsor-asked", "sponsor-held", "sponsor-freed"] as const;
export type Memo = (typeof MEMOS)[number];

export const isMemo = (what: string): what is Memo => (MEMOS as readonly string[]).includes(what);

export const SPONSOR = "assets:sponsor";

/** The fiscal sponsor's account, in minor units. */
export interface SponsorStand {
  readonly balance: bigint;
  /** Asked for and not yet released: what is still out, and since when. */
  readonly asked: bigint;
  readonly askedSince: Day | null;
  /** Not ours to promise until the sponsor says so. */
  readonly heldBack: bigint;
}

/**
 * Money that another organisation keeps for the fund. It is asked for, and released when it reaches a holding of ours (money moved, an entry like any other). What the sponsor
 * holds back stays on its account and is kept out of what can be promised: the database adds it to the reserve.
 */
@Injectable()
export class SponsorAccount {
  constructor(private readonly journal: Journal) {}

  async stand(tx: Tx, fund: Fund): Promise<SponsorStand> {
    const found = await row<{ asked: string; since: Day | null; held: string }>(
      tx,
      `select coalesce(sum(amount) filter (where what = 'sponsor-asked'), 0) as asked, min(day) filter (where what = 'sponsor-asked')::text as since,
         coalesce(sum(case what when 'sponsor-held' then amount when 'sponsor-freed' then -amount end), 0) as held
       from hand_entry where fund_id = $1 and state = 'booked' and what in ('sponsor-asked', 'sponsor-held', 'sponsor-freed')`,
      [fund.fundId],
    );
    const balance = (await this.journal.accounts(tx, fund.fundId)).get(SPONSOR) ?? 0n;
    const out = await this.outstanding(tx, fund, BigInt(found?.asked ?? 0), found?.since ?? null);
    return { balance, ...out, heldBack: BigInt(found?.held ?? 0) };
  }

  /** Refuses `invalid` for more than is there to ask for, to hold back, or to free. */
  async check(tx: Tx, fund: Fund, what: Memo, amount: bigint): Promise<void> {
    const { balance, asked, heldBack } = await this.stand(tx, fund);
    const most =
      what === "sponsor-freed" ? heldBack : what === "sponsor-held" ? balance - heldBack : balance - heldBack - asked;
    if (amount <= 0n || amount > most) throw new Refusal("invalid", { field: "amount" });
  }

  /** What was released since the first was asked for is no longer out. Undone moves count back. */
  private async outstanding(
    tx: Tx,
    fund: Fund,
    asked: bigint,
    since: Day | null,
  ): Promise<{ asked: bigint; askedSince: Day | null }> {
    if (since === null) return { asked: 0n, askedSince: null };
    const released = await row<{ sum: string }>(
      tx,
      `select coalesce(-sum(p.amount), 0) as sum from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no)
       left join transaction u on u.fund_id = t.fund_id and u.seq = t.reverses
       where t.fund_id = $1 and a.code = '${SPONSOR}' and t.day >= $2 and (t.kind = 'moved' or u.kind = 'moved')`,
      [fund.fundId, since],
    );
    const out = asked - BigInt(released?.sum ?? 0);
    if (out <= 0n) return { asked: 0n, askedSince: null };
    const first = await row<{ day: Day }>(
      tx,
      `select day::text as day from (select day, sum(amount) over (order by day, entry_id) as upto from hand_entry
         where fund_id = $1 and state = 'booked' and what = 'sponsor-asked') s where upto > $2 order by day limit 1`,
      [fund.fundId, asked - out],
    );
    return { asked: out, askedSince: first?.day ?? since };
  }
}
