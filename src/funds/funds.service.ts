import { Injectable } from "@nestjs/common";
import { dayIn } from "../kernel/clock.js";
import { newId, toHex } from "../kernel/ids.js";
import { isCurrency } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { chartFor } from "../ledger/chart.js";
import { Journal } from "../ledger/journal.service.js";
import { Submissions } from "../publication/submissions.service.js";
import { sqlState, type Tx } from "../platform/database/database.js";
import type { FundFrame } from "../pages/layout.js";
import { charterFault, charterFromJson, charterHash, charterToJson, type Charter } from "./charter.js";
import { CharterRow, FundRow } from "./fund.entity.js";
import { isPurpose } from "./purpose.js";
import type { Template } from "./templates.js";

/** A fund with the charter that is in force. */
export interface Fund {
  readonly fundId: string;
  readonly slug: string;
  readonly practice: boolean;
  readonly template: string;
  readonly currency: string;
  readonly state: FundRow["state"];
  readonly charter: Charter;
  readonly charterVersion: number;
}

export interface NewFund {
  readonly slug: string;
  readonly template: Template;
  readonly currency: string;
  readonly practice: boolean;
  readonly charter: Charter;
}

@Injectable()
export class Funds {
  constructor(
    private readonly journal: Journal,
    private readonly submissions: Submissions,
  ) {}

  /** Makes a fund in its founding: charter version 1, its chart of accounts, an empty book. */
  async create(tx: Tx, given: NewFund, now: Date): Promise<Fund> {
    if (!isCurrency(given.currency)) throw new Refusal("unknown-currency", { field: "currency" });
    const fault = charterFault(given.charter);
    if (fault !== null) throw new Refusal("charter-does-not-work", { values: { fault: `charter.fault.${fault}` } });
    const fundId = newId();
    const day = dayIn(given.charter.timeZone, now);
    try {
      await tx.insert(FundRow, {
        fundId,
        slug: given.slug,
        practice: given.practice,
        template: given.template,
        currency: given.currency,
        state: "founding",
        createdDay: day,
      });
    } catch (error) {
      if (sqlState(error) === "23505") throw new Refusal("slug-taken", { field: "slug" });
      if (sqlState(error) === "23514") throw new Refusal("slug-not-allowed", { field: "slug" });
      throw error;
    }
    await tx.insert(CharterRow, {
      fundId,
      version: 1,
      charter: charterToJson(given.charter),
      hash: charterHash(given.charter),
      day,
    });
    await this.tellTheLog(tx, fundId, given.currency, 1, given.charter);
    await this.journal.openAccounts(tx, fundId, chartFor(given.charter.categories));
    return this.bySlug(tx, given.slug);
  }

  /** A later version, as the treasurers decided it: the database refuses any other. */
  async amend(tx: Tx, fund: Fund, version: number, content: object, now: Date): Promise<void> {
    const charter = charterFromJson(content);
    await tx.insert(CharterRow, {
      fundId: fund.fundId,
      version,
      charter: charterToJson(charter),
      hash: charterHash(charter),
      day: dayIn(charter.timeZone, now),
    });
    await this.tellTheLog(tx, fund.fundId, fund.currency, version, charter);
  }

  private async tellTheLog(tx: Tx, fundId: string, currency: string, version: number, charter: Charter): Promise<void> {
    const { quorum, approvals, publication } = charter;
    await this.submissions.submit(tx, fundId, newId(), {
      v: 1,
      kind: "charter",
      version,
      hash: toHex(charterHash(charter)),
      currency,
      quorum,
      k: publication.k,
      clock: publication.clock,
      approvals,
    });
  }

  async bySlug(tx: Tx, slug: string): Promise<Fund> {
    const row = /^[a-z][a-z0-9-]{2,39}$/.test(slug) ? await tx.findOneBy(FundRow, { slug }) : null;
    if (!row) throw new Refusal("no-such-fund");
    return this.withCharter(tx, row);
  }

  async byId(tx: Tx, fundId: string): Promise<Fund> {
    const row = await tx.findOneBy(FundRow, { fundId });
    if (!row) throw new Refusal("no-such-fund");
    return this.withCharter(tx, row);
  }

  async list(tx: Tx): Promise<Fund[]> {
    const found = await tx.find(FundRow, { order: { slug: "ASC" } });
    return Promise.all(found.map((row) => this.withCharter(tx, row)));
  }

  /** One version of the charter, as people read it. Refuses `no-such-page` when there is none. */
  async charter(tx: Tx, fund: Fund, version: number): Promise<CharterRow> {
    const row = await tx.findOneBy(CharterRow, { fundId: fund.fundId, version });
    if (!row) throw new Refusal("no-such-page");
    return row;
  }

  /** The version of the charter that a link was made for, by the name of its purpose; null when this fund never had it. */
  async charterOfPurpose(tx: Tx, fund: Fund, purpose: string): Promise<CharterRow | null> {
    if (!isPurpose(purpose)) return null;
    const rows = await tx.find(CharterRow, { where: { fundId: fund.fundId }, order: { version: "DESC" } });
    return rows.find((row) => toHex(row.hash).startsWith(purpose)) ?? null;
  }

  async setState(tx: Tx, fundId: string, state: FundRow["state"]): Promise<void> {
    await tx.update(FundRow, { fundId }, { state });
  }

  /** Does the database hold a fund that is not for practice? Practice mode refuses to run beside one. */
  async hasRealFund(tx: Tx): Promise<boolean> {
    return tx.existsBy(FundRow, { practice: false });
  }

  private async withCharter(tx: Tx, row: FundRow): Promise<Fund> {
    const [charter] = await tx.find(CharterRow, { where: { fundId: row.fundId }, order: { version: "DESC" }, take: 1 });
    if (!charter) throw new Error(`fund ${row.slug} has no charter`);
    const { fundId, slug, practice, template, currency, state } = row;
    return {
      fundId,
      slug,
      practice,
      template,
      currency,
      state,
      charter: charterFromJson(charter.charter),
      charterVersion: charter.version,
    };
  }
}

/** What the pages show around their content. */
export function frameOf(fund: Fund): FundFrame {
  return {
    slug: fund.slug,
    name: fund.charter.name,
    currency: fund.currency,
    practice: fund.practice,
    charterVersion: fund.charterVersion,
  };
}
