import "reflect-metadata";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { CharterRow, FundRow } from "../../src/funds/fund.entity.js";
import { Submissions } from "../../src/publication/submissions.service.js";
import { Funds } from "../../src/funds/funds.service.js";
import { charterFromTemplate } from "../../src/funds/templates.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { Database } from "../../src/platform/database/database.js";
import { launchEmbeddedPostgres, type EmbeddedPostgres } from "../../src/platform/database/embedded-postgres.js";
import { migrate } from "../../src/platform/database/migrate.js";

export const TODAY = "2026-11-23";

/** A PostgreSQL of the bench's own, with the settings of a real server: fsync and synchronous_commit are on. */
export interface Books {
  readonly postgres: EmbeddedPostgres;
  readonly database: Database;
  readonly owner: pg.Pool;
  makeFund(slug: string): Promise<string>;
  numbers(fundId: string): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

export async function openBooks(poolSize: number): Promise<Books> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-bench-"));
  const postgres = await launchEmbeddedPostgres({ dir });
  await migrate(postgres.urls.owner);
  const owner = new pg.Pool({ connectionString: postgres.urls.owner, max: 16 }).on("error", () => undefined);
  const { rows: settings } = await owner.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting <> 'on'",
  );
  if (settings.length > 0) throw new Error("a bench without durable settings tells nothing");
  const database = await Database.connect(postgres.urls.app, [FundRow, CharterRow], poolSize);
  const funds = new Funds(new Journal(), new Submissions());
  return {
    postgres,
    database,
    owner,
    async makeFund(slug) {
      const charter = charterFromTemplate("general", { name: slug, currency: "usd", timeZone: "UTC", practice: true });
      const fund = await database.atomically((tx) =>
        funds.create(tx, { slug, template: "general", currency: "usd", practice: true, charter }, new Date()),
      );
      return fund.fundId;
    },
    async numbers(fundId) {
      const { rows } = await owner.query<{ code: string; account_no: number }>(
        "select code, account_no from account where fund_id = $1",
        [fundId],
      );
      return new Map(rows.map((a) => [a.code, a.account_no]));
    },
    async close() {
      await database.close();
      await owner.end();
      await postgres.stop();
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}
