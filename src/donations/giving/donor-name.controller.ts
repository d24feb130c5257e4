import { Body, Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../../kernel/refusal.js";
import { frameOf, Funds } from "../../funds/funds.service.js";
import { typedTexts } from "../../pages/fields.js";
import { sendPage, voiceFor } from "../../pages/layout.js";
import { Database } from "../../platform/database/database.js";
import { Checkout } from "./checkout.service.js";
import { displayNameFrom } from "./display-name.js";
import type { ShownName } from "./donor-name.js";
import { NamedDonors } from "./named-donors.service.js";
import { receiptPage } from "../receipts/receipt.page.js";
import { Receipts } from "../receipts/receipts.service.js";

/** The name on the fund's page, in the hands of whoever has the receipt. */
@ApiExcludeController()
@Controller(":fund/receipts/:token/name")
export class DonorNameController {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly checkout: Checkout,
    private readonly receipts: Receipts,
    private readonly named: NamedDonors,
  ) {}

  /** What the answer below becomes when it is loaded again: the receipt. */
  @Get()
  async back(@Param("fund") slug: string, @Param("token") token: string, @Res() reply: FastifyReply): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const { receiptToken } = await this.checkout.byReceipt(fund, token);
    void reply.redirect(`/${fund.slug}/receipts/${receiptToken}`, 303);
  }

  /** Answers with the receipt itself, no redirect: the name that was taken away lives on in that page alone. */
  @Post()
  async change(
    @Param("fund") slug: string,
    @Param("token") token: string,
    @Body() body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const donation = await this.checkout.byReceipt(fund, token);
    const wanted = displayNameFrom(typedTexts(body)["name"]);
    if (wanted === false) throw new Refusal("invalid", { field: "name" });
    const before = donation.displayName;
    await this.named.rename(donation, wanted);
    const shown: ShownName =
      wanted !== null
        ? { state: "shown", name: wanted }
        : before === null
          ? { state: "none" }
          : { state: "removed", name: before };
    const receipt = await this.receipts.of(fund, donation);
    const address = `/${slug}/receipts/${token}`;
    const voice = voiceFor(request, fund.currency);
    sendPage(
      reply.status(200),
      receiptPage({ voice, fund: frameOf(fund), receipt, proofHref: `${address}/proof`, shown, address }),
    );
  }
}
