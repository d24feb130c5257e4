import { Injectable } from "@nestjs/common";
import type { Json } from "../kernel/canonical-json.js";
import type { Day } from "../kernel/clock.js";
import { toHex } from "../kernel/ids.js";
import type { TransactionKind } from "../ledger/transaction.js";
import { Database, row } from "../platform/database/database.js";
import { LogReads } from "../tlog/log-reads.service.js";
import { detailsOf } from "./batch.js";
import type { ReceiptFile } from "./receipt.js";

/** Where an item is in the public books, for the person whom it concerns. */
export interface PublicPlace {
  readonly index: number;
  readonly day: Day;
  readonly count: number;
}

const PLACE = `select e.idx, e.day::text as day, (convert_from(e.body, 'UTF8')::jsonb ->> 'count')::int as count
  from batch_member m join log_entry e using (fund_id, idx) join published p on p.fund_id = m.fund_id and m.idx < p.size`;

/** Finds a person's item in the published log, and writes the file that proves it. */
@Injectable()
export class PublicReceipts {
  constructor(
    private readonly database: Database,
    private readonly log: LogReads,
  ) {}

  /** The batch that holds the transaction with this key; null until it is published. */
  async placeOfKey(fundId: string, key: string): Promise<PublicPlace | null> {
    return this.place(
      `${PLACE} join transaction t on t.fund_id = m.fund_id and t.seq = m.seq where m.fund_id = $1 and t.key = $2`,
      fundId,
      key,
    );
  }

  /** The batch that holds what was approved under this commitment; null until it is published. */
  async placeOfCommitment(fundId: string, commitment: Buffer): Promise<PublicPlace | null> {
    return this.place(`${PLACE} where m.fund_id = $1 and m.commitment = $2`, fundId, commitment);
  }

  /** The file of a transaction whose commitment is publication's own; null until it is published, and once its salt is gone. */
  async fileOfKey(fundId: string, currency: string, key: string): Promise<ReceiptFile | null> {
    const place = await this.placeOfKey(fundId, key);
    const item = await row<{ kind: TransactionKind; day: string; accounts: string[]; amounts: string[]; salt: Buffer }>(
      this.database.read,
      `select t.kind, t.day::text as day, s.salt, array_agg(a.code order by p.line) as accounts, array_agg(p.amount::text order by p.line) as amounts
       from transaction t join batch_salt s using (fund_id, seq) join posting p using (fund_id, seq) join account a using (fund_id, account_no)
       where t.fund_id = $1 and t.key = $2 group by t.kind, t.day, s.salt`,
      [fundId, key],
    );
    if (place === null || item === null) return null;
    const postings = item.accounts.map((account, i) => ({ account, amount: BigInt(item.amounts[i] ?? 0) }));
    return this.file(fundId, place, detailsOf({ kind: item.kind, day: item.day, postings }, currency), item.salt);
  }

  /** The file of an item whose details and salt somebody else keeps. */
  async file(fundId: string, place: PublicPlace, details: object, salt: Uint8Array): Promise<ReceiptFile | null> {
    const log = await this.log.published(fundId);
    const proof = log === null ? null : await this.log.proof(log, place.index);
    const [body] = await this.log.bodies(fundId, place.index, place.index + 1);
    if (log === null || proof === null || body === undefined) return null;
    return {
      v: 1,
      kind: "commonpot-receipt",
      origin: log.origin,
      vkey: log.vkey,
      details: details as Record<string, Json>,
      salt: toHex(salt),
      entry: body.toString("utf8"),
      proof,
    };
  }

  private async place(sql: string, fundId: string, value: string | Buffer): Promise<PublicPlace | null> {
    const found = await row<{ idx: string; day: string; count: number }>(this.database.read, sql, [fundId, value]);
    return found === null ? null : { index: Number(found.idx), day: found.day, count: found.count };
  }
}
