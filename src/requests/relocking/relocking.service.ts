import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { addDays, Clock, dayIn, type Day } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusal.js";
import type { Fund } from "../../funds/funds.service.js";
import { changed, Database, row, rows, type Tx } from "../../platform/database/database.js";
import { Passkeys, type SignedOpening } from "../../treasurers/passkeys.service.js";
import { Seats } from "../../treasurers/seats.service.js";
import { joined, partsOf, recipientsOf } from "./age-header.js";
import type { Did, Locks, Thing } from "./relocking.js";
import { AidRequestRow } from "../aid-request.entity.js";

interface Found extends Thing {
  readonly requestId: string;
  readonly file: string;
  readonly reader: string | null;
}

/** So many are handed over at once. */
const LIST_SIZE_MAX = 500;
/** A page that was open while the seats changed locks for those who sat before, for so many days. */
const OLD_PAGES_DAYS = 1;
const KEPT_DAYS = 14;
/** What a challenge for the locks is about. */
const SUBJECT = { relocking: true };

/** Since which roster the recipients are those of now. Version 1 is nobody's change. */
const SINCE = `with r as (
    select version, day, (select array_agg(s ->> 'recipient' order by s ->> 'recipient') from jsonb_array_elements(roster::jsonb -> 'seats') s) as recipients from roster where fund_id = $1
  ), latest as (select version, recipients from r order by version desc limit 1)
  select r.version, r.day::text as day, latest.version as latest from r, latest
  where r.version = 1 + (select coalesce(max(o.version), 0) from r o where o.recipients <> latest.recipients)`;

/** What is locked for who sat before: requests that wait, and messages. What is chosen already is paid within days, under the lock that was signed for. */
const OPEN = `select * from (
    select 'details' as thing, request_id as id, request_id as "requestId", sealed as file, null as reader, day, arrival from aid_request where fund_id = $1 and state = 'waiting' and sealed is not null
    union all
    select 'before', request_id, request_id, sealed_before, null, day, arrival from aid_request where fund_id = $1 and state = 'waiting' and sealed_before is not null
    union all
    select 'message', m.message_id, m.request_id, m.sealed, r.reply_recipient, m.day, r.arrival from request_message m join aid_request r using (fund_id, request_id) where m.fund_id = $1 and r.state <> 'withdrawn'
  ) o where o.day <= $2 and not exists (select from relocking l where l.fund_id = $1 and l.thing = o.thing and l.thing_id = o.id and l.roster_version >= $3)`;

/**
 * After the seats have changed, what is open is locked anew on a treasurer's own device: whoever left opens nothing any more, whoever came can. The device gets the locks without what they lock;
 * another treasurer's tries them, and only then the old ones go. The database lets nothing but the lock change.
 */
