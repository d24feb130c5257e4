import { Injectable } from "@nestjs/common";
import { Clock, dayIn } from "../../kernel/clock.js";
import { FrontNames } from "../../funds/front-names.js";
import type { Fund } from "../../funds/funds.service.js";
import { Database, rows } from "../../platform/database/database.js";
import { inAlphabet } from "./display-name.js";
import { DonationRow } from "../donation.entity.js";

/** So many names are read at most; the page would be long before. */
const NAMES_MAX = 2000;

/** Donors who asked to be named. The name is a column that can be emptied: it is in no log and in no entry. */
@Injectable()
export class NamedDonors extends FrontNames {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** Only of gifts that are booked, and from the day after: a name that appeared at once would tell the hour, and beside the books the amount. */
  async of(fund: Fund, language: string): Promise<readonly string[]> {
    const today = dayIn(fund.charter.timeZone, this.clock.now());
    const found = await rows<{ display_name: string }>(
      this.database.read,
      // A monthly gift has a key for each of its payments; ";" is what follows ":".
      `select distinct d.display_name from donation d where d.fund_id = $1 and d.display_name is not null
         and exists (select from transaction t where t.fund_id = d.fund_id and t.day < $2
           and (t.key = 'gift:' || d.donation_id or (t.key > 'gift:' || d.donation_id || ':' and t.key < 'gift:' || d.donation_id || ';'))) limit $3`,
      [fund.fundId, today, NAMES_MAX],
    );
    return inAlphabet(
      found.map((d) => d.display_name),
      language,
    );
  }

  /** From the next look at the page on. */
  async rename(donation: DonationRow, displayName: string | null): Promise<void> {
    const { fundId, donationId } = donation;
    await this.database.read.update(DonationRow, { fundId, donationId }, { displayName });
  }
}
