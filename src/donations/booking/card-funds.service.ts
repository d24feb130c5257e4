import { Injectable } from "@nestjs/common";
import { Clock, dayIn, type Day } from "../../kernel/clock.js";
import { isId } from "../../kernel/ids.js";
import { Database } from "../../platform/database/database.js";

/** What booking needs to know of a fund. */
export interface CardFund {
  readonly fundId: string;
  readonly currency: string;
  readonly timeZone: string;
  /** Its own account at Stripe; empty where it shares the server's. */
  readonly account: string;
}

const KEPT_MS = 5000;

const FUND = `select f.fund_id as "fundId", f.currency, c.charter ->> 'timeZone' as "timeZone", coalesce(a.account, '') as account
  from fund f cross join lateral (select charter from charter where fund_id = f.fund_id order by version desc limit 1) c left join card_account a using (fund_id)`;

/** Which fund money at Stripe belongs to. */
@Injectable()
export class CardFunds {
  /** What is asked for each payment and changes with a new charter at the most. */
  private readonly kept = new Map<string, { readonly fund: Promise<CardFund | null>; readonly until: number }>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * The fund of a payment. On a fund's own account everything is that fund's, whatever it names; on the server's account it is the fund that it names. Null when
   * that is none of ours: another program may share the account.
   */
  async of(account: string, named: string | null): Promise<CardFund | null> {
    if (account !== "") return this.one(`${FUND} where a.account = $1`, account);
    return named !== null && isId(named) ? this.one(`${FUND} where f.fund_id = $1`, named) : null;
  }

  async byId(fundId: string): Promise<CardFund | null> {
    return this.one(`${FUND} where f.fund_id = $1`, fundId);
  }

  /** Whose the account's own fees are: of the one fund that uses it. Null while several share it, until the operator says whose. */
  async houseFund(account: string): Promise<CardFund | null> {
    if (account !== "") return this.of(account, null);
    const found = await this.database.plain<CardFund>(
      `${FUND} where a.account is null and f.state <> 'closed' limit 2`,
      [],
    );
    return found.length === 1 ? (found[0] ?? null) : null;
  }

  /** Whose a line is that names no fund, as the operator said; null while nobody has. */
  async assigned(account: string, lineId: string): Promise<CardFund | null> {
    const found = await this.database.plain<CardFund>(
      `${FUND} where f.fund_id = (select fund_id from line_assignment where account = $1 and line_id = $2)`,
      [account, lineId],
    );
    return found[0] ?? null;
  }

  /** Every account that has a fund: the server's own first. */
  async accounts(): Promise<string[]> {
    const found = await this.database.plain<{ account: string }>(
      "select account from card_account order by account",
      [],
    );
    return ["", ...found.map((a) => a.account)];
  }

  /** Payments that come at once share one look. Only what was found is kept. */
  private one(sql: string, value: string): Promise<CardFund | null> {
    const now = this.clock.now().getTime();
    const kept = this.kept.get(value);
    if (kept !== undefined && kept.until > now) return kept.fund;
    const fund = this.database.plain<CardFund>(sql, [value]).then((found) => found[0] ?? null);
    this.kept.set(value, { fund, until: now + KEPT_MS });
    const forget = (): void => {
      if (this.kept.get(value)?.fund === fund) this.kept.delete(value);
    };
    fund.then((found) => {
      if (found === null) forget();
    }, forget);
    return fund;
  }
}

/** The day of a moment at Stripe, where the fund is. */
export const dayAt = (fund: Pick<CardFund, "timeZone">, unixSeconds: number): Day =>
  dayIn(fund.timeZone, new Date(unixSeconds * 1000));
