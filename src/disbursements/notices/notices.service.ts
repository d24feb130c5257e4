import { Injectable } from "@nestjs/common";
import type { Fund } from "../../funds/funds.service.js";
import { Clock } from "../../kernel/clock.js";
import { Voice, type Language } from "../../pages/words.js";
import { changed, row, rows, type Database, type Tx } from "../../platform/database/database.js";
import { PublicAddress } from "../../platform/http/address.js";
import { Mail, type Letter } from "../../platform/mail/mail.js";
import { DeskService, waitsAt } from "../desk.service.js";
import { mayBeTold, type Told } from "./notice.js";

export interface Notice {
  readonly address: string;
  readonly nights: boolean;
}

interface Listed extends Told {
  readonly treasurerId: string;
  readonly address: string;
  readonly language: Language;
}

/** "Something is waiting", by e-mail, to treasurers who asked for it: no sum, no name, no kind. */
@Injectable()
export class Notices {
  constructor(
    private readonly mail: Mail,
    private readonly desk: DeskService,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  of(tx: Tx, fund: Fund, treasurerId: string): Promise<Notice | null> {
    return row<Notice>(
      tx,
      "select address, nights from treasurer_notice where fund_id = $1 and treasurer_id = $2",
      [fund.fundId, treasurerId],
    ); // prettier-ignore
  }

  /** The letter as it will be, so that an address is kept only when it can be reached. Refuses what `Mail.send` refuses. */
  async tryOut(fund: Fund, address: string, language: Language): Promise<void> {
    await this.mail.send({ to: address, ...this.letter(fund, language) });
  }

  async keep(tx: Tx, fund: Fund, treasurerId: string, notice: Notice, language: Language): Promise<void> {
    await tx.query(
      `insert into treasurer_notice (fund_id, treasurer_id, address, nights, language) values ($1, $2, $3, $4, $5)
       on conflict (fund_id, treasurer_id) do update set address = $3, nights = $4, language = $5, told_at = null, visited = true`,
      [fund.fundId, treasurerId, notice.address, notice.nights, language],
    );
  }

  async stop(tx: Tx, fund: Fund, treasurerId: string): Promise<void> {
    await tx.query("delete from treasurer_notice where fund_id = $1 and treasurer_id = $2", [fund.fundId, treasurerId]);
  }

  /** Tells whoever may be told. Claimed before it is sent, so that two workers send one letter; one that no server took is tried after the same hours. */
  async tell(database: Database, fund: Fund): Promise<void> {
    if (!this.mail.isOn || fund.state !== "open") return;
    await database.atomically((tx) =>
      tx.query(
        "update treasurer_notice n set visited = true where fund_id = $1 and not visited and exists (select from session s where s.fund_id = n.fund_id and s.treasurer_id = n.treasurer_id and s.began_at >= n.told_at)",
        [fund.fundId],
      ),
    );
    const away = await rows<Listed>(
      database.read,
      `select treasurer_id as "treasurerId", address, language, nights, told_at as "toldAt", visited from treasurer_notice n
       where fund_id = $1 and not exists (select from session s where s.fund_id = n.fund_id and s.treasurer_id = n.treasurer_id)`,
      [fund.fundId],
    );
    const now = this.clock.now();
    for (const who of away) {
      if (!mayBeTold(who, now, fund.charter.timeZone)) continue;
      if (waitsAt(await this.desk.of(fund, who.treasurerId)) === 0) continue;
      const claimed = await database.atomically((tx) =>
        changed(
          tx,
          "update treasurer_notice set told_at = $3, visited = false where fund_id = $1 and treasurer_id = $2 and told_at is not distinct from $4 returning 1",
          [fund.fundId, who.treasurerId, now, who.toldAt],
        ),
      );
      if (claimed.length === 0) continue;
      await this.mail.send({ to: who.address, ...this.letter(fund, who.language) }).catch(() => this.again(database, fund, who)); // prettier-ignore
    }
  }

  private async again(database: Database, fund: Fund, who: Listed): Promise<void> {
    await database.atomically((tx) =>
      tx.query("update treasurer_notice set visited = true where fund_id = $1 and treasurer_id = $2", [
        fund.fundId,
        who.treasurerId,
      ]),
    );
  }

  private letter(fund: Fund, language: Language): Omit<Letter, "to"> {
    const voice = new Voice(language, fund.currency);
    const link = `${this.address.origin}/${fund.slug}/desk`;
    return {
      subject: voice.say("notices.subject"),
      text: [voice.say("notices.letter", { link }), voice.say("notices.why", { link: `${link}/notices` })].join("\n\n"),
    };
  }
}
