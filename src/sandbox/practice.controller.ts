import { Controller, Get, Param } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import { Refusal } from "../kernel/refusal.js";
import { Funds } from "../funds/funds.service.js";
import { Database } from "../platform/database/database.js";
import type { SoftwarePasskey } from "../treasurers/software-passkey.js";
import { PRACTICE_NAMES, practiceTreasurer } from "./practice-treasurers.js";

/** Hands the practice passkeys to whoever wants to try the desk. Mounted by `main` in practice, and never elsewhere. */
@ApiExcludeController()
@Controller("-/practice")
export class PracticeController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
  ) {}

  @Get(":fund")
  async passkeys(@Param("fund") slug: string): Promise<{ treasurers: { name: string; passkey: SoftwarePasskey }[] }> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const [known] = await this.database.read.query<{ n: string }[]>(
      "select count(*) as n from credential where fund_id = $1 and practice",
      [fund.fundId],
    );
    if (!fund.practice || Number(known?.n ?? 0) === 0) throw new Refusal("no-such-page");
    const treasurers = await Promise.all(PRACTICE_NAMES.map(practiceTreasurer));
    return { treasurers: treasurers.map(({ name, passkey }) => ({ name, passkey })) };
  }
}