@Injectable()
export class Relocking {
  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
    private readonly seats: Seats,
    private readonly clock: Clock,
  ) {}

  /** How much this treasurer could do: lock anew, and try what others locked. */
  async waits(tx: Tx, fund: Fund, treasurerId: string): Promise<{ toLock: number; toTry: number }> {
    const since = await this.since(tx, fund);
    const open = since === null ? null : await row<{ n: string }>(tx, `select count(*) as n from (${OPEN}) x`, since);
    const tries = await row<{ n: string }>(
      tx,
      "select count(*) as n from relocking where fund_id = $1 and header_before is not null and by_treasurer <> $2",
      [fund.fundId, treasurerId],
    );
    return { toLock: Number(open?.n ?? 0), toTry: Number(tries?.n ?? 0) };
  }

  challenge(fund: Fund, treasurerId: string): Promise<{ challengeId: string; challenge: string }> {
    return this.database.atomically((tx) => this.passkeys.issue(tx, fund, "open", { treasurerId, subject: SUBJECT }));
  }

  /** The locks, after a fresh signature. Refuses `passkey`, `not-yours`. */
  async open(tx: Tx, fund: Fund, treasurerId: string, signed: SignedOpening): Promise<Locks> {
    await this.passkeys.openedBy(tx, fund, treasurerId, SUBJECT, signed);
    const since = await this.since(tx, fund);
    const open = since === null ? [] : await rows<Found>(tx, `${OPEN} order by arrival limit ${LIST_SIZE_MAX}`, since);
    const tries = await rows<Thing & { headerBefore: Buffer; file: string }>(
      tx,
      `select l.thing, l.thing_id as id, l.header_before as "headerBefore", case l.thing when 'details' then r.sealed when 'before' then r.sealed_before else m.sealed end as file
       from relocking l join aid_request r using (fund_id, request_id) left join request_message m on m.fund_id = l.fund_id and l.thing = 'message' and m.message_id = l.thing_id
       where l.fund_id = $1 and l.header_before is not null and l.by_treasurer <> $2 order by r.arrival limit ${LIST_SIZE_MAX}`,
      [fund.fundId, treasurerId],
    );
    return {
      toLock: open.flatMap(({ thing, id, file, reader }) =>
        headerOf(file).map((header) => ({ thing, id, header, reader })),
      ),
      toTry: tries.flatMap(({ thing, id, file, headerBefore }) =>
        headerOf(file).map((header) => ({ thing, id, header, headerBefore: headerBefore.toString("latin1") })),
      ),
    };
  }

  /** What a device found and did. Whatever is no longer as it was handed over is left out. Refuses `invalid` for a lock that is for others than those who sit now. */
  async keep(tx: Tx, fund: Fund, treasurerId: string, did: Did): Promise<{ locked: number; undone: number }> {
    let [locked, undone] = [0, 0];
    for (const thing of did.wrong) if (await this.undo(tx, fund, treasurerId, thing)) undone++;
    for (const { thing, id } of did.good)
      await tx.query(
        `update relocking set header_before = null, checked_by = $4 where fund_id = $1 and thing = $2 and thing_id = $3 and header_before is not null and by_treasurer <> $4`,
        [fund.fundId, thing, id, treasurerId],
      );
    const since = await this.since(tx, fund);
    const seats = (await this.seats.recipients(tx, fund.fundId)).length;
    for (const one of since === null ? [] : did.locked) {
      const found = await this.lock(tx, fund, one, `${OPEN} and o.thing = $4 and o.id = $5`, [
        ...(since ?? []),
        one.thing,
        one.id,
      ]);
      if (found === null) continue;
      if (recipientsOf(one.header) !== seats + (found.reader === null ? 0 : 1)) throw new Refusal("invalid");
      const { header, payload } = partsOf(found.file);
      await tx.query(
        `insert into relocking (fund_id, request_id, thing, thing_id, roster_version, header_before, by_treasurer, day)
         select $1, $2, $3, $4, max(version), $5, $6, $7 from roster where fund_id = $1`,
        [fund.fundId, found.requestId, one.thing, one.id, Buffer.from(header, "latin1"), treasurerId, this.today(fund)],
      );
      await this.write(tx, fund, one, joined({ header: one.header, payload }));
      locked++;
    }
    return { locked, undone };
  }

  /** The old lock of how to pay, while nobody else has tried the new one: for a payer whose device cannot open it. Null when there is none. */
  async oldLock(tx: Tx, fund: Fund, requestId: string): Promise<string | null> {
    const kept = await row<{ header: Buffer }>(
      tx,
      `select header_before as header from relocking where fund_id = $1 and thing = 'details' and thing_id = $2 and header_before is not null order by roster_version desc limit 1`,
      [fund.fundId, requestId],
    );
    return kept && kept.header.toString("latin1");
  }

  /** Old locks that nobody could try go after two weeks: whoever left would open them still. */
  async forgetOld(tx: Tx, fund: Fund): Promise<void> {
    await tx.query("update relocking set header_before = null where fund_id = $1 and header_before is not null and day < $2", [
      fund.fundId,
      addDays(this.today(fund), -KEPT_DAYS),
    ]); // prettier-ignore
  }

  /** The new lock does not open what the old one did: the old one comes back, and it waits to be locked anew. */
  private async undo(tx: Tx, fund: Fund, treasurerId: string, of: Thing): Promise<boolean> {
    const found = await this.lock(
      tx,
      fund,
      of,
      `select l.request_id as "requestId", null as reader, case l.thing when 'message' then m.sealed when 'before' then r.sealed_before else r.sealed end as file
       from relocking l join aid_request r using (fund_id, request_id) left join request_message m on m.fund_id = l.fund_id and l.thing = 'message' and m.message_id = l.thing_id
       where l.fund_id = $1 and l.thing = $2 and l.thing_id = $3 and l.header_before is not null and l.by_treasurer <> $4 and (l.thing = 'message' or r.state = 'waiting')`,
      [fund.fundId, of.thing, of.id, treasurerId],
    );
    if (found === null) return false;
    const kept = await row<{ header: Buffer; version: number }>(
      tx,
      `select header_before as header, roster_version as version from relocking where fund_id = $1 and thing = $2 and thing_id = $3 and header_before is not null order by roster_version limit 1`,
      [fund.fundId, of.thing, of.id],
    );
    if (kept === null) return false;
    await this.write(
      tx,
      fund,
      of,
      joined({ header: kept.header.toString("latin1"), payload: partsOf(found.file).payload }),
    );
    await tx.query(
      "delete from relocking where fund_id = $1 and thing = $2 and thing_id = $3 and roster_version >= $4",
      [fund.fundId, of.thing, of.id, kept.version],
    );
    return true;
  }

  /** Locks the request first, as everything does, and then looks. */
  private async lock(tx: Tx, fund: Fund, of: Thing, sql: string, values: unknown[]): Promise<Found | null> {
    await tx.query(
      `select from aid_request where fund_id = $1 and request_id = (select coalesce((select request_id from request_message where fund_id = $1 and message_id = $2), $2)) for update`,
      [fund.fundId, of.id],
    );
    return row<Found>(tx, sql, values);
  }

  private async write(tx: Tx, fund: Fund, { thing, id }: Thing, file: string): Promise<void> {
    if (thing === "message")
      await changed(tx, "update request_message set sealed = $3 where fund_id = $1 and message_id = $2", [
        fund.fundId,
        id,
        file,
      ]);
    else
      await tx.update(
        AidRequestRow,
        { fundId: fund.fundId, requestId: id },
        thing === "before"
          ? { sealedBefore: file }
          : { sealed: file, sealedHash: createHash("sha256").update(file).digest() },
      );
  }

  private async since(tx: Tx, fund: Fund): Promise<[string, Day, number] | null> {
    const found = await row<{ version: number; day: Day }>(tx, SINCE, [fund.fundId]);
    return found === null || found.version === 1
      ? null
      : [fund.fundId, addDays(found.day, OLD_PAGES_DAYS), found.version];
  }

  private today(fund: Fund): Day {
    return dayIn(fund.charter.timeZone, this.clock.now());
  }
}

/** None for what is no age file: a person may have sent anything, and it is left as it is. */
function headerOf(file: string): string[] {
  try {
    return [partsOf(file).header];
  } catch {
    return [];
  }
}
