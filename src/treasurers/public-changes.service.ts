import { Injectable } from "@nestjs/common";
import { ComingChanges } from "../funds/coming-changes.js";
import type { Fund } from "../funds/funds.service.js";
import type { Voice } from "../pages/words.js";
import { Database } from "../platform/database/database.js";
import type { RosterSubject } from "../publication/governance.js";
import { Changes } from "./changes.service.js";

/** What the charter's page says of a change that waits. */
@Injectable()
export class PublicChanges extends ComingChanges {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
  ) {
    super();
  }

  async of(fund: Fund, voice: Voice): Promise<{ says: string; from: string } | null> {
    const waiting = await this.changes.waiting(this.database.read, fund);
    if (waiting === null) return null;
    const from = voice.moment(waiting.effectiveAt, fund.charter.timeZone);
    if (waiting.what === "charter") return { from, says: this.changes.saysOf(voice, fund, waiting, () => "") };
    const { add, remove } = JSON.parse(waiting.subject) as RosterSubject;
    const how = add === null ? "remove" : remove === null ? "add" : "replace";
    return { from, says: voice.say(`charter.coming.${how}`) };
  }
}
